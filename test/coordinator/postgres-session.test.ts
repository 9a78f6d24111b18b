import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { knock, LivenessProbe, WriteProbe } from '../../coordinator/postgres-probes';
import { PostgresSession, type PostgresTarget } from '../../coordinator/postgres-session';
import { eventually } from '../agent/support/eventually';
import { FrozenPort } from './support/tcp';

let frozen: FrozenPort;
let target: PostgresTarget;

beforeEach(async () => {
  frozen = new FrozenPort();
  const port = await frozen.listen();
  target = { address: '127.0.0.1', port, serverName: 'a.db.internal', ca: '', user: 'monitor', password: 'secret' };
});
afterEach(() => frozen.close());

describe('a PostgreSQL that takes connections and never says a word', () => {
  it('is given up in time by each kind of probe, and no connection is left behind', async () => {
    const options = { applicationName: 'test', synchronousCommit: 'local', connectMs: 200 } as const;
    await expect(PostgresSession.open(target, options)).rejects.toThrow('timeout expired');
    await expect(
      new LivenessProbe(
        () => Promise.resolve(target),
        () => undefined,
      ).probe(),
    ).rejects.toThrow('timeout expired');
    await expect(new WriteProbe(() => Promise.resolve(target), 'on').probe()).rejects.toThrow('timeout expired');
    await expect(knock(target)).rejects.toThrow('timeout expired');
    await eventually('every connection is gone', () => frozen.sockets.size === 0);
  });

  it('does not keep a probe that is closed meanwhile', async () => {
    const probe = new LivenessProbe(
      () => Promise.resolve(target),
      () => undefined,
    );
    const answer = probe.probe();
    probe.close();
    await expect(answer).rejects.toThrow();
    await eventually('every connection is gone', () => frozen.sockets.size === 0);
  });
});

describe('a port where nobody listens', () => {
  it('is told at once', async () => {
    const closed = new FrozenPort();
    const port = await closed.listen();
    await closed.close();
    const probe = new LivenessProbe(
      () => Promise.resolve({ ...target, port }),
      () => undefined,
    );
    await expect(probe.probe()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
