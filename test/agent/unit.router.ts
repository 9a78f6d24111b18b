import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { build } from 'esbuild';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { succeed } from '../../agent/command';
import { cleanUp, remains } from '../../lab/host/cleanup';
import { type LabHost, openHost } from '../../lab/host/host';
import { Images } from '../../lab/host/images';
import { layout } from '../../lab/host/layout';
import { NODE_PACKAGES } from '../../lab/host/node-packages';
import { hostSystem } from '../../lab/host/system';
import { Metadata } from '../lab/host/metadata';
import { FILES } from './support/authority';
import { eventually } from './support/eventually';

/**
 * The bundle's units on machines that systemd booted, with the real PostgreSQL and a volume. A stand-in for the
 * agent's program keeps its unit busy; what the agent does with PostgreSQL's unit is done by its own code.
 */
jest.setTimeout(180_000);

const lab = layout('unittest');
const POSTGRES = 'holdfast-postgres.service';
const VOLUME_ID = 'vol-0123456789abcdef0';
const DATA = '/var/lib/holdfast/data';
const timeoutMs = 60_000;

let host: LabHost;
let metadata: Metadata;
let machine: Machine;

class Machine {
  constructor(readonly id: string) {}

  async exec(script: string, stdin = ''): Promise<string> {
    const leader = host.machines.state(this.id)?.leaderPid ?? 0;
    const args = [`--target=${leader}`, '--all', 'sh', '-ec', script];
    return (await succeed('nsenter', args, { timeoutMs, stdin })).stdout.trim();
  }

  /** What the agent's own code says, verb by verb. */
  async drive(...verbs: string[]): Promise<unknown[]> {
    const said = await this.exec(`node /root/unit-driver.js ${verbs.join(' ')}`);
    return said.split('\n').map((line): unknown => JSON.parse(line));
  }

  sql(statement: string): Promise<string> {
    return this.exec(`su postgres -c 'psql --no-psqlrc --tuples-only --no-align' 2>&1`, statement);
  }

  async answers(): Promise<void> {
    await eventually('PostgreSQL answers', () =>
      this.sql('select 1').then(
        (said) => said === '1',
        () => false,
      ),
    );
  }

  property(unit: string, name: string): Promise<string> {
    return this.exec(`systemctl show --property=${name} --value ${unit}`);
  }
}

