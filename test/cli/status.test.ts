import { describe, expect, test } from '@jest/globals';
import { coloursFor } from '../../cli/colours';
import { renderStatus, summaryLine } from '../../cli/render-status';
import { statusReport } from '../../cli/status-report';
import type { Situation } from '../../cli/situation';
import { guarantee } from '../../core/guarantee';
import { primary, silentFor, snapshot, standby } from '../core/support/evidence';
import { A, B, C, electing, pledge, promoting, steady } from '../core/support/records';
import { seenBy } from './support/situations';

const PLAIN = coloursFor({ isTerminal: false, env: {} });
const screen = (situation: Situation) => renderStatus(statusReport(situation), PLAIN);
/** The lines that begin with a mark. */
const marked = (situation: Situation) =>
  screen(situation)
    .split('\n')
    .filter((line) => /^[!·]/.test(line));

describe('a whole cluster', () => {
  test('is one screen that says who is primary, what a commit waits for, and how old all of it is', () => {
    expect(screen(seenBy())).toBe(
      [
        'shop-db in eu-west-1: whole, primary a, term 1',
        'every commit is on a and on 1 of b, c',
        '',
        'slot  role     state    instance      address   lag  doing',
        'a     primary  healthy  i-a_00000001  10.0.0.1  -    serving',
        'b     standby  healthy  i-a_00000001  10.0.0.2  0 B  following',
        'c     standby  healthy  i-a_00000001  10.0.0.3  0 B  following',
        '',
        'writer       writer.shop-db.internal → 10.0.0.1',
        'reader       reader.shop-db.internal → 10.0.0.2, 10.0.0.3',
        'coordinator  heard 700 ms ago (health checker); the slots as of 2.0 s ago',
        '',
      ].join('\n'),
    );
  });

  test('is whole in JSON too, with nothing that troubles', () => {
    expect(JSON.parse(JSON.stringify(statusReport(seenBy())))).toMatchObject({
      ...{ cluster: 'shop-db', whole: true, troubles: [], phase: 'steady', term: 1, paused: false },
      ...{
        primary: { slot: 'a', member: A },
        viewAgeMs: 2_000,
        coordinator: { alive: true, by: 'health checker', heardMs: 700 },
      },
      slots: [
        { slot: 'a', role: 'primary', healthy: true },
        { slot: 'b', role: 'standby', healthy: true, lagBytes: 0 },
        { slot: 'c', role: 'standby', healthy: true, lagBytes: 0 },
      ],
    });
  });
});

describe('a cluster that is not whole says in one line why and what would help:', () => {
  test('a standby that does not answer', () => {
    const seen = snapshot([primary(), standby(B), standby(C, {}, silentFor(40_000))]);
    const [first = '', ...others] = marked(seenBy(seen));
    expect(first).toContain('c');
    expect(first).toContain('A lost instance is replaced by its group within minutes and comes back by itself.');
    expect(others).toEqual([]);
    expect(screen(seenBy(seen))).toMatch(/^c {5}standby {2}silent for 40 s /m);
    expect(screen(seenBy(seen))).toContain('not whole, primary a');
  });

  test('a primary that was left alone', () => {
    const record = steady({ guarantees: [guarantee(A, [], 0)] });
    const situation = seenBy(snapshot(undefined, record));
    expect(screen(situation)).toContain('\nevery commit is on a alone\n');
    expect(marked(situation)[0]).toMatch(/^! a is alone: no standby takes part in its commits\. Commits are on one/);
  });

  test('a slot that the guarantee does not name yet', () => {
    const situation = seenBy(snapshot(undefined, steady({ guarantees: [guarantee(A, [B], 1)] })));
    expect(screen(situation)).toContain('\nevery commit is on a and on b\n');
    expect(marked(situation)).toEqual([
      '! c takes no part in commits yet. Nothing to do: a standby joins the guarantee when it has caught up.',
    ]);
  });

  test('a coordinator that fell silent, although what it saw last was well', () => {
    const situation = seenBy(undefined, { beat: { by: 'x', ageMs: 90_000 }, nowMs: 1_090_000 });
    expect(marked(situation)[0]).toMatch(/^! No coordinator for 90 s: nobody watches the primary\. The primary serves/);
    expect(screen(situation)).toContain('the slots as of 90 s ago');
  });

  test('a writer name of which Route 53 has not confirmed that it leads to the primary', () => {
    const situation = seenBy();
    const { view } = situation;
    const endpoints = { guardVersion: 3, writerAddress: '10.0.0.1', readerAddresses: [], writerInPlace: false };
    const behind = view === undefined ? undefined : { ...view, endpoints };
    expect(marked({ ...situation, view: behind })[0]).toMatch(
      /^! Route 53 has not confirmed yet that writer\.shop-db\.internal leads to a\. It is tried until it works\./,
    );
  });

  test('a health checker for which an agent stands in', () => {
    const situation = seenBy(undefined, { beat: { by: 'x', ageMs: 90_000 } });
    const view = situation.view === undefined ? undefined : { ...situation.view, by: 'agent of b' };
    expect(marked({ ...situation, view })).toEqual([
      '! The health checker is silent; the agent of b stands in for it. ' +
        'Failover works. Look at the Lambda function (holdfast logs) and its schedule in EventBridge.',
    ]);
    expect(screen({ ...situation, view })).toContain('heard 2.0 s ago (agent of b)');
  });

  test('what an old view says of the slots troubles nobody', () => {
    const seen = snapshot([primary(), standby(B), standby(C, {}, silentFor(40_000))]);
    const codes = statusReport(seenBy(seen, { nowMs: 1_090_000 })).troubles.map(({ code }) => code);
    expect(codes).toEqual([]);
  });

  test('a promotion under way', () => {
    const situation = seenBy(snapshot(undefined, promoting()));
    expect(screen(situation)).toContain('not whole, primary b, term 2, promoting');
    expect(marked(situation)).toEqual(['! b is being promoted. Nothing to do: this takes a second.']);
  });

  test('no record at all', () => {
    expect(marked(seenBy(undefined, { record: undefined }))[0]).toMatch(/^! The register holds no record\./);
  });
});

