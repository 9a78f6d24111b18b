import { describe, expect, test } from '@jest/globals';
import { beginElection } from '../../core/begin-election';
import { choose } from '../../core/election';
import { coordinate, type CoordinatorAction } from '../../core/coordinate';
import type { SlotEvidence } from '../../core/evidence';
import { guarantee } from '../../core/guarantee';
import { judge } from '../../core/judge';
import { acceptLoss } from '../../core/operator';
import type { Pledge } from '../../core/pledge';
import { DEFAULT_POLICY } from '../../core/policy';
import type { ElectingRecord } from '../../core/record';
import type { NodeStatus, PostgresStatus } from '../../core/status';
import { silentFor, snapshot, standby } from './support/evidence';
import { A, addressOf, B, C, electing, pledge, promoting } from './support/records';

/** An operator accepted loss for the election that deposes a. */
const accepted = (overrides: Partial<ElectingRecord['election']> = {}): ElectingRecord =>
  electing({ election: { ...electing().election, acceptsLoss: true, ...overrides } });

type Page = Partial<Omit<NodeStatus, 'postgres'>> & { readonly postgres?: Partial<PostgresStatus> };
const pledged = (member: typeof A, page: Page = {}): SlotEvidence => standby(member, { pledgedTerm: 2, ...page });

const late = DEFAULT_POLICY.acceptedLossMs;
function decide(
  pledges: readonly Pledge[],
  slots: readonly SlotEvidence[],
  record = accepted(),
  phaseAgeMs = late,
): CoordinatorAction {
  const judged = snapshot(slots, record, { pledges, phaseAgeMs });
  return coordinate(judged, judge(judged));
}

describe('with accepted loss', () => {
  test('the one that is left is chosen, with its own guarantee alone', () => {
    const record = accepted();
    expect(decide([pledge(B, 10)], [pledged(B)], record)).toEqual({
      kind: 'replace',
      rule: 'C15-choose-with-loss',
      judged: record,
      next: {
        ...electing(),
        version: record.version + 1,
        phase: 'promoting',
        guarantees: [guarantee(B, [], 0)],
        primary: { member: B, address: addressOf(B) },
        election: { ...electing().election, lossy: true, chosenAtMs: 1_000_000 },
      },
    });
  });

  test('the furthest is chosen, whoever was primary and whoever was favoured', () => {
    const record = electing({
      guarantees: [guarantee(A, [B, C], 1), guarantee(C, [], 0)],
      election: { ...accepted().election, favoured: B },
    });
    const action = decide([pledge(A, 12), pledge(B, 10)], [pledged(A), pledged(B)], record);
    expect(action).toMatchObject({
      next: { primary: { member: A }, guarantees: [guarantee(A, [], 0), guarantee(A, [B], 1)] },
    });
  });

  test('a follower that is behind cannot follow it in office before it has caught up', () => {
    const record = accepted();
    const waiting = { ...record, guarantees: [guarantee(A, [B, C], 1), guarantee(C, [], 0)] };
    const action = decide([pledge(A, 12), pledge(B, 10)], [pledged(A), pledged(B)], waiting);
    if (action.kind !== 'replace' || action.next.phase !== 'promoting') throw new Error(action.kind);
    const next = beginElection(action.next, { reason: 'promotion-stuck', suspectedAtMs: 1, convictedAtMs: 2 });
    expect(choose(next, [{ ...pledge(B, 10), term: next.term }]).kind).toBe('waiting');
  });

  test('nothing is given up when nothing has to be', () => {
    const action = decide([pledge(B, 10), pledge(C, 9)], [pledged(B), pledged(C)]);
    expect(action).toMatchObject({ rule: 'C2-choose', next: { guarantees: [guarantee(A, [B, C], 1), {}] } });
    if (action.kind !== 'replace' || action.next.phase !== 'promoting') throw new Error(action.kind);
    expect(action.next.election).not.toHaveProperty('lossy');
    expect(action.next.election).not.toHaveProperty('acceptsLoss');
  });

  test.each<[string, CoordinatorAction]>([
    ['this coordinator has looked for a moment only', decide([pledge(B, 10)], [pledged(B)], accepted(), late - 1)],
    ['the one that pledged does not answer any more', decide([pledge(B, 10)], [pledged(B, {})].map(silence))],
    [
      'the one that pledged has not started again',
      decide([pledge(B, 10)], [pledged(B, { postgres: { state: 'down', inRecovery: null } })]),
    ],
    ['another one answers and is about to pledge', decide([pledge(B, 10)], [pledged(B), standby(C)])],
    [
      'another one answers and still replays, however long',
      decide(
        [pledge(B, 10)],
        [pledged(B), standby(C, { postgres: { state: 'starting', inRecovery: null } })],
        accepted(),
        3_600_000,
      ),
    ],
    ['nobody has pledged', decide([], [])],
    ['the one that is left cannot serve', decide([pledge(B, 10, { electable: false })], [pledged(B)])],
    ['it was accepted for no election', decide([pledge(B, 10)], [pledged(B)], electing())],
  ])('nobody is chosen while %s', (_what, action) => {
    expect(action).toMatchObject({ kind: 'nothing', rule: 'C9-pledges-missing' });
  });

  test('one that answers but neither starts nor pledges is not waited for without end', () => {
    const stuck = standby(C, { postgres: { state: 'down', inRecovery: null } });
    expect(decide([pledge(B, 10)], [pledged(B), stuck]).kind).toBe('nothing');
    const action = decide([pledge(B, 10)], [pledged(B), stuck], accepted(), DEFAULT_POLICY.lossLatePledgeMs);
    expect(action).toMatchObject({ rule: 'C15-choose-with-loss' });
  });

  test('what was given up is not forgotten when the chosen one fails, but no more is given up', () => {
    const record = promoting({ election: { ...promoting().election, lossy: true } });
    const election = { reason: 'promotion-stuck', suspectedAtMs: 1, convictedAtMs: 2 };
    expect(beginElection(record, election).election).toEqual({ ...election, lossy: true, deposed: B });
    const again = acceptLoss(record, { wallClockMs: 1 });
    expect(again).toMatchObject({ next: { election: { lossy: true, acceptsLoss: true } } });
  });
});

function silence(evidence: SlotEvidence): SlotEvidence {
  return { ...evidence, ...silentFor(10_000) };
}
