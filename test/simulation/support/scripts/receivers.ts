import { DETACHED, NONE, quorum, type Cluster } from '../cluster';
import type { Place } from '../hands';
import type { Script } from '../script';

/** A primary whose commits b confirms. */
async function pair(cluster: Cluster): Promise<[Place, Place]> {
  const [a, b] = await cluster.found(1);
  if (b === undefined) throw new Error('Two were asked for.');
  await cluster.postgres.enforce(a.ctx, quorum(1, b), NONE);
  return [a, b];
}

/** b's receiver is connecting to a, which stands still; b's startup process stands still as well. */
async function hidden(cluster: Cluster, a: Place, b: Place): Promise<() => void> {
  const thaw = await cluster.freeze(a, 'all of it');
  await cluster.replaceReceiver(b);
  await cluster.freeze(b, 'startup');
  return thaw;
}

/** Whether the commit on a came to b, and who told a so. */
async function outcome(cluster: Cluster, a: Place, b: Place) {
  const acknowledged = await cluster.commitInVain(a, 'after');
  return { acknowledged, receivers: (await cluster.view(b)).receivers };
}

/** What a standby's WAL receiver does. */
export const RECEIVERS: readonly Script[] = [
  {
    name: 'a receiver that is connecting is in the process list and in no view (S3)',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      const thaw = await cluster.freeze(a, 'all of it');
      await cluster.replaceReceiver(b);
      const { receivers, receiver } = await cluster.view(b);
      thaw();
      return { receivers, receiver, commit: await cluster.commit(a, 'connected at last'), view: await cluster.view(b) };
    },
    expected: {
      receivers: 1,
      receiver: null,
      commit: true,
      view: {
        inRecovery: true,
        timeline: 1,
        replayPaused: false,
        receivers: 1,
        receiver: 'streaming timeline 1 on slot b',
        rows: [],
        slots: [],
        follows: 'a',
        names: 'ANY 1 ("holdfast_nobody")',
      },
    },
  },
  {
    name: 'with the upstream taken away while replay is paused, the receiver goes on and acknowledges (S3)',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      await cluster.pauseReplay(b);
      await cluster.postgres.applyRole(b.ctx, DETACHED);
      const acknowledged = await cluster.commit(a, 'confirmed by b, which follows nobody');
      const { replayPaused, receivers, receiver, follows } = await cluster.view(b);
      const shows = await cluster.notes(b);
      await cluster.postgres.detachUpstream(b.ctx);
      await cluster.postgres.waitForEndOfReplay(b.ctx);
      return {
        paused: { acknowledged, replayPaused, receivers, receiver, follows, shows },
        detached: { view: await cluster.view(b), shows: await cluster.notes(b), ...(await outcome(cluster, a, b)) },
      };
    },
    expected: {
      paused: {
        acknowledged: true,
        replayPaused: true,
        receivers: 1,
        receiver: 'streaming timeline 1 on slot b',
        follows: undefined,
        shows: [],
      },
      detached: {
        view: {
          inRecovery: true,
          timeline: 1,
          replayPaused: false,
          receivers: 0,
          receiver: null,
          rows: [],
          slots: [],
          follows: undefined,
          names: 'ANY 1 ("holdfast_nobody")',
        },
        shows: ['confirmed by b, which follows nobody'],
        acknowledged: false,
        receivers: 0,
      },
    },
  },
  {
    name: 'a receiver that was overlooked while it connected acknowledges later (S3)',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      const thaw = await hidden(cluster, a, b);
      await cluster.editRole(b, 'primary_conninfo', '');
      const { receivers, receiver, follows } = await cluster.view(b);
      thaw();
      return { overlooked: { receivers, receiver, follows }, ...(await outcome(cluster, a, b)) };
    },
    expected: {
      overlooked: { receivers: 1, receiver: null, follows: undefined },
      acknowledged: true,
      receivers: 1,
    },
  },
  {
    name: 'a receiver that was overlooked cannot connect when its key has been revoked (S3)',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      const thaw = await hidden(cluster, a, b);
      await cluster.postgres.applyRole(b.ctx, DETACHED);
      const { receivers, receiver, follows } = await cluster.view(b);
      thaw();
      return { overlooked: { receivers, receiver, follows }, ...(await outcome(cluster, a, b)) };
    },
    expected: {
      overlooked: { receivers: 1, receiver: null, follows: undefined },
      acknowledged: false,
      receivers: 0,
    },
  },
  {
    name: 'a receiver that stands still is not taken for one that has ended, and ends when it goes on',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      const { detachUpstream } = cluster.postgres;
      const thaw = await cluster.freeze(b, 'walreceiver');
      const frozen = await cluster.errorOf(detachUpstream(b.ctx, { timeoutMs: 500 }));
      const { receivers } = await cluster.view(b);
      thaw();
      await detachUpstream(b.ctx);
      return { frozen, still: receivers, ...(await outcome(cluster, a, b)) };
    },
    expected: { frozen: 'PostgresTimeout', still: 1, acknowledged: false, receivers: 0 },
  },
  {
    name: 'detached, a standby confirms nothing; attached again, it does, in the same process of the server',
    run: async (cluster) => {
      const [a, b] = await pair(cluster);
      const { attachUpstream, detachUpstream } = cluster.postgres;
      const pid = await b.ctx.service.mainPid();
      await detachUpstream(b.ctx);
      const detached = await outcome(cluster, a, b);
      const rows = await cluster.priorities(a);
      const { slots } = await cluster.view(a);
      await attachUpstream(b.ctx, a.upstream, b.member);
      const attached = await outcome(cluster, a, b);
      const stays = pid === (await b.ctx.service.mainPid());
      const [receiver] = (await cluster.up(b)).receiverPids;
      await attachUpstream(b.ctx, a.upstream, b.member);
      const again = await outcome(cluster, a, b);
      const goesOn = receiver === (await cluster.up(b)).receiverPids[0];
      const ofPrimary = await cluster.errorOf(detachUpstream(a.ctx));
      return { detached, rows, slots, attached, stays, again, goesOn, ofPrimary };
    },
    expected: {
      detached: { acknowledged: false, receivers: 0 },
      rows: [],
      slots: ['b idle'],
      attached: { acknowledged: true, receivers: 1 },
      stays: true,
      again: { acknowledged: true, receivers: 1 },
      goesOn: true,
      ofPrimary: 'PostgresRefused',
    },
  },
  {
    name: 'a standby of another system does not stream',
    run: async (cluster) => {
      const a = await cluster.addPrimary('a');
      const z = await cluster.addPrimary('z');
      const x = await cluster.addStandby(z, 'x');
      await cluster.ask(x, a);
      await cluster.postgres.enforce(a.ctx, quorum(1, x), NONE);
      const acknowledged = await cluster.commitInVain(a, 'not for x');
      return { acknowledged, rows: await cluster.priorities(a), slots: (await cluster.view(a)).slots };
    },
    expected: { acknowledged: false, rows: [], slots: ['x idle'] },
  },
];
