import { compared, KILL, NONE, quorum, SENTINEL, STOP, type Cluster } from '../cluster';
import type { Place } from '../hands';
import type { Script } from '../script';

/** b and c hold all of a, which is killed, and follow nobody. */
async function orphans(cluster: Cluster): Promise<[Place, Place, Place]> {
  const [a, b, c] = await cluster.found(2);
  if (b === undefined || c === undefined) throw new Error('Three were asked for.');
  await cluster.commit(a, 'on timeline 1');
  await cluster.orphan(a, b, c);
  return [a, b, c];
}

/** Without reserving numbers, as PostgreSQL does it by itself. */
async function promotePlainly(cluster: Cluster, at: Place): Promise<number> {
  await cluster.postgres.withSession(at.ctx, {}, (session) => session.query('select pg_promote(false)'));
  await cluster.until('the promotion to end', async () => !(await cluster.up(at)).inRecovery);
  return (await cluster.up(at)).timeline;
}

/** Promotions, and who can follow them. */
export const TIMELINES: readonly Script[] = [
  {
    name: 'a promotion makes the first number without a history file, and open sessions become read-write (S5, S6)',
    run: async (cluster) => {
      const [, b, c] = await orphans(cluster);
      const { reserveTimelines, withSession } = cluster.postgres;
      const write = 'select pg_logical_emit_message($1, $2, $3, true) as lsn';
      await reserveTimelines(b.ctx, 5, 1);
      const session = await withSession(b.ctx, { purpose: 'observe' }, async (open) => {
        const message = [false, 'test', ''];
        const before = await cluster.errorOf(open.query(write, message));
        const beforeCommit = await cluster.errorOf(open.query(write, [true, 'test', '']));
        const timeline = await promotePlainly(cluster, b);
        return { before, beforeCommit, timeline, after: await cluster.errorOf(open.query(write, message)) };
      });
      return {
        session,
        histories: await cluster.histories(b, 9),
        unreserved: await promotePlainly(cluster, c),
        ofC: await cluster.histories(c, 9),
      };
    },
    expected: {
      session: { before: 'PostgresSqlError XX000', beforeCommit: 'PostgresSqlError XX000', timeline: 5, after: 'none' },
      histories: ['2 reserved', '3 reserved', '4 reserved', '5 real'],
      unreserved: 2,
      ofC: ['2 real'],
    },
  },
  {
    name: 'two promotions from one point: equal numbers and histories, streaming works across, no rewind required (S6)',
    run: async (cluster) => {
      const [, b, c] = await orphans(cluster);
      const { enforce, promote, rewind } = cluster.postgres;
      // So that c writes nothing but the record of its promotion: then its end is the end of a record on b as well.
      await cluster.freeze(c, 'checkpointer');
      const [ofB, ofC] = [await promote(b.ctx, 2), await promote(c.ctx, 2)];
      const histories = (await cluster.history(b, 2)) === (await cluster.history(c, 2));
      await enforce(b.ctx, NONE, SENTINEL);
      for (const note of ['b 1', 'b 2', 'b 3', 'b 4']) await cluster.commit(b, note);
      await cluster.kill(c);
      const rewound = await rewind(c.ctx, b.upstream);
      await cluster.ask(c, b);
      await enforce(b.ctx, quorum(1, c), NONE);
      return {
        timelines: [ofB.timeline, ofC.timeline],
        forks: compared(ofC.forkLsn, ofB.forkLsn),
        firstRecords: ofB.firstRecord === ofC.firstRecord,
        histories,
        rewound,
        acknowledged: await cluster.commit(b, 'confirmed by c, which is not of this chain'),
      };
    },
    expected: {
      timelines: [2, 2],
      forks: 'equal',
      firstRecords: false,
      histories: true,
      rewound: { rewound: false },
      acknowledged: true,
    },
  },
  {
    name: 'a follower follows a promotion across a gap of reserved numbers',
    run: async (cluster) => {
      const [, b, c] = await orphans(cluster);
      const made = await cluster.postgres.promote(b.ctx, 5);
      await cluster.postgres.enforce(b.ctx, quorum(1, c), SENTINEL);
      const pid = await c.ctx.service.mainPid();
      await cluster.follow(c, b);
      const acknowledged = await cluster.commit(b, 'on timeline 5');
      await cluster.until('c to show it', async () => (await cluster.notes(c)).includes('on timeline 5'));
      const chain = await cluster.postgres.ancestry(c.ctx);
      return {
        acknowledged,
        stays: pid === (await c.ctx.service.mainPid()),
        view: await cluster.view(c),
        notes: await cluster.notes(c),
        chain: chain.map(({ timeline }) => timeline),
        proved: chain.at(-1)?.firstRecord === made.firstRecord,
        again: (await cluster.postgres.promote(b.ctx, 5)).firstRecord === made.firstRecord,
        other: await cluster.errorOf(cluster.postgres.promote(b.ctx, 6)),
        attached: await cluster.errorOf(cluster.postgres.promote(c.ctx, 7)),
      };
    },
    expected: {
      acknowledged: true,
      stays: true,
      view: {
        inRecovery: true,
        timeline: 5,
        replayPaused: false,
        receivers: 1,
        receiver: 'streaming timeline 5 on slot c',
        rows: [],
        slots: [],
        follows: 'b',
        names: 'ANY 1 ("holdfast_nobody")',
      },
      notes: ['on timeline 1', 'on timeline 5'],
      chain: [1, 5],
      proved: true,
      again: true,
      other: 'PostgresRefused',
      attached: 'PostgresRefused',
    },
  },
  {
    name: 'a follower cannot follow a promotion when a history file in between is missing (S6)',
    run: async (cluster) => {
      const [, b, c] = await orphans(cluster);
      await cluster.postgres.promote(b.ctx, 5);
      for (const number of [2, 3, 4]) await cluster.postgres.removeDurably(cluster.historyPath(b, number));
      await cluster.postgres.enforce(b.ctx, quorum(1, c), SENTINEL);
      await cluster.ask(c, b);
      const acknowledged = await cluster.commitInVain(b, 'not for c');
      const { timeline } = await cluster.up(c);
      return { acknowledged, timeline, histories: await cluster.histories(c, 9) };
    },
    expected: { acknowledged: false, timeline: 1, histories: [] },
  },
  {
    name: 'a standby with a tail of its own does not come onto the new timeline',
    run: async (cluster) => {
      const [a, b] = await cluster.found(1);
      if (b === undefined) throw new Error('Two were asked for.');
      const { detachUpstream, enforce, promote, waitForEndOfReplay } = cluster.postgres;
      await cluster.commit(a, 'shared');
      await cluster.until('b to show it', async () => (await cluster.notes(b)).length === 1);
      await detachUpstream(b.ctx);
      await cluster.commit(a, 'only on a');
      await cluster.kill(a);
      await cluster.startDetached(a);
      const ofB = await waitForEndOfReplay(b.ctx);
      const ends = compared((await waitForEndOfReplay(a.ctx)).lsn, ofB.lsn);
      await promote(b.ctx, 2);
      await enforce(b.ctx, quorum(1, a), SENTINEL);
      await cluster.ask(a, b);
      const acknowledged = await cluster.commitInVain(b, 'only on b');
      const { inRecovery, timeline } = await cluster.view(a);
      return { ends, acknowledged, inRecovery, timeline, notes: [await cluster.notes(a), await cluster.notes(b)] };
    },
    expected: {
      ends: 'ahead',
      acknowledged: false,
      inRecovery: true,
      timeline: 1,
      notes: [
        ['shared', 'only on a'],
        // Not yet acknowledged, not yet seen.
        ['shared'],
      ],
    },
  },
  {
    name: 'after a restart on a later timeline only IDENTIFY_SYSTEM and the end of replay are right (S4)',
    run: async (cluster) => {
      const [, b, c] = await orphans(cluster);
      const { controlData, detachUpstream, enforce, promote, waitForEndOfReplay } = cluster.postgres;
      await promote(b.ctx, 2);
      await enforce(b.ctx, quorum(1, c), SENTINEL);
      await cluster.follow(c, b);
      await cluster.commit(b, 'on timeline 2');
      await detachUpstream(c.ctx);
      const end = await waitForEndOfReplay(c.ctx);
      const before = { timeline: end.timeline, received: compared((await cluster.up(c)).receivedLsn, end.lsn) };
      await cluster.kill(c);
      const control = (await controlData(c.ctx))?.checkpointTimeline;
      await cluster.startDetached(c);
      const again = await waitForEndOfReplay(c.ctx);
      const detached = await cluster.up(c);
      await cluster.kill(b);
      await cluster.postgres.attachUpstream(c.ctx, b.upstream, c.member);
      const asked = (): Promise<boolean> => cluster.up(c).then(({ receivedLsn }) => receivedLsn !== null);
      await cluster.until('a receiver to be asked for', asked);
      const { receivedLsn } = await cluster.up(c);
      return {
        before,
        control,
        after: {
          timeline: again.timeline,
          identified: detached.timeline,
          end: compared(again.lsn, end.lsn),
          received: compared(detached.receivedLsn, end.lsn),
          asked: compared(receivedLsn, end.lsn),
        },
        notes: await cluster.notes(c),
      };
    },
    expected: {
      before: { timeline: 2, received: 'equal' },
      control: 1,
      after: { timeline: 2, identified: 2, end: 'equal', received: 'none', asked: 'behind' },
      notes: ['on timeline 1', 'on timeline 2'],
    },
  },
  {
    name: 'a follower that was restarted goes on, and the next promotion builds on it',
    run: async (cluster) => {
      const [, b, c] = await orphans(cluster);
      const { ancestry, detachUpstream, enforce, promote, startAndWait, stopToLastProcess } = cluster.postgres;
      await promote(b.ctx, 3);
      await enforce(b.ctx, quorum(1, c), SENTINEL);
      await cluster.follow(c, b);
      await cluster.commit(b, 'on timeline 3');
      await stopToLastProcess(c.ctx, STOP);
      await cluster.follow(c, b);
      await stopToLastProcess(b.ctx, KILL);
      await startAndWait(b.ctx);
      const inPlace = await cluster.view(b);
      const acknowledged = await cluster.commit(b, 'after a restart in place');
      await stopToLastProcess(b.ctx, KILL);
      await detachUpstream(c.ctx);
      await promote(c.ctx, 6);
      const chain = (await ancestry(c.ctx)).map(({ timeline }) => timeline);
      return {
        inPlace: [inPlace.inRecovery, inPlace.timeline, inPlace.names],
        acknowledged,
        chain,
        notes: await cluster.notes(c),
      };
    },
    expected: {
      inPlace: [false, 3, 'ANY 1 ("c")'],
      acknowledged: true,
      chain: [1, 3, 6],
      notes: ['on timeline 1', 'on timeline 3', 'after a restart in place'],
    },
  },
];
