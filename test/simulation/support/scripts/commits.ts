import { NONE, quorum, SENTINEL, IN_VAIN_MS, type Cluster } from '../cluster';
import type { Place } from '../hands';
import type { Script } from '../script';

async function three(cluster: Cluster): Promise<[Place, Place, Place]> {
  const [a, b, c] = await cluster.found(2);
  if (b === undefined || c === undefined) throw new Error('Three were asked for.');
  return [a, b, c];
}

/** Who confirms a commit. */
export const COMMITS: readonly Script[] = [
  {
    name: 'no commit passes the sentinel, and one passes as soon as a standby is named',
    run: async (cluster) => {
      const [a, b] = await three(cluster);
      const { enforce } = cluster.postgres;
      const withNone = await cluster.commit(a, 'alone');
      await enforce(a.ctx, SENTINEL, NONE);
      const withSentinel = await cluster.commitInVain(a, 'nobody answers');
      const names = await cluster.names(a);
      await enforce(a.ctx, quorum(1, b), SENTINEL);
      return {
        withNone,
        withSentinel,
        names,
        withQuorum: await cluster.commit(a, 'b has it'),
        view: await cluster.view(a),
      };
    },
    expected: {
      withNone: true,
      withSentinel: false,
      names: 'ANY 1 ("holdfast_nobody")',
      withQuorum: true,
      view: {
        inRecovery: false,
        timeline: 1,
        replayPaused: false,
        receivers: 0,
        receiver: null,
        rows: ['b streaming priority 1', 'c streaming priority 0'],
        slots: ['b active', 'c active'],
        follows: undefined,
        names: 'ANY 1 ("b")',
      },
    },
  },
  {
    name: 'a commit is acknowledged by nobody while the checkpointer has not seen new names (S1)',
    run: async (cluster) => {
      const [a, b, c] = await three(cluster);
      await cluster.freeze(b, 'walreceiver');
      await cluster.freeze(c, 'walreceiver');
      const thaw = await cluster.freeze(a, 'checkpointer');
      await cluster.postgres.applyRole(a.ctx, { upstream: null, syncNames: quorum(1, b, c) });
      await cluster.until('both to count', async () => String(await cluster.priorities(a)) === 'b 1,c 1');
      const stalled = await cluster.commit(a, 'nobody else has this');
      thaw();
      const names = await cluster.names(a);
      await cluster.until('commits to wait', async () => !(await cluster.commitInVain(a, 'waits')));
      return { stalled, names };
    },
    expected: { stalled: true, names: 'ANY 1 ("b", "c")' },
  },
  {
    name: 'names are not claimed to be in force while the checkpointer is stalled, and are taken back (S1)',
    run: async (cluster) => {
      const [a, b, c] = await three(cluster);
      const { enforce } = cluster.postgres;
      const thaw = await cluster.freeze(a, 'checkpointer');
      const stalled = await cluster.errorOf(enforce(a.ctx, quorum(1, b, c), NONE, { timeoutMs: IN_VAIN_MS }));
      const after = await cluster.names(a);
      thaw();
      await enforce(a.ctx, quorum(1, b, c), NONE);
      await cluster.freeze(b, 'walreceiver');
      await cluster.freeze(c, 'walreceiver');
      return { stalled, after, inForce: await cluster.names(a), commit: await cluster.commitInVain(a, 'has to wait') };
    },
    expected: { stalled: 'PostgresTimeout', after: '', inForce: 'ANY 1 ("b", "c")', commit: false },
  },
  {
    name: "a removed standby's row shows priority 0 when its walsender has taken it over, and only then (S2)",
    run: async (cluster) => {
      const [a, b, c] = await three(cluster);
      const { applyRole, enforce } = cluster.postgres;
      await enforce(a.ctx, quorum(1, b, c), NONE);
      await cluster.until('both to count', async () => String(await cluster.priorities(a)) === 'b 1,c 1');
      const thaw = await cluster.freezeSenderOf(a, c);
      await applyRole(a.ctx, { upstream: null, syncNames: quorum(1, b) });
      const frozen = { names: await cluster.names(a), priorities: await cluster.priorities(a) };
      thaw();
      await cluster.until('c not to count', async () => (await cluster.priorities(a)).includes('c 0'));
      await cluster.freeze(b, 'walreceiver');
      return { frozen, thawed: await cluster.priorities(a), withC: await cluster.commitInVain(a, 'c has it') };
    },
    expected: {
      frozen: { names: 'ANY 1 ("b")', priorities: ['b 1', 'c 1'] },
      thawed: ['b 1', 'c 0'],
      withC: false,
    },
  },
  {
    name: 'nothing shows that a walsender goes by the old number, and it is ended when it does for long (S2)',
    run: async (cluster) => {
      const [a, b, c] = await three(cluster);
      const { applyRole, enforce } = cluster.postgres;
      await enforce(a.ctx, quorum(1, b, c), NONE);
      await cluster.until('both to count', async () => String(await cluster.priorities(a)) === 'b 1,c 1');
      const thaw = await cluster.freezeSenderOf(a, b);
      await applyRole(a.ctx, { upstream: null, syncNames: quorum(2, b, c) });
      const frozen = { names: await cluster.names(a), priorities: await cluster.priorities(a) };
      const claimed = await cluster.errorOf(
        enforce(a.ctx, quorum(2, b, c), quorum(1, b, c), { timeoutMs: IN_VAIN_MS }),
      );
      const withC = await cluster.commitInVain(a, 'b has not got it');
      const [before] = (await cluster.up(b)).receiverPids;
      thaw();
      await enforce(a.ctx, quorum(2, b, c), quorum(1, b, c));
      const withBoth = await cluster.commit(a, 'two have it');
      const isReplaced = (await cluster.up(b)).receiverPids[0] !== before;
      await cluster.freeze(c, 'walreceiver');
      return { frozen, claimed, withC, withBoth, isReplaced, withB: await cluster.commitInVain(a, 'b alone') };
    },
    expected: {
      frozen: { names: 'ANY 2 ("b", "c")', priorities: ['b 1', 'c 1'] },
      claimed: 'PostgresTimeout',
      withC: false,
      withBoth: true,
      isReplaced: true,
      withB: false,
    },
  },
  {
    name: 'from nobody to two and back, each number counts once it is enforced',
    run: async (cluster) => {
      const [a, b, c] = await three(cluster);
      const { enforce } = cluster.postgres;
      await enforce(a.ctx, quorum(2, b, c), NONE);
      const two = await cluster.commit(a, 'two');
      await enforce(a.ctx, quorum(1, b, c), quorum(2, b, c));
      const thaw = await cluster.freeze(c, 'walreceiver');
      const one = await cluster.commit(a, 'one');
      await enforce(a.ctx, NONE, quorum(1, b, c));
      const thawB = await cluster.freeze(b, 'walreceiver');
      const none = await cluster.commit(a, 'none');
      thaw();
      thawB();
      const together = await cluster.errorOf(enforce(a.ctx, quorum(2, b, c), quorum(1, b)));
      const onStandby = await cluster.errorOf(enforce(b.ctx, NONE, SENTINEL));
      return { two, one, none, together, onStandby };
    },
    expected: { two: true, one: true, none: true, together: 'PostgresRefused', onStandby: 'PostgresRefused' },
  },
  {
    name: 'one standby with two streams and no slot counts twice (S8)',
    run: async (cluster) => {
      const [a, b, c] = await three(cluster);
      const x = await cluster.addNode('x');
      await cluster.postgres.clone(x.ctx, a.upstream, x.member);
      await cluster.startDetached(x);
      await cluster.postgres.enforce(a.ctx, quorum(2, b, c), NONE);
      await cluster.freeze(c, 'walreceiver');
      const once = await cluster.commitInVain(a, 'one of two');
      // The other stream of b, as a new receiver is one while the old walsender has not noticed.
      await cluster.postgres.attachUpstream(x.ctx, a.upstream, b.member);
      await cluster.editRole(x, 'primary_slot_name', '');
      await cluster.until('two to stream as b', async () => String(await cluster.priorities(a)) === 'b 1,b 1,c 1');
      return { once, twice: await cluster.commit(a, 'b, counted twice') };
    },
    expected: { once: false, twice: true },
  },
  {
    name: 'a second stream on a slot is refused while the first one lives (S8)',
    run: async (cluster) => {
      const [a, b, c] = await three(cluster);
      const x = await cluster.addNode('x');
      await cluster.postgres.clone(x.ctx, a.upstream, x.member);
      await cluster.startDetached(x);
      await cluster.postgres.enforce(a.ctx, quorum(2, b, c), NONE);
      await cluster.freeze(c, 'walreceiver');
      await cluster.postgres.attachUpstream(x.ctx, a.upstream, b.member);
      const commit = await cluster.commitInVain(a, 'one of two');
      return { commit, priorities: await cluster.priorities(a), slots: (await cluster.view(a)).slots };
    },
    expected: { commit: false, priorities: ['b 1', 'c 1'], slots: ['b active', 'c active'] },
  },
];
