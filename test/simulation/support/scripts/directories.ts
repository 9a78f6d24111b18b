import { compared, KILL, NONE, quorum, SENTINEL, STOP, type Cluster } from '../cluster';
import type { Place } from '../hands';
import type { Script } from '../script';

async function pair(cluster: Cluster): Promise<[Place, Place]> {
  const [a, b] = await cluster.found(1);
  if (b === undefined) throw new Error('Two were asked for.');
  return [a, b];
}

/** a wrote what b never got, then was killed; b is the primary of timeline 2 and wrote other things. */
async function diverged(cluster: Cluster): Promise<[Place, Place]> {
  const [a, b] = await pair(cluster);
  const { detachUpstream, enforce, promote, waitForEndOfReplay } = cluster.postgres;
  await cluster.commit(a, 'shared');
  await cluster.until('b to show it', async () => (await cluster.notes(b)).length === 1);
  await detachUpstream(b.ctx);
  await cluster.commit(a, 'only on a');
  await cluster.kill(a);
  await waitForEndOfReplay(b.ctx);
  await promote(b.ctx, 2);
  await enforce(b.ctx, NONE, SENTINEL);
  await cluster.commit(b, 'on timeline 2');
  return [a, b];
}

/** Data directories: stopped, killed, rewound, copied. */
export const DIRECTORIES: readonly Script[] = [
  {
    name: 'what a killed primary had flushed is there after a restart, on the same timeline',
    run: async (cluster) => {
      const [a] = await pair(cluster);
      await cluster.commit(a, 'flushed');
      const { lsn } = await cluster.up(a);
      await cluster.kill(a);
      await cluster.postgres.startAndWait(a.ctx);
      const { inRecovery, timeline, lsn: after } = await cluster.up(a);
      return { inRecovery, timeline, end: compared(after, lsn), notes: await cluster.notes(a) };
    },
    expected: { inRecovery: false, timeline: 1, end: 'ahead', notes: ['flushed'] },
  },
  {
    name: 'a killed primary that is marked as a standby holds everything, and can only follow (S9)',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      await cluster.postgres.detachUpstream(b.ctx);
      await cluster.commit(a, 'last words');
      const { lsn } = await cluster.up(a);
      await cluster.kill(a);
      await cluster.startDetached(a);
      const end = await cluster.postgres.waitForEndOfReplay(a.ctx);
      const { inRecovery, timeline, slots } = await cluster.view(a);
      await cluster.postgres.dropFormerSlots(a.ctx);
      return {
        end: compared(end.lsn, lsn) !== 'behind',
        seen: { inRecovery, timeline, slots },
        dropped: (await cluster.view(a)).slots,
        notes: await cluster.notes(a),
      };
    },
    expected: {
      end: true,
      seen: { inRecovery: true, timeline: 1, slots: ['b idle'] },
      dropped: [],
      notes: ['last words'],
    },
  },
  {
    name: 'a standby that was killed holds what it had confirmed and not replayed (S4)',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      const { endOfReplay, enforce, waitForEndOfReplay } = cluster.postgres;
      await enforce(a.ctx, quorum(1, b), NONE);
      const early = await cluster.errorOf(endOfReplay(b.ctx));
      await cluster.until('b to be caught up', async () => (await cluster.up(b)).lsn === (await cluster.up(a)).lsn);
      await cluster.freeze(b, 'startup');
      const acknowledged = await cluster.commit(a, 'confirmed, not replayed');
      const replayed = await cluster.notes(b);
      await cluster.kill(b);
      await cluster.startDetached(b);
      await waitForEndOfReplay(b.ctx);
      return { early, acknowledged, replayed, notes: await cluster.notes(b) };
    },
    expected: {
      early: 'PostgresRefused',
      acknowledged: true,
      replayed: [],
      notes: ['confirmed, not replayed'],
    },
  },
  {
    name: 'no end of replay is claimed while the startup process stands still',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      const { detachUpstream, emitLocal, endOfReplay, waitForEndOfReplay } = cluster.postgres;
      await cluster.until('b to be caught up', async () => (await cluster.up(b)).lsn === (await cluster.up(a)).lsn);
      const thaw = await cluster.freeze(b, 'startup');
      const lsn = await emitLocal(a.ctx);
      await cluster.until('b to have received it', async () => (await cluster.up(b)).receivedLsn === lsn);
      await detachUpstream(b.ctx);
      const frozen = (await endOfReplay(b.ctx)) === undefined;
      const inVain = await cluster.errorOf(waitForEndOfReplay(b.ctx, { timeoutMs: 300 }));
      thaw();
      return { frozen, inVain, end: compared((await waitForEndOfReplay(b.ctx)).lsn, lsn) };
    },
    expected: { frozen: true, inVain: 'PostgresTimeout', end: 'equal' },
  },
  {
    name: 'a clean stop sends the last checkpoint to the standbys first, and its directory follows without a rewind (L3)',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      const { controlData, detachUpstream, enforce, markStandby, promote } = cluster.postgres;
      const { stopToLastProcess, waitForEndOfReplay } = cluster.postgres;
      await cluster.commit(a, 'before the stop');
      const { clean } = await stopToLastProcess(a.ctx, STOP);
      const control = await controlData(a.ctx);
      await detachUpstream(b.ctx);
      const end = await waitForEndOfReplay(b.ctx);
      await promote(b.ctx, 2);
      await enforce(b.ctx, quorum(1, a), SENTINEL);
      await markStandby(a.ctx);
      await cluster.follow(a, b);
      return {
        clean,
        state: control?.state,
        end: control && compared(end.lsn, control.checkpointLsn),
        acknowledged: await cluster.commit(b, 'on both'),
        timeline: (await cluster.up(a)).timeline,
      };
    },
    expected: { clean: true, state: 'shut down', end: 'ahead', acknowledged: true, timeline: 2 },
  },
  {
    name: 'pg_rewind takes standby.signal away and copies WAL: started, it is a second primary on the same timeline (S7)',
    run: async (cluster) => {
      const [a, b] = await diverged(cluster);
      const { isMarkedStandby, startAndWait, stopToLastProcess } = cluster.postgres;
      await cluster.startDetached(a);
      await stopToLastProcess(a.ctx, STOP);
      const before = await isMarkedStandby(a.ctx);
      const { code } = await cluster.pgRewind(a, b);
      const after = await isMarkedStandby(a.ctx);
      await startAndWait(a.ctx);
      const { inRecovery, timeline } = await cluster.up(a);
      return { before, code, after, inRecovery, timeline, notes: await cluster.notes(a) };
    },
    expected: {
      before: true,
      code: 0,
      after: false,
      inRecovery: false,
      timeline: 2,
      notes: ['shared', 'on timeline 2'],
    },
  },
  {
    name: 'pg_rewind refuses a directory that was not stopped cleanly',
    run: async (cluster) => {
      const [a, b] = await diverged(cluster);
      return (await cluster.pgRewind(a, b)).code;
    },
    expected: 1,
  },
  {
    name: 'a rewind as a whole puts a killed primary onto the new timeline, marked as a standby, where it follows',
    run: async (cluster) => {
      const [a, b] = await diverged(cluster);
      const { ancestry, isMarkedStandby, rewind } = cluster.postgres;
      const running = await cluster.errorOf(rewind(b.ctx, a.upstream));
      const unreachable = await cluster.errorOf(rewind(a.ctx, { address: '127.0.99.99', host: 'b.test' }));
      const done = await rewind(a.ctx, b.upstream);
      const isMarked = await isMarkedStandby(a.ctx);
      await cluster.follow(a, b);
      await cluster.until('a to show it', async () => (await cluster.notes(a)).length === 2);
      return {
        running,
        unreachable,
        done,
        isMarked,
        view: await cluster.view(a),
        notes: await cluster.notes(a),
        chain: (await ancestry(a.ctx)).map(({ timeline, firstRecord }) => [timeline, firstRecord !== 'unknown']),
      };
    },
    expected: {
      running: 'PostgresRefused',
      unreachable: 'PostgresError',
      done: { rewound: true },
      isMarked: true,
      view: {
        inRecovery: true,
        timeline: 2,
        replayPaused: false,
        receivers: 1,
        receiver: 'streaming timeline 2 on slot a',
        rows: [],
        slots: [],
        follows: 'b',
        names: 'ANY 1 ("holdfast_nobody")',
      },
      notes: ['shared', 'on timeline 2'],
      chain: [
        [1, true],
        [2, true],
      ],
    },
  },
  {
    name: 'a clone as a whole is a standby without slots that holds all, and knows of earlier timelines by their history',
    run: async (cluster) => {
      const [, b] = await diverged(cluster);
      const { ancestry, clone, controlData, isMarkedStandby, waitForEndOfReplay } = cluster.postgres;
      const x = await cluster.addNode('x');
      await clone(x.ctx, b.upstream, x.member);
      const isMarked = await isMarkedStandby(x.ctx);
      const system = (await controlData(x.ctx))?.systemId === (await cluster.up(b)).systemId;
      const again = await cluster.errorOf(clone(x.ctx, b.upstream, x.member));
      await cluster.startDetached(x);
      const end = await waitForEndOfReplay(x.ctx);
      return {
        isMarked,
        system,
        again,
        end: end.timeline,
        view: await cluster.view(x),
        left: (await cluster.view(b)).slots,
        notes: await cluster.notes(x),
        chain: (await ancestry(x.ctx)).map(({ timeline }) => timeline),
      };
    },
    expected: {
      isMarked: true,
      system: true,
      again: 'PostgresError',
      end: 2,
      view: {
        inRecovery: true,
        timeline: 2,
        replayPaused: false,
        receivers: 0,
        receiver: null,
        rows: [],
        slots: [],
        follows: undefined,
        names: 'ANY 1 ("holdfast_nobody")',
      },
      left: [],
      notes: ['shared', 'on timeline 2'],
      chain: [1, 2],
    },
  },
  {
    name: 'slots are one for each member: made, and dropped with the stream on them',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      const { ensureMemberSlots, stopToLastProcess } = cluster.postgres;
      const x = await cluster.addNode('x');
      const seen = async () => (await cluster.view(a)).slots;
      const first = await seen();
      await ensureMemberSlots(a.ctx, [b.member, x.member]);
      const both = await seen();
      await ensureMemberSlots(a.ctx, [x.member]);
      const one = await seen();
      await cluster.postgres.enforce(a.ctx, quorum(1, b), NONE);
      const acknowledged = await cluster.commitInVain(a, 'b has no slot');
      await ensureMemberSlots(a.ctx, [b.member]);
      const back = await cluster.commit(a, 'b is back');
      await stopToLastProcess(a.ctx, KILL);
      await cluster.postgres.startAndWait(a.ctx);
      await cluster.until('b to stream', async () => String(await seen()) === 'b active');
      return { first, both, one, acknowledged, back };
    },
    expected: {
      first: ['b active'],
      both: ['b active', 'x idle'],
      one: ['x idle'],
      acknowledged: false,
      back: true,
    },
  },
];
