import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NodeStatus, NodeReport } from '../../core/status';
import type { Slot } from '../../core/member';
import type { AgentTarget } from '../../coordinator/agents';
import type { NodeProbes } from '../../coordinator/node-probes';
import { Observer } from '../../coordinator/observer';
import { type CaItem, MalformedItemError } from '../../register';
import { statusOf } from './support/evidence';
import { ManualClock } from './support/manual-clock';
import { recordedLog, type RecordedLog } from './support/recorded-log';
import { a, ADDRESS, b, c, MEMBER, SLOTS } from './support/records';

/** A node from afar: it answers, or it is silent until the probe's own time-out. */
class Node implements NodeProbes {
  isSilent = false;
  isPostgresDown = false;
  statusNow: NodeStatus;
  readonly asked: Record<keyof NodeProbes, number> = {
    status: 0,
    liveness: 0,
    knock: 0,
    localWrite: 0,
    synchronousWrite: 0,
    endWrites: 0,
    look: 0,
    close: 0,
  };

  constructor(
    private readonly clock: ManualClock,
    readonly target: AgentTarget,
    readonly loseConnection: () => void,
  ) {
    this.statusNow = statusOf(target.slot as 'a', target.slot === 'a' ? 'primary' : 'standby');
  }

  status = () => this.answer('status', this.statusNow);
  liveness = () =>
    this.isPostgresDown
      ? Promise.reject(new Error('connection refused'))
      : this.answer('liveness', { inRecovery: this.statusNow.postgres.inRecovery });
  knock = () => this.answer('knock', undefined);
  localWrite = () => this.answer('localWrite', undefined);
  synchronousWrite = () => this.answer('synchronousWrite', undefined);
  look = () => this.answer('look', undefined);
  endWrites = () => void (this.asked.endWrites += 1);
  close = () => void (this.asked.close += 1);

  private async answer<Value>(what: keyof NodeProbes, value: Value): Promise<Value> {
    this.asked[what] += 1;
    if (!this.isSilent) return value;
    await this.clock.sleep(700);
    throw new Error('no answer');
  }
}

let clock: ManualClock;
let log: RecordedLog;
let ca: CaItem | undefined;
let reports: Map<Slot, NodeReport>;
let malformed: MalformedItemError[];
let reportReads: number;
let nodes: Node[];
let news: number;
let observer: Observer;

const reportOf = (slot: 'a' | 'b' | 'c', changes: Partial<NodeReport> = {}): NodeReport => ({
  slot,
  address: ADDRESS[slot],
  instanceId: `i-${slot}`,
  member: MEMBER[slot],
  hasHistory: true,
  ...changes,
});

const nodeAt = (address: string): Node => {
  const found = nodes.find(({ target }) => target.address === address);
  if (found === undefined) throw new Error(`Nobody watches ${address}.`);
  return found;
};

const evidenceOf = (slot: Slot) => {
  const found = observer.evidence().find((each) => each.slot === slot);
  if (found === undefined) throw new Error(`There is no slot ${slot}.`);
  return found;
};

function makeObserver(): Observer {
  return new Observer({
    slots: SLOTS,
    zoneName: 'db.internal',
    register: {
      readCa: () => Promise.resolve(ca),
      readReports: () => {
        reportReads += 1;
        return Promise.resolve({ found: reports, malformed });
      },
    },
    makeProbes: (target, onLost) => {
      const node = new Node(clock, target, onLost);
      nodes.push(node);
      return node;
    },
    clock,
    log: log.log,
    onNews: () => (news += 1),
  });
}

beforeEach(() => {
  clock = new ManualClock();
  log = recordedLog();
  ca = { certificate: 'PEM', secretVersionId: 'v1' };
  reports = new Map([
    [a, reportOf('a')],
    [b, reportOf('b')],
    [c, reportOf('c')],
  ]);
  malformed = [];
  reportReads = 0;
  nodes = [];
  news = 0;
  observer = makeObserver();
  observer.start();
});
afterEach(async () => {
  const stopped = observer.stop();
  await clock.pass(1_000);
  await stopped;
});

