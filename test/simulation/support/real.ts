import { run } from '../../../agent/command';
import { frozen, TestCluster, type TestNode } from '../../agent/postgres/support/cluster';
import { sendSignal } from '../../agent/postgres/support/direct-service';
import { Cluster } from './cluster';
import * as functions from './functions';
import type { Hands, Place, Process, Thaw } from './hands';

/** PostgreSQL 17, real processes. */
class RealHands implements Hands {
  readonly run = run;

  constructor(private readonly servers: TestCluster) {}

  addPrimary(slot: string): Promise<Place> {
    return this.servers.addPrimary(slot);
  }

  addNode(slot: string): Promise<Place> {
    return this.servers.addNode(slot);
  }

  insert(at: Place, note: string, timeoutMs: number): Promise<boolean> {
    return this.node(at).commits(note, timeoutMs);
  }

  async notes(at: Place): Promise<readonly string[]> {
    return (await this.node(at).sql('select note from public.t order by id')).map((row) => String(row['note']));
  }

  async freeze(at: Place, process: Process): Promise<Thaw> {
    const node = this.node(at);
    if (process !== 'all of it') return node.freeze(process);
    const thaw = (await node.service.processes()).map((pid) => frozen(pid));
    return () => thaw.forEach((each) => each());
  }

  freezeSenderOf(at: Place, standby: Place): Promise<Thaw> {
    return this.node(at).freezeSenderOf(this.node(standby));
  }

  async endReceiver(at: Place): Promise<void> {
    for (const pid of (await this.node(at).up()).receiverPids) sendSignal(pid, 'SIGTERM');
  }

  async pauseReplay(at: Place): Promise<void> {
    const node = this.node(at);
    await node.sql('select pg_wal_replay_pause()');
    await functions.until('replay to pause', {}, async () => {
      const [row] = await node.sql('select pg_get_wal_replay_pause_state() as state');
      return row?.['state'] === 'paused';
    });
  }

  private node(at: Place): TestNode {
    const found = this.servers.nodes.find((each) => each.member === at.member);
    if (found === undefined) throw new Error(`There is no ${at.member}.`);
    return found;
  }
}

export async function inReality<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const servers = await TestCluster.create();
  try {
    return await work(new Cluster(functions, new RealHands(servers)));
  } finally {
    await servers.end();
  }
}