describe('an election that waits', () => {
  const record = electing({ guarantees: [guarantee(A, [B, C], 1)] });
  const lost = [primary({}, silentFor(60_000)), standby(B), standby(C, {}, silentFor(60_000))];

  test('names the nodes that are needed, the way out, and what it would cost', () => {
    const situation = seenBy(snapshot(lost, record, { pledges: [pledge(B, 0x4fff000)] }));
    expect(marked(situation)).toEqual([
      '! a was lost (primary-host-silent), and nobody can take over without a, or c: they may hold acknowledged commits that nobody else has. ' +
        'The election goes on by itself when one of them is back. The way out without them: holdfast failover --accept-data-loss. ' +
        'That would mean: b would become primary with what it has (up to 0/4FFF000); what only a or c holds would be lost for good: ' +
        'the last known position of the lost primary lies 4.0 kB further.',
    ]);
    expect(screen(situation)).toMatch(/slot +role .* pledge +doing/);
    expect(screen(situation)).toMatch(/^b .* 0\/4FFF000 +following/m);
    expect(screen(situation)).toMatch(/^c .* none yet /m);
  });

  test('of a degraded primary needs that primary alone', () => {
    const alone = electing({ guarantees: [guarantee(A, [], 0)] });
    const [first] = marked(seenBy(snapshot(lost, alone, { pledges: [pledge(B, 1), pledge(C, 1)] })));
    expect(first).toContain('nobody can take over without a: they may hold');
  });

  test('says how many of several are needed', () => {
    const five = electing({ guarantees: [guarantee(A, [B, C, 'd_00000001' as never, 'e_00000001' as never], 2)] });
    const [first] = marked(seenBy(snapshot(lost, five, { pledges: [pledge(B, 1)] })));
    expect(first).toContain('without a, or 2 more of c, d, e:');
  });

  test('does not take pledges of older terms for pledges', () => {
    const situation = seenBy(snapshot(lost, record, { pledges: [pledge(B, 1, { term: 1 })] }));
    expect(marked(situation)[0]).toContain('nobody who could become primary has pledged yet');
  });

  test('for somebody who can serve says what stands against those who are there', () => {
    const unfit = [B, C].map((member) => pledge(member, 1, { electable: false, reason: 'the disk is full' }));
    const [first] = marked(seenBy(snapshot(lost, record, { pledges: unfit })));
    expect(first).toContain('nobody complete can serve: b: the disk is full; c: the disk is full.');
  });

  test('is about to be over when enough have pledged', () => {
    const situation = seenBy(snapshot(lost, record, { pledges: [pledge(B, 1), pledge(C, 1)] }));
    expect(statusReport(situation).troubles.map(({ code }) => code)).toEqual(['electing']);
  });
});

describe('a pause', () => {
  const paused = steady({ paused: true });
  const operations = [{ kind: 'pause', atMs: 702_000, by: 'jane@desk', term: 1, reason: 'new kernel' } as const];

  test('is shown with who, why and for how long, and leaves the cluster whole', () => {
    const situation = seenBy(snapshot(undefined, paused), { operations });
    expect(screen(situation)).toContain('whole, primary a, term 1, automatic failover PAUSED');
    expect(marked(situation)).toEqual([
      '· Automatic failover is paused by jane@desk for 5 min: new kernel. When the work is done: holdfast resume.',
    ]);
  });

  test('of which the history knows nothing is shown all the same', () => {
    expect(marked(seenBy(snapshot(undefined, paused)))[0]).toMatch(/^· Automatic failover is paused\. /);
  });
});

test('the most urgent comes first, and only the first with advice', () => {
  const seen = snapshot([primary(), standby(B), standby(C, {}, silentFor(40_000))]);
  const lines = marked(seenBy(seen, { malformed: ['coordinator/beat is malformed.'] }));
  expect(lines[0]).toMatch(/^! coordinator\/beat is malformed\. Use the command line/);
  expect(lines[1]).toMatch(/^! c: [^.]*\.$/);
});

test('a switchover under way is shown', () => {
  const record = steady({ switchover: { to: B, by: 'operator', requestedAtMs: 1 } });
  expect(screen(seenBy(snapshot(undefined, record)))).toContain('a switchover is under way');
});

test('a line for a log says what changes, and no ages', () => {
  expect(summaryLine(statusReport(seenBy()))).toBe('term=1 phase=steady primary=a a=primary b=standby c=standby');
  expect(summaryLine(statusReport(seenBy(undefined, { beat: { by: 'x', ageMs: 1_234 } })))).toBe(
    summaryLine(statusReport(seenBy())),
  );
});

test('colours come on a terminal, unless NO_COLOR or a dumb terminal says otherwise', () => {
  const isColoured = (isTerminal: boolean, env: Record<string, string>) =>
    coloursFor({ isTerminal, env }).red('x') !== 'x';
  expect(isColoured(true, {})).toBe(true);
  expect(isColoured(false, {})).toBe(false);
  expect(isColoured(true, { NO_COLOR: '1' })).toBe(false);
  expect(isColoured(true, { NO_COLOR: '' })).toBe(true);
  expect(isColoured(true, { TERM: 'dumb' })).toBe(false);
  expect(isColoured(false, { FORCE_COLOR: '1' })).toBe(true);
});
