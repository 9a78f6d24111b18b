import { beforeEach, describe, expect, it } from '@jest/globals';
import type { EndpointPlan } from '../../core/endpoints';
import { DnsCheck } from '../../coordinator/dns-check';
import { ManualClock, settled } from './support/manual-clock';
import { recordedLog, type RecordedLog } from './support/recorded-log';

const plan: EndpointPlan = { guardVersion: 7, writerAddress: '10.0.1.10', readerAddresses: ['10.0.2.10', '10.0.0.10'] };

let clock: ManualClock;
let log: RecordedLog;
let answers: Record<string, readonly string[] | undefined>;
let doubts: number;
let asked: number;
let check: DnsCheck;

beforeEach(() => {
  clock = new ManualClock();
  log = recordedLog();
  doubts = 0;
  asked = 0;
  answers = {
    'writer.db.internal': ['10.0.1.10'],
    'reader.db.internal': ['10.0.0.10', '10.0.2.10'],
    '_holdfast-writer.db.internal': ['7'],
  };
  const answer = (name: string) => {
    asked += 1;
    const values = answers[name];
    return values === undefined
      ? Promise.reject(Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' }))
      : Promise.resolve(values);
  };
  check = new DnsCheck({
    names: { addresses: answer, texts: answer },
    zoneName: 'db.internal',
    clock,
    log: log.log,
    onMismatch: () => (doubts += 1),
  });
});

async function beats(durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
    check.check(plan);
    await settled();
    await clock.pass(500);
  }
}

describe('what clients are answered', () => {
  it('is told once when it is as planned', async () => {
    await beats(5_000);
    expect(log.codes()).toEqual(['endpoint-visible']);
    expect(doubts).toBe(0);
  });

  it('may be the old answer for a while: changes take their time to arrive', async () => {
    answers = { ...answers, 'writer.db.internal': ['10.0.0.10'] };
    await beats(9_500);
    answers = { ...answers, 'writer.db.internal': ['10.0.1.10'] };
    await beats(1_000);
    expect(doubts).toBe(0);
    expect(log.lines).toEqual([expect.objectContaining({ code: 'endpoint-visible', writer: '10.0.1.10' })]);
  });

  it.each([
    ['another writer', { 'writer.db.internal': ['10.9.9.9'] }],
    ['another guard', { '_holdfast-writer.db.internal': ['6'] }],
    ['a reader too few', { 'reader.db.internal': ['10.0.0.10'] }],
    ['no answer', { 'writer.db.internal': undefined }],
  ])('is doubted when for long it is %s, but not at every beat', async (_what, wrong) => {
    answers = { ...answers, ...wrong };
    await beats(31_000);
    expect(doubts).toBe(3);
    expect(log.codes()).toEqual(['endpoint-mismatch', 'endpoint-mismatch', 'endpoint-mismatch']);
  });

  it('is asked once at a time, however long the answer takes', async () => {
    const slow = new DnsCheck({
      names: { addresses: () => new Promise(() => void (asked += 1)), texts: () => Promise.resolve([]) },
      zoneName: 'db.internal',
      clock,
      log: log.log,
      onMismatch: () => undefined,
    });
    for (let beat = 0; beat < 5; beat += 1) slow.check(plan);
    await settled();
    expect(asked).toBe(2);
  });
});
