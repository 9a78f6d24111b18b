import { chmod, chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { succeed, systemUser, type SystemUser } from '../../../../agent/command';
import { layoutOf } from '../../../../agent/layout';
import { Client } from 'pg';
import { clone } from '../../../../agent/postgres/clone';
import { writeBase, writeRole } from '../../../../agent/postgres/configuration';
import type { PostgresContext, SyncNames, Upstream } from '../../../../agent/postgres/context';
import { initialize, type Accounts } from '../../../../agent/postgres/initialize';
import { observe } from '../../../../agent/postgres/observe';
import type { PostgresUp } from '../../../../agent/postgres/observation';
import { attachUpstream } from '../../../../agent/postgres/receiver';
import { withSession, type Row } from '../../../../agent/postgres/session';
import { startAndWait } from '../../../../agent/postgres/start';
import { enforce } from '../../../../agent/postgres/syncstandbys';
import { until } from '../../../../agent/postgres/wait';
import { PORT } from '../../../../core/names';
import { newMember, parseSlot, type Member } from '../../../../core/member';
import { Authority } from './authority';
import { DirectService, sendSignal } from './direct-service';
import { addressOf, openPeerPort } from './network';

const BIN = '/usr/lib/postgresql/17/bin';

/** Small servers: many of them run at once. */
export const SMALL = { shared_buffers: '16MB', max_connections: '30', max_worker_processes: '8', autovacuum: 'off' };

export const ACCOUNTS: Accounts = {
  databaseName: 'app',
  masterUsername: 'app',
  masterPassword: 'correct horse battery staple',
  monitorPassword: 'look but do not touch',
  extensions: [],
};

/** Real servers, each with a node's layout, certificates and configuration; all gone at the end. */
export class TestCluster {
  readonly nodes: TestNode[] = [];
  private readonly mounted: string[] = [];

  private constructor(
    readonly directory: string,
    private readonly authority: Authority,
    private readonly user: SystemUser,
  ) {}

  static async create(): Promise<TestCluster> {
    await openPeerPort();
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-postgres-'));
    await chmod(directory, 0o755);
    const authority = await Authority.create(join(directory, 'authority'));
    return new TestCluster(directory, authority, await systemUser('postgres'));
  }

  /** A node without a data directory. */
  async addNode(
    slot: string,
    parameters: Readonly<Record<string, string>> = {},
    volumeMib?: number,
  ): Promise<TestNode> {
    const address = addressOf(this.nodes.length + 2);
    const host = `${slot}.test.internal`;
    const root = join(this.directory, `${slot}${this.nodes.length}`);
    const layout = layoutOf({
      volume: join(root, 'volume'),
      tls: join(root, 'tls'),
      socketDirectory: join(root, 'socket'),
      scratch: join(root, 'scratch'),
      files: join(__dirname, '../../../../agent/files'),
    });
    if (volumeMib !== undefined) await this.mountVolume(layout.volume, volumeMib);
    for (const directory of [layout.volume, layout.socketDirectory, layout.state.directory]) {
      await mkdir(directory, { recursive: true });
    }
    await chown(layout.socketDirectory, this.user.uid, this.user.gid);
    await this.authority.equip(layout, host, address, this.user);
    const service = new DirectService(layout, this.user, BIN, join(root, 'log'));
    const ctx: PostgresContext = { layout, service, user: this.user, binDirectory: BIN, listenAddresses: address };
    const member = newMember(parseSlot(slot), `${slot}test${String(this.nodes.length).padStart(4, '0')}`);
    const node = new TestNode(ctx, service, member, { address, host });
    this.nodes.push(node);
    await writeBase(ctx, 'test', { parameters: { ...SMALL, ...parameters } });
    return node;
  }

  /** A volume of its own, in memory, so that it can fill up. */
  private async mountVolume(path: string, mib: number): Promise<void> {
    await mkdir(path, { recursive: true });
    await succeed('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=0755`, 'volume', path], { timeoutMs: 10_000 });
    this.mounted.push(path);
  }

  /** Initialized and running, the sentinel replaced by `acks: 0`, a table `public.t` in it. */
  async addPrimary(
    slot: string,
    parameters: Readonly<Record<string, string>> = {},
    volumeMib?: number,
  ): Promise<TestNode> {
    const node = await this.addNode(slot, parameters, volumeMib);
    await initialize(node.ctx, ACCOUNTS);
    await enforce(node.ctx, { kind: 'none' }, { kind: 'none' });
    await node.sql('create table public.t (id bigint generated always as identity, note text)');
    await node.sql('alter table public.t owner to app');
    return node;
  }

  /** Cloned from `primary`, streaming from it and caught up. */
  async addStandby(
    primary: TestNode,
    slot: string,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<TestNode> {
    const node = await this.addNode(slot, parameters);
    await clone(node.ctx, primary.upstream, node.member);
    await this.follow(node, primary);
    return node;
  }

  /** Starts the standby if it is stopped; streaming and caught up when this resolves. */
  async follow(node: TestNode, primary: TestNode): Promise<void> {
    await withSession(primary.ctx, {}, (session) =>
      session.query(
        `select pg_create_physical_replication_slot('${node.member}', true)
         where not exists (select from pg_replication_slots where slot_name = '${node.member}')`,
      ),
    );
    if (await node.service.hasProcess()) {
      await attachUpstream(node.ctx, primary.upstream, node.member);
    } else {
      await writeRole(node.ctx, {
        upstream: { ...primary.upstream, member: node.member },
        syncNames: { kind: 'sentinel' },
      });
      await startAndWait(node.ctx);
    }
    await until(`${node.member} to stream`, { timeoutMs: 20_000 }, async () => {
      const { replication, timeline } = await primary.up();
      const row = replication.find((each) => each.member === node.member);
      return row?.state === 'streaming' && (await node.up()).timeline === timeline;
    });
  }

  async end(): Promise<void> {
    for (const node of this.nodes) {
      await node.service.stop('kill');
      await until('killed servers to end', {}, async () => !(await node.service.hasProcess()));
    }
    for (const path of this.mounted) await succeed('umount', [path], { timeoutMs: 10_000 });
    await rm(this.directory, { recursive: true, force: true });
  }
}

export class TestNode {
  constructor(
    readonly ctx: PostgresContext,
    readonly service: DirectService,
    readonly member: Member,
    readonly upstream: Upstream,
  ) {}

  async sql(text: string): Promise<readonly Row[]> {
    return withSession(this.ctx, { database: 'app', purpose: 'observe', queryTimeoutMs: 30_000 }, (session) =>
      session.query(text),
    );
  }

  /** An application's connection: over the network, by password. The caller ends it. */
  async connect(user = ACCOUNTS.masterUsername, password = ACCOUNTS.masterPassword): Promise<Client> {
    const client = new Client({
      host: this.upstream.address,
      port: PORT.client,
      user,
      password,
      database: ACCOUNTS.databaseName,
      ssl: { ca: await readFile(this.ctx.layout.tls.authority, 'utf8'), servername: this.upstream.host },
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Commits like an application: waits for the quorum. True when it is acknowledged within the time. */
  async commits(note: string, timeoutMs = 5_000): Promise<boolean> {
    let done = false;
    const committed = withSession(
      this.ctx,
      { database: 'app', purpose: 'observe', synchronous: true, queryTimeoutMs: timeoutMs },
      (session) => session.query('insert into public.t (note) values ($1)', [note]),
    );
    await committed.then(
      () => (done = true),
      () => undefined,
    );
    return done;
  }

  /** Stops the one process of this backend type; it goes on when the answer is called, or at the cluster's end. */
  async freeze(backendType: string): Promise<() => void> {
    const rows = await this.sql(`select pid from pg_stat_activity where backend_type = '${backendType}'`);
    if (rows.length !== 1) throw new Error(`${this.member} has ${rows.length} processes of type ${backendType}.`);
    return frozen(Number(rows[0]?.['pid']));
  }

  /** Stops the walsender that feeds `standby`. */
  async freezeSenderOf(standby: TestNode): Promise<() => void> {
    const row = (await this.up()).replication.find((each) => each.member === standby.member);
    if (row === undefined) throw new Error(`${this.member} does not feed ${standby.member}.`);
    return frozen(row.pid);
  }

  /** Waits until sessions are accepted. */
  async answering(): Promise<void> {
    await until(`${this.member} to answer`, {}, async () => (await observe(this.ctx)).state === 'up');
  }

  /** Waits until the server has ended by itself. */
  async gone(): Promise<void> {
    await until(`${this.member} to end`, {}, async () => !(await this.service.hasProcess()));
  }

  async up(): Promise<PostgresUp> {
    const observation = await observe(this.ctx);
    if (observation.state !== 'up')
      throw new Error(`${this.member} is ${JSON.stringify(observation)}\n${await this.log()}`);
    return observation;
  }

  async log(): Promise<string> {
    return readFile(this.service.logPath, 'utf8');
  }
}

export function frozen(pid: number): () => void {
  sendSignal(pid, 'SIGSTOP');
  return () => sendSignal(pid, 'SIGCONT');
}

export function quorum(acks: number, ...nodes: readonly TestNode[]): SyncNames {
  return { kind: 'quorum', acks, members: nodes.map((node) => node.member) };
}
