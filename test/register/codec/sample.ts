import fc from 'fast-check';
import type { Guarantee } from '../../../core/guarantee';
import type { Ancestor, LineageEntry } from '../../../core/lineage';
import type { Lsn } from '../../../core/lsn';
import { newMember, parseSlot } from '../../../core/member';
import type { Pledge } from '../../../core/pledge';
import type { ClusterRecord } from '../../../core/record';

const wallClock = fc.integer({ min: 0, max: 4_102_444_800_000 });
const slot = fc.constantFrom('a', 'b', 'c', 'd', 'e').map(parseSlot);
const member = fc.tuple(slot, fc.stringMatching(/^[a-z0-9]{8,32}$/)).map(([at, id]) => newMember(at, id));
const lsn = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value as Lsn);
const address = fc.ipV4();
const text = fc.string({ minLength: 1 });

const guarantee: fc.Arbitrary<Guarantee> = fc
  .uniqueArray(member, { minLength: 1, maxLength: 5 })
  .chain(([primary, ...rest]) =>
    fc.integer({ min: 0, max: rest.length }).map((acks) => ({
      primary: primary ?? newMember(parseSlot('a'), 'unreachable'),
      standbys: acks === 0 ? [] : [...rest].sort(),
      acks,
    })),
  );

function ascending<Value extends { readonly timeline: number }>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> {
  return fc
    .uniqueArray(values, { minLength: 1, maxLength: 4, selector: (value) => value.timeline })
    .map((entries) => entries.sort((left, right) => left.timeline - right.timeline));
}

const timeline = fc.integer({ min: 1, max: 1000 });
const ancestor: fc.Arbitrary<Ancestor> = fc.record({ timeline, forkLsn: lsn, firstRecord: fc.string() });
const entry: fc.Arbitrary<LineageEntry> = fc.record(
  {
    timeline,
    term: timeline,
    member,
    forkLsn: lsn,
    firstRecord: fc.string(),
    lossy: fc.constant(true as const),
  },
  { requiredKeys: ['timeline', 'term', 'member', 'forkLsn', 'firstRecord'] },
);

const base = { epoch: text, version: fc.integer({ min: 1 }), term: fc.integer({ min: 1 }), paused: fc.boolean() };
const initialized = {
  ...base,
  systemId: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String),
  guarantees: fc.array(guarantee, { minLength: 1, maxLength: 3 }),
  lineage: ascending(entry),
  endpointVersion: fc.integer({ min: 1 }),
};
const initializedKeys = Object.keys(initialized) as (keyof typeof initialized)[];
const place = fc.record({ member, address });
const election = fc.record(
  {
    reason: text,
    deposed: member,
    suspectedAtMs: wallClock,
    convictedAtMs: wallClock,
    chosenAtMs: wallClock,
    favoured: member,
    acceptsLoss: fc.constant(true as const),
    lossy: fc.constant(true as const),
  },
  { requiredKeys: ['reason', 'deposed', 'suspectedAtMs', 'convictedAtMs'] },
);

const pastElection = fc
  .tuple(election, wallClock, wallClock)
  .map(([each, chosenAtMs, promotedAtMs]) => ({ ...each, chosenAtMs, promotedAtMs }));

const switchover = fc.record(
  { to: member, by: fc.constantFrom('operator' as const, 'leaving' as const), requestedAtMs: wallClock },
  { requiredKeys: ['by', 'requestedAtMs'] },
);

/** Every record that the types allow. */
export const anyRecord: fc.Arbitrary<ClusterRecord> = fc.oneof(
  fc.record({ ...base, phase: fc.constant('bootstrapping' as const), bootstrapSlot: slot }),
  fc.record(
    { ...initialized, phase: fc.constant('steady' as const), primary: place, election: pastElection, switchover },
    { requiredKeys: [...initializedKeys, 'phase', 'primary'] },
  ),
  fc.record({ ...initialized, phase: fc.constant('electing' as const), election }),
  fc.record({ ...initialized, phase: fc.constant('promoting' as const), primary: place, election }),
);

export const anyPledge: fc.Arbitrary<Pledge> = fc.record(
  {
    member,
    term: fc.integer({ min: 1 }),
    endLsn: lsn,
    ancestry: ascending(ancestor),
    electable: fc.boolean(),
    reason: text,
    address,
  },
  { requiredKeys: ['member', 'term', 'endLsn', 'ancestry', 'electable', 'address'] },
);
