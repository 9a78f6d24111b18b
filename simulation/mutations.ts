import type { Change } from './build';

/** One rule taken out of the real code. The reason why it is there is that without it this happens. */
export interface Mutation {
  readonly id: string;
  /** What the code then does. */
  readonly what: string;
  /** Of docs/safety.md, or of docs/protocol.md. */
  readonly finding: string;
  readonly changes: readonly Change[];
}

const ONCE = (file: string, from: string, to: string): Change => ({ file, from, to });

export const MUTATIONS: readonly Mutation[] = [
  {
    id: 'waiting-is-believed',
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
    id: 'removed-is-believed-gone',
    what: 'a removed standby is believed not to count as soon as a fresh session says so',
    finding: 'S2',
    changes: [ONCE('agent/postgres/syncstandbys.ts', 'if (change.removed.length > 0) {', 'if (false) {')],
  },
  {
    id: 'names-and-number-together',
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
    what: 'a pledge is given as soon as the configuration names no upstream, whatever the process list says',
    finding: 'S3',
    changes: [
      ONCE(
        'agent/postgres/receiver.ts',
        "await withSession(ctx, {}, (session) => until('the last WAL receiver to end', options, () => endReceivers(session)));",
        '',
      ),
      ONCE('agent/postgres/wal.ts', "if (row['receivers'] !== 0) {", 'if (false) {'),
      ONCE('agent/postgres/receiver.ts', 'await revokeKeys(ctx);', ''),
    ],
  },
  {
    id: 'replay-is-the-end',
    what: 'a pledge tells what is replayed, without proof that nothing further is on the disk',
    finding: 'S4',
    changes: [ONCE('agent/postgres/wal.ts', 'if (await hasRecordAfter(ctx, before)) return undefined;', '')],
  },
  {
    id: 'empty-names-at-promotion',
    what: 'a promotion with `acks: 0` empties the names before its term is recorded as steady',
    finding: 'S5',
    changes: [
      ONCE('agent/duties/promote.ts', "own.acks === 0 ? { kind: 'sentinel' }", "own.acks === 0 ? { kind: 'none' }"),
      ONCE('agent/postgres/promote.ts', "if (row?.['names'] === '') {", 'if (false) {'),
      ONCE(
        'agent/postgres/syncstandbys.ts',
        "if (previous.kind === 'none' || wanted.kind === 'none') {",
        'if (false) {',
      ),
    ],
  },
  {
    id: 'own-timeline-only',
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
    what: 'equal numbers of timelines are believed without their first record',
    finding: 'S6',
    changes: [
      ONCE(
        'core/lineage.ts',
        'entry.forkLsn === ancestor.forkLsn &&\n    entry.firstRecord === ancestor.firstRecord',
        'true',
      ),
      ONCE('agent/postgres/promote.ts', 'await reserveTimelines(ctx, term);', ''),
      ONCE('agent/postgres/promote.ts', 'if (timeline !== term) {', 'if (false) {'),
      ONCE('agent/duties/promote.ts', 'if (promotion.timeline !== record.term) {', 'if (false) {'),
    ],
  },
  {
    id: 'timeline-is-not-term',
    what: 'a promotion takes the first free number for its timeline',
    finding: 'S6',
    changes: [ONCE('agent/postgres/promote.ts', 'await reserveTimelines(ctx, term);', '')],
  },
  {
    id: 'half-rewound-passes',
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
    id: 'one-standby-counts-twice',
    what: 'members stream without a slot of their own',
    finding: 'S8',
    changes: [ONCE('agent/postgres/conf-text.ts', "primarySlotName: upstream?.member ?? '',", "primarySlotName: '',")],
  },
  {
    id: 'old-primary-is-not-marked',
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
    what: 'a volume made from a snapshot pledges as the member that it is a copy of',
    finding: 'S11',
    changes: [ONCE('agent/identity.ts', 'if (stored.volumeId === this.volumeId) return', 'if (true) return')],
  },
  {
    id: 'pledge-is-not-durable',
    what: 'a pledge stands in memory only',
    finding: 'I: pledges survive a power cut',
    changes: [
      ONCE('agent/promise.ts', 'await writeDurably(this.layout.state.pledge, `${JSON.stringify({ term })}\\n`);', ''),
      ONCE('agent/promise.ts', 'const promised = await this.read();', 'const promised = this.term;'),
    ],
  },
  {
    id: 'one-pledge-too-few',
    what: 'n − k standbys are enough instead of n − k + 1',
    finding: 'I: pigeonhole',
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
    what: 'only the last guarantee of the list has to be met',
    finding: 'I: every guarantee',
    changes: [ONCE('core/guarantee.ts', 'return guarantees.every((each)', 'return guarantees.slice(-1).every((each)')],
  },
  {
    id: 'longest-wins',
    what: 'positions are compared without their timeline',
    finding: 'I: place in the lineage, then position',
    changes: [ONCE('core/lineage.ts', 'if (left.index !== right.index) return left.index - right.index;', '')],
  },
  {
    id: 'chosen-may-be-behind',
    what: 'whoever pledged may be chosen, when all together meet the guarantees',
    finding: 'I: the most advanced of a set that meets all',
    changes: [
      ONCE(
        'core/election.ts',
        '.filter((other) => comparePositions(other.position, candidate.position) <= 0)',
        '.filter(() => true)',
      ),
      // The sort would hide it.
      ONCE(
        'core/election.ts',
        '.sort((left, right) => prefer(record, left, right));',
        '.sort((left, right) => -prefer(record, left, right));',
      ),
    ],
  },
  {
    id: 'pledge-of-another-term',
    what: 'a pledge of an earlier term counts',
    finding: 'I: pledges are for one term',
    changes: [ONCE('core/election.ts', 'if (pledge.term !== record.term || ', 'if (')],
  },
  {
    id: 'old-guarantee-leaves-at-once',
    what: 'a change of the guarantee replaces the old one in the record instead of standing beside it',
    finding: 'I: register first, old beside new',
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
    what: 'older guarantees leave the record before the new quorum has flushed what came before',
    finding: 'I: old guarantees leave after the flush',
    changes: [
      ONCE(
        'agent/duties/serve.ts',
        'if (record.guarantees.length > 1 && this.settledFrom !== undefined && isFlushed(this.settledFrom, last, seen)) {',
        'if (record.guarantees.length > 1) {',
      ),
    ],
  },
  {
    id: 'own-write-is-over',
    what: 'a write of the record that was not answered is taken for one that did not happen',
    finding: 'I: a write given up may land',
    changes: [
      ONCE('agent/duties/serve.ts', 'if (throughNone && record.version !== this.writtenVersion) {', 'if (false) {'),
    ],
  },
  {
    id: 'version-is-not-read',
    what: 'a coordinator writes the record whatever its version is by now',
    finding: 'I: each write carries the version that was judged',
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
    what: 'the writer’s address is changed without a look at the guard',
    finding: 'I: endpoints only move forward',
    changes: [
      ONCE(
        'lambda/health-checker/endpoint-change.ts',
        "if (guardVersion !== undefined && guardVersion > plan.guardVersion) return { kind: 'overtaken', guardVersion };",
        '',
      ),
      ONCE('lambda/health-checker/endpoint-change.ts', 'if (zone.guard !== undefined) {', 'if (false) {'),
      ONCE(
        'lambda/health-checker/endpoint-change.ts',
        "changes.push({ action: 'CREATE', name: ENDPOINT.writerGuard, type: 'TXT', record: guard });",
        "changes.push({ action: 'UPSERT', name: ENDPOINT.writerGuard, type: 'TXT', record: guard });",
      ),
    ],
  },
  {
    id: 'follows-an-older-term',
    what: 'a node acts on a record of a term before the one that it has pledged for',
    finding: 'I: no node goes back behind its pledge',
    changes: [
      ONCE('agent/promise.ts', 'if (promised > term)', 'if (false)'),
      ONCE('agent/register-watch.ts', 'if (last !== undefined && found.version < last.version) {', 'if (false) {'),
    ],
  },
  {
    id: 'given-up-write-lands',
    what: 'a write that hung and was given up still replaces what was written after it',
    finding: 'S10',
    changes: [
      ONCE('agent/durable.ts', 'if (isGivenUp()) throw new Error(`${path} was given up before it was flushed.`);', ''),
    ],
  },
  {
    id: 'late-pledge-lands',
    what: 'a pledge that was given up may land on top of a later one',
    finding: 'I: who writes an item alone names the write before',
    changes: [
      ONCE(
        'register/register.ts',
        'before === undefined ? ABSENT : unchanged(before)',
        "{ expression: 'attribute_not_exists(#lacking)', names: { '#lacking': 'lacking' }, values: {} }",
      ),
    ],
  },
  {
    id: 'lost-member-blocks',
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
