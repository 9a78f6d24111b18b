import { rm } from 'node:fs/promises';
import { mayDiscard } from '../../core/discard';
import type { NodeAction } from '../../core/node';
import type { BootstrappingRecord, PrimaryPlace, SteadyRecord } from '../../core/record';
import type { Member } from '../../core/member';
import { guarantee } from '../../core/guarantee';
import { ZERO_LSN } from '../../core/lsn';
import { onDisk } from '../disk';
import { upstreamOf, type Node } from '../node';
import { clone as cloneServer } from '../postgres/clone';
import { writeBase } from '../postgres/configuration';
import { writeRole } from '../postgres/role';
import { initialize as initializeServer } from '../postgres/initialize';
import { observe } from '../postgres/observe';
import { PostgresError, PostgresRefused } from '../postgres/errors';
import { rewind as rewindServer } from '../postgres/rewind';
import { GIVEN_UP, setAside } from '../postgres/setaside';
import { markStandby, startAndWait, stopToLastProcess } from '../postgres/start';
import { replaceNotes } from '../postgres/timelines';
import { insistOnRoom, makeRoom, roomFor } from './room';

/**
 * The three ways in which a data directory comes to be. Each first writes a new member's identity that says what is
 * being done, so that an interrupted one is recognized: it can neither pledge nor serve, and is set aside.
 */

/** A rewound directory replays what the source wrote since the two parted. */
const CONSISTENT_WITHIN_MS = 600_000;

const REMOVE_WITHIN_MS = 600_000;

const STOP = { fastMs: 20_000, immediateMs: 5_000 } as const;

/** The cluster's first directory; only the slot that a bootstrapping record names comes here. */
export async function initialize(node: Node): Promise<void> {
  node.activity('initializing the database');
  await putAside(node);
  await node.identity.become('initializing');
  await prepareConfiguration(node);
  await initializeServer(node.postgres, await node.accounts());
  await node.identity.ready();
  node.log.info('initialized');
}

/** Bootstrap is over: the record becomes steady, with a guarantee that names only this primary until standbys join. */
export async function declare(node: Node, record: BootstrappingRecord): Promise<void> {
  const member = node.identity.current()?.member;
  const seen = await observe(node.postgres);
  if (member === undefined || seen.state !== 'up') throw new Error('PostgreSQL is not up yet.');
  await node.promises.raise(record.term);
  const outcome = await node.register.replaceRecord(record, {
    epoch: record.epoch,
    term: record.term,
    paused: record.paused,
    phase: 'steady',
    systemId: seen.systemId,
    primary: { member, address: node.address },
    guarantees: [guarantee(member, [], 0)],
    lineage: [{ timeline: 1, term: record.term, member, forkLsn: ZERO_LSN, firstRecord: '' }],
    endpointVersion: record.version + 1,
  });
  if (outcome.kind === 'refused') throw new Error('The record moved on during the bootstrap.');
  node.watch.take(outcome.record);
  node.peers.hint();
  node.log.info('bootstrapped', { member, systemId: seen.systemId });
}

/** A copy of the recorded primary. The directory that was there is kept beside, while space allows. */
export async function clone(
  node: Node,
  { from, term, keeps }: Extract<NodeAction, { readonly kind: 'clone' }>,
  signal: AbortSignal,
): Promise<void> {
  const record = await recordedPrimary(node, from, term);
  node.activity(`cloning from ${from.member}`);
  const neededBytes = await roomFor(node, from);
  await insistOnRoom(node, neededBytes, record, keeps);
  await putAside(node, keeps);
  await makeRoom(node, neededBytes, record);
  const member = await node.identity.become('cloning');
  await node.promises.raise(term);
  await prepareConfiguration(node);
  await writeRole(node.postgres, { upstream: null, syncNames: { kind: 'sentinel' } });
  await cloneServer(node.postgres, upstreamOf(node, from), member, {
    signal,
    onProgress: (text) => node.activity(`cloning from ${from.member}: ${text}`),
  });
  await replaceNotes(node.postgres, record.lineage);
  await markStandby(node.postgres);
  await node.identity.ready();
  node.log.info('cloned', { from: from.member, member });
}

/**
 * Onto the recorded primary's timeline. Only begun when no guarantee names this member, and it becomes a new one at
 * once: a directory that is half rewound must not pass for what it was (protocol S7).
 */
export async function rewind(node: Node, from: PrimaryPlace, record: SteadyRecord, signal: AbortSignal): Promise<void> {
  const { lineage } = await recordedPrimary(node, from, record.term);
  const before = node.identity.current()?.member;
  node.activity(`rewinding onto ${from.member}`);
  await stopToLastProcess(node.postgres, STOP);
  const member = await node.identity.become('rewinding');
  await node.promises.raise(record.term);
  const upstream = upstreamOf(node, from);
  try {
    await rewindServer(node.postgres, upstream, { signal });
  } catch (error) {
    // Not even begun, since the source could not be reached: the directory is what it was, under its new name.
    if (error instanceof PostgresError && !(error instanceof PostgresRefused)) await node.identity.ready();
    throw error;
  }
  await replaceNotes(node.postgres, lineage);
  await markStandby(node.postgres);
  // Not whole yet: it becomes consistent only with WAL that the source wrote meanwhile. Until then it stays marked, so
  // that it cannot pledge, and a source that is lost now leads to a clone.
  await writeRole(node.postgres, { upstream: { ...upstream, member }, syncNames: { kind: 'sentinel' } }, () =>
    node.promises.insistNotAbove(record.term),
  );
  await startAndWait(node.postgres, { timeoutMs: CONSISTENT_WITHIN_MS, signal });
  await node.identity.ready();
  node.log.info('rewound', { from: from.member, before, member });
}

/** The record as it is now, if the source still is what it says. */
async function recordedPrimary(node: Node, from: PrimaryPlace, term: number): Promise<SteadyRecord> {
  const view = await node.watch.look();
  if (view.kind !== 'read') throw new Error('The register does not answer; nothing is copied on an old record.');
  const { record } = view;
  if (record.phase !== 'steady' || record.term !== term || record.primary.member !== from.member) {
    throw new Error(`${from.member} is no longer the primary of term ${term}.`);
  }
  const own = node.identity.current();
  if (own?.directory === 'ready' && !mayDiscard(record, own.member)) {
    throw new Error(`A guarantee names ${own.member} again: its directory stays.`);
  }
  return record;
}

async function prepareConfiguration(node: Node): Promise<void> {
  const { ownerRefused } = await writeBase(node.postgres, node.config.cluster, node.settings());
  if (ownerRefused !== null) node.log.warning('parameters-refused', { reason: ownerRefused });
}

async function putAside(node: Node, keeps = false): Promise<void> {
  await stopToLastProcess(node.postgres, STOP);
  const own = node.identity.current();
  const name = `${own?.member ?? ('unknown' as Member)}-${new Date().toISOString().replaceAll(':', '')}${keeps ? GIVEN_UP : ''}`;
  const kept = await setAside(node.postgres, name);
  if (kept !== undefined && (own?.directory === 'initializing' || own?.directory === 'cloning')) {
    // Half of a copy, begun after what was there before had been set aside: nobody's data, and it may be tried often.
    // Renamed first: should the disk hang, what is removed late is not what is made next.
    await onDisk(`Removing ${kept}`, () => rm(kept, { recursive: true, force: true }), REMOVE_WITHIN_MS);
    return;
  }
  if (kept === undefined) return;
  node.log.warning('set-aside', { directory: kept });
}