/** A machine on which install.sh ran, with the volume attached. */
async function boot(address: string): Promise<Machine> {
  const id = `i-0${randomBytes(8).toString('hex')}`;
  // cloud-init asks for it before anything else comes up.
  metadata.set(address, id, '#!/bin/sh\n');
  await host.machines.start({ machineId: id, address, hostName: id, memoryMiB: 768, securityGroupIds: [] });
  const booted = new Machine(id);
  await eventually(`${id} has booted`, () =>
    booted.exec('systemctl is-active --quiet multi-user.target && echo yes').then(
      (said) => said === 'yes',
      () => false,
    ),
  );
  await host.volumes.attach(VOLUME_ID, id, '/dev/sdf');
  const archive = await succeed('sh', ['-c', `tar -C ${FILES} -c . | base64`], { timeoutMs });
  await booted.exec('mkdir -p /opt/holdfast/files && base64 -d | tar -C /opt/holdfast/files -x', archive.stdout);
  await booted.exec(`echo 'setInterval(() => undefined, 1000)' > /opt/holdfast/agent.js`);
  await booted.exec(`mkdir -p /etc/holdfast && echo '{}' > /etc/holdfast/node.json`);
  await booted.exec('/opt/holdfast/files/install.sh');
  const driver = await build({
    entryPoints: [join(__dirname, 'support/unit-driver.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    write: false,
  });
  await booted.exec('cat > /root/unit-driver.js', driver.outputFiles[0]?.text ?? '');
  await eventually('the agent runs', async () => (await booted.property('holdfast-agent', 'ActiveState')) === 'active');
  return booted;
}

const MOUNT = 'mount -t xfs /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0 /var/lib/holdfast';

beforeAll(async () => {
  await cleanUp(lab);
  const image = await new Images(lab.imageDirectory, hostSystem().debianCodename).ensure(
    { name: 'node', packages: NODE_PACKAGES },
    () => undefined,
  );
  host = await openHost(lab, image, (line) => console.warn(line));
  metadata = await Metadata.open();
  await host.volumes.create(VOLUME_ID, 1);
  machine = await boot('10.0.1.31');
});

afterAll(async () => {
  await metadata.close();
  await host.dns.close();
  await cleanUp(lab);
  expect(await remains(lab)).toEqual([]);
});

test('Without its volume PostgreSQL does not start, and the agent is told at once that nothing runs.', async () => {
  await machine.drive('stop:kill', 'gone');
  await machine.exec('findmnt /var/lib/holdfast > /dev/null && umount /var/lib/holdfast || true');
  expect(await machine.drive('start', 'hasProcess', 'mainPid')).toEqual([null, false, null]);
});

describe('with its volume', () => {
  beforeEach(async () => {
    await machine.exec(`findmnt /var/lib/holdfast > /dev/null || ${MOUNT} || { mkfs.xfs -q /dev/nvme1n1; ${MOUNT}; }`);
    await machine.exec(`
      test -e ${DATA}/PG_VERSION && exit
      install -d -m 0700 -o postgres ${DATA}
      install -d -m 0755 /var/lib/holdfast/config
      su postgres -c '/usr/lib/postgresql/17/bin/initdb --auth=peer ${DATA}' > /dev/null
      for file in postgresql.conf pg_hba.conf pg_ident.conf; do install -m 0644 ${DATA}/$file /var/lib/holdfast/config/; done`);
    await machine.drive('stop:kill', 'gone');
  });

  test('PostgreSQL runs as its user, with its configuration from outside the data directory, door closed.', async () => {
    const [, hasProcess, pid] = await machine.drive('start', 'hasProcess', 'mainPid');
    expect(hasProcess).toBe(true);
    await machine.answers();
    expect(await machine.exec(`ps -o user= -p ${String(pid)}`)).toBe('postgres');
    expect(await machine.sql('show config_file')).toBe('/var/lib/holdfast/config/postgresql.conf');
    expect(await machine.exec('nft list chain inet holdfast input')).toContain('jump closed');
  });

  test.each(['stop:fast', 'stop:immediate', 'stop:kill'])('%s ends it to the last process.', async (stop) => {
    await machine.drive('start');
    await machine.answers();
    expect(await machine.drive(stop, 'gone', 'mainPid')).toEqual([null, true, null]);
    expect(await machine.exec('pgrep -u postgres -c postgres || true')).toBe('0');
    const state = await machine.exec(`/usr/lib/postgresql/17/bin/pg_controldata ${DATA} | grep 'cluster state'`);
    expect(state).toMatch(stop === 'stop:fast' ? /shut down$/ : /in production$/);
  });

  test('When the postmaster is killed its orphans follow, and it stays down.', async () => {
    const [, pid] = await machine.drive('start', 'mainPid');
    await machine.answers();
    await machine.exec(`su postgres -c "psql -c 'select pg_sleep(1000)'" > /dev/null 2>&1 &`);
    await eventually(
      'the session sleeps',
      async () => (await machine.sql(`select count(*) from pg_stat_activity where wait_event = 'PgSleep'`)) === '1',
    );
    await machine.exec(`kill -KILL ${String(pid)}`);
    expect(await machine.drive('gone', 'mainPid')).toEqual([true, null]);
    expect(await machine.exec('pgrep -u postgres -c postgres || true')).toBe('0');
    expect(await machine.property(POSTGRES, 'NRestarts')).toBe('0');
  });

  test('A start that is overtaken by a kill leaves nothing, and the next start works.', async () => {
    expect(await machine.drive('start+stop:kill', 'gone', 'start', 'hasProcess')).toEqual([null, true, null, true]);
    await machine.answers();
  });

  test('It goes on while the agent is killed, restarted or stopped, and an open door stays open.', async () => {
    const [, pid] = await machine.drive('start', 'mainPid');
    await machine.answers();
    await machine.exec('nft --define door=open --file /opt/holdfast/files/holdfast.nft');
    const before = await machine.property('holdfast-agent', 'MainPID');
    await machine.exec(`kill -KILL ${before}`);
    await eventually('the agent is back', async () => {
      const now = await machine.property('holdfast-agent', 'MainPID');
      return now !== before && now !== '0';
    });
    await machine.exec('systemctl restart holdfast-agent.service');
    await machine.exec('systemctl stop holdfast-agent.service');
    expect(await machine.drive('mainPid')).toEqual([pid]);
    expect(await machine.exec('nft list chain inet holdfast input')).toContain('jump open');
    await machine.exec('systemctl start holdfast-agent.service');
    expect(await machine.drive('mainPid')).toEqual([pid]);
    await machine.exec('nft --define door=closed --file /opt/holdfast/files/holdfast.nft');
  });

  test('Installing again disturbs neither the agent nor PostgreSQL; another bundle restarts the agent alone.', async () => {
    const [, pid] = await machine.drive('start', 'mainPid');
    await machine.answers();
    const agent = await machine.property('holdfast-agent', 'MainPID');
    await machine.exec('/opt/holdfast/files/install.sh');
    expect(await machine.property('holdfast-agent', 'MainPID')).toBe(agent);
    await machine.exec('echo >> /opt/holdfast/agent.js; /opt/holdfast/files/install.sh');
    await eventually('another agent runs', async () => {
      const now = await machine.property('holdfast-agent', 'MainPID');
      return now !== agent && now !== '0';
    });
    expect(await machine.drive('mainPid')).toEqual([pid]);
  });

  test('When the machine shuts down it stops cleanly before the volume is unmounted.', async () => {
    await machine.drive('start');
    await machine.answers();
    await machine.sql('create table kept (value text); insert into kept values (42)');
    await host.machines.shutdown(machine.id);
    await host.volumes.detach(VOLUME_ID, machine.id);
    await host.machines.remove(machine.id);
    machine = await boot('10.0.1.32');
    await machine.exec(MOUNT);
    const state = await machine.exec(`/usr/lib/postgresql/17/bin/pg_controldata ${DATA} | grep 'cluster state'`);
    expect(state).toMatch(/shut down$/);
    await machine.drive('start');
    await machine.answers();
    expect(await machine.sql('select value from kept; drop table kept')).toContain('42');
  });
});