describe('the observer', () => {
  it('watches every node where it reported to be, under its own name', async () => {
    await clock.pass(0);
    expect(nodes.map(({ target }) => target)).toEqual([
      { slot: a, address: ADDRESS.a, serverName: 'a.db.internal', ca: 'PEM' },
      { slot: b, address: ADDRESS.b, serverName: 'b.db.internal', ca: 'PEM' },
      { slot: c, address: ADDRESS.c, serverName: 'c.db.internal', ca: 'PEM' },
    ]);
    expect(evidenceOf(b)).toMatchObject({
      report: reportOf('b'),
      status: { slot: 'b' },
      statusAgeMs: 0,
      postgresAgeMs: 0,
    });
  });

  it('knows where a node is, and nothing else, before there is a CA', async () => {
    ca = undefined;
    const early = makeObserver();
    early.start();
    await clock.pass(1_000);
    const evidence = early.evidence().find(({ slot }) => slot === b);
    expect(evidence).toMatchObject({ report: reportOf('b'), status: undefined, statusAgeMs: null, watchedMs: 0 });
    expect(early.hasWatched(0)).toBe(false);
    ca = { certificate: 'PEM', secretVersionId: 'v1' };
    await clock.pass(500);
    expect(early.hasWatched(0)).toBe(true);
    const stopped = early.stop();
    await clock.pass(1_000);
    await stopped;
  });

  it('is not slowed by a silent node', async () => {
    await clock.pass(0);
    nodeAt(ADDRESS.b).isSilent = true;
    await clock.pass(5_000);
    expect(evidenceOf(b).statusAgeMs).toBe(5_000);
    expect(evidenceOf(c).statusAgeMs).toBeLessThanOrEqual(500);
    expect(nodeAt(ADDRESS.c).asked.status).toBe(11);
  });

  it('asks everybody faster while the primary is not heard, and is calm again afterwards', async () => {
    await clock.pass(0);
    observer.setPrimary(a);
    nodeAt(ADDRESS.a).isSilent = true;
    expect(observer.isSuspicious()).toBe(false);
    await clock.pass(1_500);
    expect(observer.isSuspicious()).toBe(true);
    const before = nodeAt(ADDRESS.c).asked.status;
    await clock.pass(1_500);
    expect(nodeAt(ADDRESS.c).asked.status - before).toBe(10);
    nodeAt(ADDRESS.a).isSilent = false;
    await clock.pass(1_000);
    expect(observer.isSuspicious()).toBe(false);
  });

  it('is suspicious of a primary as soon as it no longer answers', async () => {
    await clock.pass(100);
    observer.setPrimary(a);
    expect(observer.isSuspicious()).toBe(false);
    nodeAt(ADDRESS.a).isPostgresDown = true;
    nodeAt(ADDRESS.a).loseConnection();
    await clock.pass(0);
    expect(observer.isSuspicious()).toBe(true);
  });

  it('is not suspicious of a standby', async () => {
    await clock.pass(0);
    observer.setPrimary(a);
    nodeAt(ADDRESS.b).isSilent = true;
    await clock.pass(5_000);
    expect(observer.isSuspicious()).toBe(false);
  });

  it('asks again at once when a connection to PostgreSQL ends, and tells what it learns', async () => {
    await clock.pass(100);
    const node = nodeAt(ADDRESS.a);
    const { postgres } = node.statusNow;
    node.statusNow = { ...node.statusNow, healthy: false, postgres: { ...postgres, state: 'down' } };
    const [asked, before] = [node.asked.status, news];
    node.loseConnection();
    await clock.pass(0);
    expect(node.asked.status).toBe(asked + 1);
    expect(news).toBe(before + 1);
    expect(evidenceOf(a).status?.postgres.state).toBe('down');
  });

  it('tells when a node falls silent and when it answers again, not each time', async () => {
    await clock.pass(0);
    const before = news;
    nodeAt(ADDRESS.b).isSilent = true;
    await clock.pass(10_000);
    expect(news).toBe(before + 2);
    nodeAt(ADDRESS.b).isSilent = false;
    await clock.pass(2_000);
    expect(news).toBe(before + 4);
  });

  it('follows a node to its new address within a second once the old one does not answer', async () => {
    await clock.pass(0);
    nodeAt(ADDRESS.b).isSilent = true;
    await clock.pass(3_000);
    reports.set(b, reportOf('b', { address: '10.0.1.99', instanceId: 'i-new' }));
    await clock.pass(1_000);
    expect(nodeAt('10.0.1.99').asked.status).toBeGreaterThan(0);
    expect(nodeAt(ADDRESS.b).asked.close).toBe(1);
    expect(evidenceOf(b).watchedMs).toBeLessThanOrEqual(1_000);
    expect(evidenceOf(b).report?.instanceId).toBe('i-new');
  });

  it('keeps its connections when only what a node says of itself has changed', async () => {
    await clock.pass(0);
    reports.set(b, reportOf('b', { member: null }));
    await clock.pass(3_500);
    expect(evidenceOf(b)).toMatchObject({ report: { member: null }, watchedMs: 3_500 });
    expect(nodes).toHaveLength(3);
  });

  it('reads the reports every few seconds, and oftener while a node does not answer', async () => {
    await clock.pass(0);
    expect(reportReads).toBe(1);
    await clock.pass(6_000);
    const calm = reportReads;
    expect(calm).toBe(3);
    nodeAt(ADDRESS.c).isSilent = true;
    await clock.pass(9_000);
    expect(reportReads - calm).toBeGreaterThan(9);
  });

  it('writes on the primary alone, and on nobody during an election', async () => {
    await clock.pass(0);
    observer.setPrimary(a);
    await clock.pass(2_000);
    expect([nodeAt(ADDRESS.a), nodeAt(ADDRESS.b)].map(({ asked }) => asked.synchronousWrite)).toEqual([3, 0]);
    expect(evidenceOf(a)).toMatchObject({ localWriteAgeMs: 0, syncWriteAgeMs: 0 });
    observer.setPrimary(undefined);
    await clock.pass(2_000);
    expect(nodeAt(ADDRESS.a).asked).toMatchObject({ localWrite: 3, endWrites: 1 });
    expect(evidenceOf(a)).toMatchObject({ localWriteAgeMs: null, syncWriteAgeMs: null });
  });

  it('hints everybody, and does not mind who is silent', async () => {
    await clock.pass(0);
    nodeAt(ADDRESS.a).isSilent = true;
    observer.hintAll();
    await clock.pass(1_000);
    expect(nodes.map(({ asked }) => asked.look)).toEqual([1, 1, 1]);
    expect(log.lines).toContainEqual(expect.objectContaining({ code: 'hint-not-taken', slot: 'a' }));
  });

  it("tells a malformed report once, and goes on with the others'", async () => {
    malformed = [new MalformedItemError('node#c/report', ['address: wrong'])];
    reports.delete(c);
    await clock.pass(10_000);
    expect(log.codes().filter((code) => code === 'report-malformed')).toHaveLength(1);
    expect(evidenceOf(b).statusAgeMs).not.toBeNull();
  });

  it('has watched for as long as the last one it learned of', async () => {
    reports.delete(c);
    const early = makeObserver();
    early.start();
    await clock.pass(2_900);
    expect([early.hasWatched(2_900), early.hasWatched(2_901)]).toEqual([true, false]);
    reports.set(c, reportOf('c'));
    await clock.pass(600);
    expect([early.hasWatched(500), early.hasWatched(3_000)]).toEqual([true, false]);
    const stopped = early.stop();
    await clock.pass(1_000);
    await stopped;
  });
});
