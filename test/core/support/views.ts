import fc from 'fast-check';
import { guarantee } from '../../../core/guarantee';
import type { Member, Slot } from '../../../core/member';
import type { Lineage } from '../../../core/lineage';
import type { NodeView, PostgresView, RegisterView } from '../../../core/node';
import { DEFAULT_POLICY } from '../../../core/policy';
import type { ClusterRecord } from '../../../core/record';
import {
  A,
  addressOf,
  at,
  B,
  bootstrapping,
  C,
  chain,
  D,
  electing,
  promoting,
  steady,
  SYSTEM_ID,
  through,
} from './records';

/** The promotion of term 3 was one with accepted loss, at 40. */
function lossyChain(): Lineage {
  return chain([3, 40]).map((entry) => (entry.timeline === 3 ? { ...entry, lossy: true } : entry));
}

export const read = (record: ClusterRecord): RegisterView => ({ kind: 'read', record });
export const unreadable = (last: ClusterRecord | undefined): RegisterView => ({
  kind: 'unreadable',
  last,
  sinceMs: 3_000,
});

const records: readonly ClusterRecord[] = [
  bootstrapping({ bootstrapSlot: 'b' as Slot }),
  bootstrapping(),
  steady(),
  steady({ primary: { member: B, address: addressOf(B) } }),
  steady({
    primary: { member: B, address: addressOf(B) },
    switchover: { to: A, by: 'operator', requestedAtMs: 1 },
  }),
  steady({ term: 3, lineage: lossyChain(), guarantees: [guarantee(A, [C], 1)] }),
  steady({ term: 3, lineage: chain([3, 40]), guarantees: [guarantee(A, [C, D], 1)] }),
  steady({ term: 3, lineage: chain([3, 40]), guarantees: [guarantee(A, [B], 1), guarantee(A, [C], 1)] }),
  steady({ guarantees: [guarantee(A, [], 0)] }),
  electing(),
  electing({ term: 3 }),
  promoting(),
  promoting({ primary: { member: C, address: addressOf(C) } }),
];
const record = fc.constantFrom(...records);
const register: fc.Arbitrary<RegisterView> = fc.oneof(
  { weight: 3, arbitrary: record.map(read) },
  { weight: 1, arbitrary: fc.option(record, { nil: undefined }).map(unreadable) },
  {
    weight: 1,
    arbitrary: fc
      .option(record, { nil: undefined })
      .map((last): RegisterView => ({ kind: 'refused', reason: 'why', last })),
  },
);
const found: fc.Arbitrary<PostgresView> = fc.record({
  state: fc.constantFrom(
    'absent' as const,
    'down' as const,
    'starting' as const,
    'frozen' as const,
    'up' as const,
    'up' as const,
  ),
  inRecovery: fc.constantFrom(true, false, undefined),
  stateForMs: fc.constantFrom(0, 60_000),
  end: fc.constantFrom(
    undefined,
    { lsn: at(30), ancestry: through() },
    { lsn: at(50), ancestry: through() },
    { lsn: at(50), ancestry: through([3, 40]) },
    { lsn: at(50), ancestry: through([2, 20]) },
    { lsn: at(50), ancestry: [] },
  ),
  streaming: fc.boolean(),
  systemId: fc.constantFrom(SYSTEM_ID, SYSTEM_ID, undefined, '1'),
  replayHeld: fc.boolean(),
});
/** The version of a directory is looked at when its server is down. */
const server = fc
  .tuple(found, fc.boolean())
  .map(([view, isOther]) => (isOther && view.state === 'down' ? { ...view, otherVersion: '16' } : view));

/** Any mixture of what an agent of slot b can know. */
export const anyView: fc.Arbitrary<NodeView> = fc.record({
  policy: fc.constant(DEFAULT_POLICY),
  slot: fc.constant('b' as Slot),
  address: fc.constant(addressOf(B)),
  starved: fc.boolean(),
  register,
  directory: fc.constantFrom(
    'absent' as const,
    'initializing' as const,
    'cloning' as const,
    'rewinding' as const,
    'ready' as const,
    'ready' as const,
  ),
  member: fc.constantFrom(B, B, undefined),
  pledgedTerm: fc.constantFrom(0, 1, 2, 3),
  reportedTerm: fc.constantFrom(0, 1, 2, 3),
  markedStandby: fc.boolean(),
  postgres: server,
  upstream: fc.constantFrom(undefined, undefined, addressOf(A), addressOf(C), 'unknown'),
  leavingForMs: fc.constantFrom(undefined, undefined, undefined, 1, 40_000),
  handedOverMs: fc.constantFrom(undefined, undefined, 1, 60_000),
  handOver: fc.record(
    {
      heirs: fc.constantFrom<readonly Member[]>([], [A], [A, C]),
      wishedForMs: fc.constantFrom(undefined, 1, 60_000),
      checkpoint: fc.constantFrom('none' as const, 'under way' as const, 'done' as const, 'failed' as const),
      roomier: fc.constantFrom(A, C),
      askedForRoomMs: fc.constantFrom(1, 120_000),
    },
    { requiredKeys: ['heirs', 'wishedForMs', 'checkpoint'] },
  ),
});
