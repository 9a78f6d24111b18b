import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CoordinatorView } from '../../core/coordinator-view';
import { guarantee } from '../../core/guarantee';
import { parseLsn, ZERO_LSN } from '../../core/lsn';
import { newMember, parseSlot } from '../../core/member';
import type { Pledge } from '../../core/pledge';
import type { BootstrappingRecord, SteadyRecord } from '../../core/record';
import { MalformedItemError, type Register, RegisterUnavailableError } from '../../register';
import type { Fate } from './support/front';
import { TestDynamo, type TestTable } from './support/table';

// Includes building the image when it is not in the cache.
jest.setTimeout(300_000);

const [a, b, c] = [parseSlot('a'), parseSlot('b'), parseSlot('c')];
const primary = newMember(a, 'aaaaaaaa');
const standby = newMember(b, 'bbbbbbbb');

const first: BootstrappingRecord = {
  epoch: 'epoch-1',
  version: 1,
  term: 1,
  paused: false,
  phase: 'bootstrapping',
  bootstrapSlot: a,
};

const steady: SteadyRecord = {
  epoch: 'epoch-1',
  version: 2,
  term: 1,
  paused: false,
  phase: 'steady',
  systemId: '7412345678901234567',
  guarantees: [guarantee(primary, [standby], 1)],
  lineage: [{ timeline: 1, term: 1, member: primary, forkLsn: ZERO_LSN, firstRecord: '' }],
  endpointVersion: 2,
  primary: { member: primary, address: '10.0.0.10' },
};

function pledgeFor(term: number, changes: Partial<Pledge> = {}): Pledge {
  return {
    member: standby,
    term,
    endLsn: parseLsn('0/40211E0'),
    ancestry: [{ timeline: 1, forkLsn: ZERO_LSN, firstRecord: '' }],
    electable: true,
    address: '10.0.1.10',
    ...changes,
  };
}

let dynamo: TestDynamo;
let table: TestTable;
let register: Register;

beforeAll(async () => {
  dynamo = await TestDynamo.start();
});
afterAll(() => dynamo.stop());

beforeEach(async () => {
  table = await dynamo.makeTable();
  register = table.open();
});
afterEach(() => {
  dynamo.front.fate = () => 'answered';
  table.close();
});

/** The fates of the next writes, one each; later ones are answered. */
function writesMeet(...fates: readonly Fate[]): void {
  const remaining = [...fates];
  dynamo.front.fate = (operation) => (operation === 'PutItem' ? (remaining.shift() ?? 'answered') : 'answered');
}

describe('the record', () => {
  it('comes back exactly as it was written', async () => {
    expect(await register.readRecord()).toBeUndefined();
    await register.createRecord(steady);
    expect(await register.readRecord()).toEqual(steady);
  });

  it('is made once: a second one is refused and gets the first', async () => {
    await register.createRecord(first);
    const outcome = await table.open().createRecord({ ...first, epoch: 'epoch-2', bootstrapSlot: b });
    expect(outcome).toEqual({ kind: 'refused', found: first });
  });

  it('gets the version after the judged one', async () => {
    await register.createRecord(first);
    expect(await register.replaceRecord(first, steady)).toEqual({ kind: 'written', record: steady });
    expect(await register.readRecord()).toEqual(steady);
  });

  it('is not replaced by one who judged an older version', async () => {
    await register.createRecord(first);
    await register.replaceRecord(first, steady);
    const outcome = await register.replaceRecord(first, { ...steady, paused: true });
    expect(outcome).toEqual({ kind: 'refused', found: steady });
  });

  it('is not replaced by one who judged the same version of another epoch', async () => {
    await register.createRecord(first);
    const outcome = await register.replaceRecord({ epoch: 'other', version: 1 }, { ...steady, epoch: 'other' });
    expect(outcome).toEqual({ kind: 'refused', found: first });
  });

  it('is not made by replacing: an absent record is a finding', async () => {
    expect(await register.replaceRecord(first, steady)).toEqual({ kind: 'refused', found: undefined });
    expect(await register.readRecord()).toBeUndefined();
  });

  it('has one winner of every race', async () => {
    await register.createRecord(steady);
    const racers = Array.from({ length: 6 }, () => table.open());
    for (let version = steady.version; version < steady.version + 15; version += 1) {
      const outcomes = await Promise.all(
        racers.map((racer, term) =>
          racer.replaceRecord({ epoch: steady.epoch, version }, { ...steady, term: term + 1 }),
        ),
      );
      const written = outcomes.flatMap((outcome) => (outcome.kind === 'written' ? [outcome.record] : []));
      expect(written).toHaveLength(1);
      expect(await register.readRecord()).toEqual(written[0]);
    }
  });

  it('knows its own write again when the reply was lost and the repetition was refused', async () => {
    await register.createRecord(first);
    writesMeet('reply lost');
    expect(await register.replaceRecord(first, steady)).toEqual({ kind: 'written', record: steady });
  });

  it('knows its own write again when no reply ever came', async () => {
    await register.createRecord(first);
    dynamo.front.fate = (operation) => (operation === 'PutItem' ? 'reply lost' : 'answered');
    expect(await register.replaceRecord(first, steady)).toEqual({ kind: 'written', record: steady });
  });

  it("does not take another's write for its own when its reply was lost", async () => {
    await register.createRecord(first);
    const impatient = table.open({ attemptMs: 200, callMs: 400 });
    dynamo.front.fate = (operation) => (operation === 'PutItem' ? 'held back' : 'answered');
    await expect(impatient.replaceRecord(first, { ...steady, term: 9 })).rejects.toThrow(RegisterUnavailableError);
    dynamo.front.fate = () => 'answered';
    expect(await register.replaceRecord(first, steady)).toEqual({ kind: 'written', record: steady });
    expect(await dynamo.front.release()).toBeGreaterThan(0);
    expect(await register.readRecord()).toEqual(steady);
  });

  it('says so when nobody answers', async () => {
    const impatient = table.open({ attemptMs: 200, callMs: 400 });
    dynamo.front.fate = () => 'never arrives';
    await expect(impatient.readRecord()).rejects.toThrow(/^The register did not read cluster\/record: /);
    await expect(impatient.createRecord(first)).rejects.toThrow(
      /^The register did not confirm the write of cluster\/record: /,
    );
  });

  it('is never acted on when it is malformed', async () => {
    await table.plant({ pk: 'cluster', sk: 'record', format: 1, epoch: 'e', version: 1, term: 1, paused: false });
    await expect(register.readRecord()).rejects.toThrow(/^cluster\/record is malformed: phase: /);
  });
});

