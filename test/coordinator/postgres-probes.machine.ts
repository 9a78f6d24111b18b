import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { ROLE } from '../../core/names';
import { knock, LivenessProbe, WriteProbe } from '../../coordinator/postgres-probes';
import { isServerAnswer, type PostgresTarget } from '../../coordinator/postgres-session';
import { nodeCredentials } from '../../agent/coordinator-role';
import { startAndWait } from '../../agent/postgres/start';
import { enforce } from '../../agent/postgres/syncstandbys';
import { until } from '../../agent/postgres/wait';
import { ACCOUNTS, frozen, TestCluster, type TestNode } from '../agent/postgres/support/cluster';

jest.setTimeout(120_000);

let cluster: TestCluster;
let primary: TestNode;
let standby: TestNode;
let lost: number;
let closers: (() => void)[];

beforeAll(async () => {
  cluster = await TestCluster.create();
  primary = await cluster.addPrimary('a');
  standby = await cluster.addStandby(primary, 'b');
});
afterAll(() => cluster.end());

beforeEach(() => {
  lost = 0;
  closers = [];
});
afterEach(() => {
  for (const close of closers) close();
});

async function targetOf(node: TestNode, changes: Partial<PostgresTarget> = {}): Promise<PostgresTarget> {
  return {
    address: node.upstream.address,
    serverName: node.upstream.host,
    ca: await readFile(node.ctx.layout.tls.authority, 'utf8'),
    user: ROLE.monitor,
    password: ACCOUNTS.monitorPassword,
    ...changes,
  };
}

function liveness(node: TestNode, changes: Partial<PostgresTarget> = {}): LivenessProbe {
  const probe = new LivenessProbe(
    () => targetOf(node, changes),
    () => (lost += 1),
  );
  closers.push(() => probe.close());
  return probe;
}

function writes(node: TestNode, synchronousCommit: 'local' | 'on', giveUpMs?: number): WriteProbe {
  const probe = new WriteProbe(() => targetOf(node), synchronousCommit, giveUpMs);
  closers.push(() => probe.close());
  return probe;
}

/** Processes that serve the health checker, by application name. */
async function backends(node: TestNode, application: string): Promise<readonly number[]> {
  const rows = await node.sql(
    `select pid from pg_stat_activity where usename = '${ROLE.monitor}' and application_name = '${application}'`,
  );
  return rows.map(({ pid }) => Number(pid));
}

const LIVENESS = 'holdfast health checker';
const SYNCHRONOUS = 'holdfast health checker: synchronous write';

describe('the question whether PostgreSQL lives', () => {
  it('is answered by a primary and by a standby, over one connection each', async () => {
    const [onPrimary, onStandby] = [liveness(primary), liveness(standby)];
    for (let round = 0; round < 3; round += 1) {
      expect(await onPrimary.probe()).toEqual({ inRecovery: false });
      expect(await onStandby.probe()).toEqual({ inRecovery: true });
    }
    expect(await backends(primary, LIVENESS)).toHaveLength(1);
  });

  it('is put to nobody who cannot prove to be that node', async () => {
    await expect(liveness(primary, { serverName: 'b.test.internal' }).probe()).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it('is answered by a refusal too: an error is a sign of life', async () => {
    expect(await liveness(primary, { password: 'wrong' }).probe()).toEqual({ inRecovery: null, refusal: '28P01' });
    await primary.sql(`alter role ${ROLE.monitor} connection limit 0`);
    try {
      expect(await liveness(primary).probe()).toEqual({ inRecovery: null, refusal: '53300' });
    } finally {
      await primary.sql(`alter role ${ROLE.monitor} connection limit -1`);
    }
  });

  it('is put again on a fresh connection when the one that is kept does not answer', async () => {
    const probe = liveness(primary);
    await probe.probe();
    const [pid] = await backends(primary, LIVENESS);
    const thaw = frozen(pid ?? 0);
    try {
      expect(await probe.probe()).toEqual({ inRecovery: false });
      expect(lost).toBe(0);
    } finally {
      thaw();
    }
  });

  it('is still answered on a kept connection when the postmaster hangs, but nobody new gets in', async () => {
    const probe = liveness(primary);
    await probe.probe();
    const target = await targetOf(primary);
    await knock(target);
    const thaw = frozen((await primary.service.mainPid()) ?? 0);
    try {
      expect(await probe.probe()).toEqual({ inRecovery: false });
      await expect(knock(target)).rejects.toThrow('timeout expired');
    } finally {
      thaw();
    }
    await knock(target);
  });

  it('is settled at once when the postmaster dies: the connection ends, and nobody listens', async () => {
    const probe = liveness(standby);
    await probe.probe();
    await standby.service.stop('kill');
    await until('the end of the connection to be told', {}, () => Promise.resolve(lost === 1));
    await until('every process to end', {}, async () => !(await standby.service.hasProcess()));
    await expect(probe.probe()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await startAndWait(standby.ctx);
    expect(await probe.probe()).toEqual({ inRecovery: true });
  });
});

describe('a node that coordinates', () => {
  const as = (node: TestNode) => async (): Promise<PostgresTarget> => {
    const ca = await readFile(primary.ctx.layout.tls.authority, 'utf8');
    const place = { address: primary.upstream.address, serverName: primary.upstream.host, ca };
    return { ...place, ...(await nodeCredentials(node.ctx.layout.tls).get()) };
  };

  it('asks, knocks and writes with its own certificate: it needs no password', async () => {
    const probe = new LivenessProbe(as(standby), () => (lost += 1));
    const writing = new WriteProbe(as(standby), 'local');
    closers.push(
      () => probe.close(),
      () => writing.close(),
    );
    expect(await probe.probe()).toEqual({ inRecovery: false });
    await knock(await as(standby)());
    await writing.probe();
    await writing.probe();
  });
});

describe('a write probe', () => {
  it('moves the flush position and leaves nothing to see', async () => {
    const position = async () => String((await primary.sql('select pg_current_wal_flush_lsn() as lsn'))[0]?.['lsn']);
    const before = await position();
    await writes(primary, 'local').probe();
    expect(await position()).not.toBe(before);
  });

  it('is refused by a standby, in its own words', async () => {
    const error: unknown = await writes(standby, 'local')
      .probe()
      .catch((refusal: unknown) => refusal);
    expect(isServerAnswer(error)).toBe(true);
  });

  describe('while nobody confirms commits', () => {
    beforeEach(() => enforce(primary.ctx, { kind: 'sentinel' }, { kind: 'none' }));
    afterEach(() => enforce(primary.ctx, { kind: 'none' }, { kind: 'sentinel' }));

    it('goes through if it is local', async () => {
      await writes(primary, 'local').probe();
    });

    it('waits if it is synchronous, and never leaves more than one process waiting on the server', async () => {
      const probe = writes(primary, 'on', 400);
      for (let round = 0; round < 4; round += 1) await expect(probe.probe()).rejects.toThrow('Query read timeout');
      await until('earlier ones to be ended', {}, async () => (await backends(primary, SYNCHRONOUS)).length <= 2);
      probe.close();
      const next = writes(primary, 'on', 400);
      await expect(next.probe()).rejects.toThrow('Query read timeout');
      await until('all but the last to be ended', {}, async () => (await backends(primary, SYNCHRONOUS)).length === 1);
    });
  });
});
