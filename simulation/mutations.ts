import type { Change } from './build';
import type { Violation } from './world/checker';

/** One rule taken out of the real code. The reason why it is there is that without it this happens. */
export interface Mutation {
  readonly id: string;
  /** What the code then does. */
  readonly what: string;
  /** Of docs/safety.md (S), of the invariants of docs/protocol.md (I), or of liveness (L). */
  readonly finding: string;
  /** Where it has shown: the search begins there, and goes on when the code has moved since. */
  readonly seed: number;
  /** What notices. */
  readonly shows: readonly Violation['rule'][];
  readonly changes: readonly Change[];
}

const ONCE = (file: string, from: string, to: string): Change => ({ file, from, to });

export const MUTATIONS: readonly Mutation[] = [
  {
    id: 'nobody-stands-in',
    seed: 20,
    shows: ['not-whole'],
    what: 'no agent coordinates while the health checker is silent',
    finding: 'L',
    changes: [
      ONCE('core/stand-in.ts', "coordinates: STAND_IN_RULES[rule].does === 'coordinates'", 'coordinates: false'),
    ],
  },
  {
    id: 'waiting-is-believed',
    seed: 113,
    shows: ['not-covered'],
    what: 'after `acks: 0` no commit has to be seen waiting before the new names count',
    finding: 'S1',
    changes: [
      ONCE(
        'agent/postgres/syncstandbys.ts',
        "await until('commits to wait', options, async () => (await commitSeen(ctx, options, 'waiting')) === 'waiting');",
        '',
      ),
    ],
  },
  {
    id: 'names-and-number-together',
    seed: 394,
    shows: ['not-covered'],
    what: 'names and number of acknowledgements change in one step',
    finding: 'S2',
    changes: [
      ONCE('agent/postgres/syncchange.ts', 'if (previous.acks !== wanted.acks && (', 'if (false && ('),
      ONCE(
        'core/guarantee-steps.ts',
        'holds: ({ current, members }) => sameMembers(current.standbys, members),',
        'holds: () => true,',
      ),
      ONCE('agent/postgres/syncstandbys.ts', 'if (change.acksRaised) {', 'if (false) {'),
    ],
  },
  {
    id: 'receiver-may-live',
    seed: 30,
    shows: ['acknowledged-lost', 'not-covered'],
    what: 'a pledge is given as soon as the configuration names no upstream, whatever the process list says',
    finding: 'S3',
    changes: [
      ONCE(
        'agent/postgres/receiver.ts',
        "await until('the last WAL receiver to end', options, () => endReceivers(session));",
        '',
      ),
      ONCE('agent/postgres/wal.ts', "if (row['receivers'] !== 0) {", 'if (false) {'),
      ONCE(
        'agent/postgres/role.ts',
        'if (role.upstream === null) {\n      await removeLinks(ctx, links);',
        'if (role.upstream === null) {',
      ),
    ],
  },
  {
    id: 'replay-is-the-end',
    seed: 175,
    shows: ['acknowledged-lost'],
    what: 'a pledge tells what is replayed, without proof that nothing further is on the disk',
    finding: 'S4',
    changes: [ONCE('agent/postgres/wal.ts', 'if (await hasRecordAfter(ctx, before)) return undefined;', '')],
  },
  {
    id: 'empty-names-at-promotion',
    seed: 382,
    shows: ['acknowledged-lost', 'not-covered'],
    what: 'a standby that pledges carries empty names into its promotion',
    finding: 'S5',
    changes: [
      ONCE(
        'agent/postgres/receiver.ts',
        "applyRole(ctx, { upstream: null, syncNames: { kind: 'sentinel' } }",
        "applyRole(ctx, { upstream: null, syncNames: { kind: 'none' } }",
      ),
      ONCE('agent/postgres/promote.ts', "if (row?.['names'] === '') {", 'if (false) {'),
    ],
  },
  {
    id: 'own-timeline-only',
    seed: 28,
    shows: ['not-whole', 'acknowledged-lost'],
    what: 'a promotion records its own timeline and not those that it stands on',
    finding: 'S5',
    changes: [
      ONCE(
        'agent/duties/promote.ts',
        'return ancestors.map((ancestor): LineageEntry => {',
        'return [...record.lineage, ...ancestors.slice(-1)].map((ancestor): LineageEntry => {',
      ),
    ],
  },
  {
    id: 'equal-numbers-are-equal',
    seed: 38,
    shows: ['acknowledged-lost', 'not-whole'],
    what: 'equal numbers of timelines are believed without their first record',
    finding: 'S6',
    changes: [
      ONCE(
        'core/lineage.ts',
        'entry.forkLsn === ancestor.forkLsn &&\n    entry.firstRecord === ancestor.firstRecord',
        'true',
      ),
      ONCE('agent/postgres/promote.ts', 'await reserveTimelines(ctx, term, await timelineIn(session));', ''),
      ONCE('agent/postgres/promote.ts', 'if (timeline !== term) {', 'if (false) {'),
      ONCE('agent/duties/promote.ts', 'if (promotion.timeline !== record.term) {', 'if (false) {'),
    ],
  },
  {
    id: 'timeline-is-not-term',
    seed: 10,
    shows: ['not-whole'],
    what: 'a promotion takes the first free number for its timeline',
    finding: 'S6',
    changes: [ONCE('agent/postgres/promote.ts', 'await reserveTimelines(ctx, term, await timelineIn(session));', '')],
  },
  {
    id: 'half-rewound-passes',
    seed: 47,
    shows: ['not-whole', 'acknowledged-lost'],
    what: 'a directory that is being rewound passes for the member that it was',
    finding: 'S7',
    changes: [
      ONCE(
        'agent/identity.ts',
        "const member = newMember(this.slot, randomBytes(6).toString('hex'));",
        "const kept = directory === 'rewinding' ? this.identity?.member : undefined;\n    const member = kept ?? newMember(this.slot, randomBytes(6).toString('hex'));",
      ),
      ONCE(
        'agent/identity.ts',
        'await this.write({ member, volumeId: this.volumeId, directory });',
        "await this.write({ member, volumeId: this.volumeId, directory: directory === 'rewinding' ? 'ready' : directory });",
      ),
      ONCE('core/discard.ts', "record.phase === 'steady' &&", "record.phase === 'steady' || true ||"),
    ],
  },
  {
    id: 'old-primary-is-not-marked',
    seed: 4,
    shows: ['not-whole', 'acknowledged-lost'],
    what: 'a deposed primary is stopped, but its directory can start as a primary',
    finding: 'S9',
    changes: [
      ONCE(
        'agent/duties/demote.ts',
        "await writeRole(postgres, { upstream: null, syncNames: { kind: 'sentinel' } });\n    await markStandby(postgres);",
        '',
      ),
      ONCE('agent/duties/demote.ts', 'if (!(await isMarkedStandby(postgres)))', 'if (false)'),
    ],
  },
  {
    id: 'copied-volume-is-the-member',
    seed: 396,
    shows: ['acknowledged-lost', 'not-whole', 'not-covered'],
    what: 'a volume made from a snapshot pledges as the member that it is a copy of',
    finding: 'S11',
    changes: [ONCE('agent/identity.ts', 'if (stored.volumeId === this.volumeId) return', 'if (true) return')],
  },
  {
    id: 'one-pledge-too-few',
    seed: 8,
    shows: ['acknowledged-lost'],
    what: 'n − k standbys are enough instead of n − k + 1',
    finding: 'I5',
    changes: [
      ONCE(
        'core/guarantee.ts',
        'guarantee.standbys.length - guarantee.acks + 1',
        'guarantee.standbys.length - guarantee.acks',
      ),
    ],
  },
  {
    id: 'only-the-last-guarantee',
    seed: 4,
    shows: ['acknowledged-lost'],
    what: 'only the last guarantee of the list has to be met',
    finding: 'I6',
    changes: [ONCE('core/guarantee.ts', 'return guarantees.every((each)', 'return guarantees.slice(-1).every((each)')],
  },
  {
    id: 'longest-wins',
    seed: 114,
    shows: ['acknowledged-lost'],
    what: 'positions are compared without their timeline',
    finding: 'I8',
    changes: [ONCE('core/lineage.ts', 'if (left.index !== right.index) return left.index - right.index;', '')],
  },
  {
    id: 'chosen-may-be-behind',
    seed: 5,
    shows: ['acknowledged-lost'],
    what: 'whoever pledged may be chosen, when all together meet the guarantees',
    finding: 'I5',
    changes: [
      ONCE(
        'core/election.ts',
        '.filter((other) => comparePositions(other.position, candidate.position) <= 0)',
        '.filter(() => true)',
      ),
      // The sort would hide it.
      ONCE(
        'core/election.ts',
        '.sort((left, right) => prefer(record, left, right, preferences));',
        '.sort((left, right) => -prefer(record, left, right, preferences));',
      ),
    ],
  },
  {
    id: 'loss-without-a-command',
    seed: 51,
    shows: ['acknowledged-lost'],
    what: 'an election that waits chooses among those who answer, though nobody has accepted loss',
    finding: 'I5',
    changes: [
      ONCE(
        'core/election.ts',
        'if (record.election.acceptsLoss === true && answering !== undefined) {',
        'if (answering !== undefined) {',
      ),
    ],
  },
  {
    id: 'pledge-of-another-term',
    seed: 9,
    shows: ['acknowledged-lost'],
    what: 'a pledge of an earlier term counts',
    finding: 'I4',
    changes: [ONCE('core/election.ts', 'if (pledge.term !== record.term || ', 'if (')],
  },
  {
    id: 'old-guarantee-leaves-at-once',
    seed: 1,
    shows: ['not-covered', 'acknowledged-lost'],
    what: 'a change of the guarantee replaces the old one in the record instead of standing beside it',
    finding: 'I1',
    changes: [
      ONCE(
        'agent/duties/serve.ts',
        'return this.write(record, { ...record, guarantees: [...record.guarantees, next] });',
        'return this.write(record, { ...record, guarantees: [next] });',
      ),
    ],
  },
  {
    id: 'settled-before-flushed',
    seed: 25,
    shows: ['acknowledged-lost'],
    what: 'older guarantees leave the record before the new quorum has flushed what came before',
    finding: 'I3',
    changes: [
      ONCE(
        'agent/duties/serve.ts',
        'if (record.guarantees.length > 1 && this.settledFrom !== undefined && isFlushed(this.settledFrom, last, seen)) {',
        'if (record.guarantees.length > 1) {',
      ),
    ],
  },
  {
    id: 'version-is-not-read',
    seed: 3,
    shows: ['acknowledged-lost', 'not-covered', 'not-whole'],
    what: 'a coordinator writes the record whatever its version is by now',
    finding: 'I1',
    changes: [
      ONCE(
        'register/condition.ts',
        "expression: '#epoch = :epoch AND #version = :version',",
        "expression: '#epoch = :epoch',",
      ),
    ],
  },
  {
    id: 'endpoint-without-guard',
    seed: 31,
    shows: ['endpoint-moved-back'],
    what: 'the writer’s address is changed without a look at the guard',
    finding: 'I11',
    changes: [
      ONCE(
        'coordinator/endpoint-change.ts',
        "if (guardVersion !== undefined && guardVersion > plan.guardVersion) return { kind: 'overtaken', guardVersion };",
        '',
      ),
      ONCE('coordinator/endpoint-change.ts', 'if (zone.guard !== undefined) {', 'if (false) {'),
      ONCE(
        'coordinator/endpoint-change.ts',
        "changes.push({ action: 'CREATE', name: ENDPOINT.writerGuard, type: 'TXT', record: guard });",
        "changes.push({ action: 'UPSERT', name: ENDPOINT.writerGuard, type: 'TXT', record: guard });",
      ),
    ],
  },
  {
    id: 'lost-member-blocks',
    seed: 451,
    shows: ['not-whole'],
    what: 'a promotion whose standby is lost for good is never superseded',
    finding: 'L5',
    changes: [
      ONCE(
        'agent/duties/serve.ts',
        'if (record.guarantees.length > 1 && canSettle(last, standbys, node.policy)) return false;',
        'if (record.guarantees.length > 1) return false;',
      ),
    ],
  },
];