describe('pledges', () => {
  it('are read for every slot that has one', async () => {
    await register.writePledge(b, pledgeFor(2));
    const { found, malformed } = await table.open().readPledges([a, b, c]);
    expect([...found]).toEqual([[b, pledgeFor(2)]]);
    expect(malformed).toEqual([]);
  });

  it('rise and never fall', async () => {
    expect(await register.writePledge(b, pledgeFor(3))).toBe('written');
    expect(await table.open().writePledge(b, pledgeFor(2))).toBe('refused');
    expect(await table.open().writePledge(b, pledgeFor(3, { electable: false, reason: 'disk full' }))).toBe('written');
    expect((await register.readPledges([b])).found.get(b)?.reason).toBe('disk full');
  });

  it('are not overwritten by an older write of the same node that arrives late', async () => {
    const node = table.open({ attemptMs: 200, callMs: 400 });
    await node.writePledge(b, pledgeFor(2));
    dynamo.front.fate = (operation) => (operation === 'PutItem' ? 'held back' : 'answered');
    await expect(node.writePledge(b, pledgeFor(2, { electable: false }))).rejects.toThrow(RegisterUnavailableError);
    dynamo.front.fate = () => 'answered';
    expect(await node.writePledge(b, pledgeFor(2, { endLsn: parseLsn('0/5000000') }))).toBe('written');
    expect(await dynamo.front.release()).toBeGreaterThan(0);
    expect((await register.readPledges([b])).found.get(b)).toEqual(pledgeFor(2, { endLsn: parseLsn('0/5000000') }));
  });

  it('of one node hide nobody else when they are malformed', async () => {
    await register.writePledge(b, pledgeFor(2));
    await table.plant({ pk: 'node#c', sk: 'pledge', member: 'c', term: 2 });
    const { found, malformed } = await register.readPledges([a, b, c]);
    expect([...found.keys()]).toEqual([b]);
    expect(malformed).toEqual([expect.any(MalformedItemError)]);
    expect(malformed[0]?.message).toMatch(/^node#c\/pledge is malformed: member: "c" is not a member/);
  });
});

describe('reports', () => {
  it('say where a node is now', async () => {
    const report = { slot: 'c', address: '10.0.2.10', instanceId: 'i-1', member: null, hasHistory: false };
    await register.writeReport(c, report);
    await register.writeReport(c, { ...report, address: '10.0.2.11', instanceId: 'i-2' });
    expect((await table.open().readReports([a, b, c])).found).toEqual(
      new Map([[c, { ...report, address: '10.0.2.11', instanceId: 'i-2' }]]),
    );
  });
});

describe("the cluster's CA", () => {
  it("is one: who comes second gets the first one's", async () => {
    const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
    const made = ['one', 'two', 'three'].map((text) => ({ certificate: pem(text), secretVersionId: text }));
    const taken = await Promise.all(made.map((ca) => table.open().createCa(ca)));
    expect(made).toContainEqual(taken[0]);
    expect(taken).toEqual(Array.from(made, () => taken[0]));
    expect(await register.readCa()).toEqual(taken[0]);
  });
});

describe('the beat', () => {
  const invocation = (invocationId: string) => ({
    invocationId,
    startedAtMs: 1_800_000_000_000,
    atMs: 1_800_000_000_000,
  });

  it('passes to the newer invocation, and the older one notices at its next beat', async () => {
    const [older, newer] = [table.open(), table.open()];
    const before = await older.takeBeat(invocation('one'));
    if (before === 'refused') throw new Error('Nobody else was there.');
    expect(await older.writeBeat({ ...before, count: 1 })).toBe('written');
    const after = await newer.takeBeat(invocation('two'));
    expect(after).toMatchObject({ invocationId: 'two', generation: before.generation + 1, count: 0 });
    expect(await older.writeBeat({ ...before, count: 2 })).toBe('refused');
    expect(await register.readBeat()).toEqual(after);
  });

  it('is held by one of several that start together', async () => {
    const taken = await Promise.all(['one', 'two', 'three'].map((id) => table.open().takeBeat(invocation(id))));
    const holders = taken.flatMap((beat) => (beat === 'refused' ? [] : [beat]));
    const highest = holders.reduce((left, right) => (left.generation > right.generation ? left : right));
    expect(await register.readBeat()).toEqual(highest);
  });
});

describe('events', () => {
  const event = {
    term: 2,
    reason: 'host-lost',
    from: primary,
    to: standby,
    suspectedAtMs: 1,
    convictedAtMs: 2,
    chosenAtMs: 3,
    promotedAtMs: 4,
  };

  it('are told latest first', async () => {
    for (const term of [9, 10, 2]) await register.writeEvent({ ...event, term });
    expect((await register.readEvents()).map(({ term }) => term)).toEqual([10, 9, 2]);
    expect((await register.readEvents(1)).map(({ term }) => term)).toEqual([10]);
  });

  it('may be completed, and stay complete', async () => {
    await register.writeEvent(event);
    await register.writeEvent({ ...event, flippedAtMs: 5 });
    await register.writeEvent(event);
    await register.writeEvent({ ...event, flippedAtMs: 9 });
    expect(await register.readEvents()).toEqual([{ ...event, flippedAtMs: 5 }]);
  });
});

describe('what operators did', () => {
  it('is told latest first, and nothing of it is overwritten', async () => {
    const operation = { kind: 'pause', atMs: 9, by: 'jane@desk', term: 2 } as const;
    await register.writeOperation(operation);
    await register.writeOperation({ ...operation, kind: 'resume', atMs: 10, reason: 'done' });
    await table.open().writeOperation(operation);
    expect(await register.readOperations()).toEqual([
      { ...operation, kind: 'resume', atMs: 10, reason: 'done' },
      operation,
      operation,
    ]);
  });
});

describe("a coordinator's view", () => {
  const view: CoordinatorView = {
    by: 'health checker',
    atMs: 1_800_000_000_000,
    version: 7,
    findings: [{ code: 'standby-silent', slot: 'c', detail: 'c is silent' }],
    waiting: 'no finding convicts the primary',
    slots: [
      {
        ...{ slot: 'a', statusAgeMs: 120, role: 'primary', healthy: true, activity: 'serving', leaving: false },
        ...{ pledgedTerm: 0, postgres: 'up', streaming: false, timeline: 1, lsn: '0/40211E0', lagBytes: 0 },
        ...{ instanceId: 'i-1', address: '10.0.0.10', member: primary },
      },
      {
        ...{ slot: 'c', statusAgeMs: null, role: 'none', healthy: false, activity: 'never heard', leaving: false },
        ...{ pledgedTerm: 0, postgres: 'absent', streaming: false },
      },
    ],
    endpoints: { guardVersion: 2, writerAddress: '10.0.0.10', readerAddresses: ['10.0.1.10'], writerInPlace: true },
  };

  it('comes back as it was written, and is replaced by whoever looks next', async () => {
    expect(await register.readView()).toBeUndefined();
    await register.writeView(view);
    expect(await register.readView()).toEqual(view);
    await table.open().writeView({ ...view, by: 'b', findings: [] });
    await register.writeView({ ...view, version: 8 });
    expect(await register.readView()).toEqual({ ...view, version: 8 });
  });
});
