import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { connect } from 'node:net';
import { ADDRESS } from '../../../lab/host/addresses';
import { cleanUp, remains } from '../../../lab/host/cleanup';
import { run } from '../../../lab/host/command';
import { openHost, type LabHost } from '../../../lab/host/host';
import { Images } from '../../../lab/host/images';
import { layout } from '../../../lab/host/layout';
import { NODE_PACKAGES } from '../../../lab/host/node-packages';
import { hostSystem } from '../../../lab/host/system';
import { waitFor } from '../../../lab/host/wait';
import type { FirewallRule } from '../../../lab/ports';
import { Metadata } from './metadata';

/** Real machines, one network namespace as router: this file runs in it (script/test starts it by `unshare --net`). */
jest.setTimeout(180_000);

const lab = layout('hosttest');
const NODES = 'sg-nodes';
const OPEN: FirewallRule[] = [
  { securityGroupId: NODES, direction: 'egress', protocol: 'all', peer: { kind: 'cidr', cidr: '0.0.0.0/0' } },
  {
    securityGroupId: NODES,
    direction: 'ingress',
    protocol: 'tcp',
    ports: { from: 5432, to: 5433 },
    peer: { kind: 'group', securityGroupId: NODES },
  },
];

let host: LabHost;
let metadata: Metadata;
let count = 0;

beforeAll(async () => {
  await cleanUp(lab, { logs: true });
  const image = await new Images(lab.imageDirectory, hostSystem().debianCodename).ensure(
    { name: 'node', packages: NODE_PACKAGES },
    () => undefined,
  );
  host = await openHost(lab, image, (line) => console.warn(line));
  await host.network.setRules(OPEN);
  metadata = await Metadata.open();
});

afterAll(async () => {
  await metadata.close();
  await host.dns.close();
  await cleanUp(lab, { logs: true });
  expect(await remains(lab)).toEqual([]);
});

/** Boots a machine with this user data and waits until it has run. */
async function machine(script = '', groups = [NODES]) {
  count += 1;
  const machineId = `i-${String(count).padStart(17, '0')}`;
  const address = `10.0.1.${count + 10}`;
  metadata.set(address, machineId, `#!/bin/sh\nset -e\n${script}\ntouch /root/user-data-has-run\n`);
  await host.machines.start({
    machineId,
    address,
    hostName: `ip-10-0-1-${count + 10}`,
    memoryMiB: 512,
    securityGroupIds: groups,
  });
  const leader = () => host.machines.state(machineId)?.leaderPid ?? 0;
  const exec = (command: string) => run('nsenter', [`--target=${leader()}`, '--all', 'sh', '-c', command]);
  await waitFor(
    () =>
      exec('test -e /root/user-data-has-run').then(
        () => true,
        () => undefined,
      ),
    { what: `User data of ${machineId} has run`, timeoutMs: 60_000, everyMs: 100 },
  );
  return { machineId, address, exec, leader };
}

/** `ok` or how a TCP connection from inside a machine fails, within two seconds. */
function dial(from: { exec: (command: string) => Promise<string> }, address: string, port: number): Promise<string> {
  return from
    .exec(`timeout 2 bash -c 'exec 3<>/dev/tcp/${address}/${port}' 2>&1 && echo ok || echo "failed $?"`)
    .then((text) => text.trim().split('\n').at(-1) ?? '');
}

const LISTEN = (port: number) =>
  `systemd-run --quiet --collect python3 -c "
import socket
s = socket.create_server(('', ${port}))
kept = []
while True: kept.append(s.accept())
"`;

test('A machine runs its user data from the metadata service and sees its own address, name and memory.', async () => {
  const { exec, machineId, address } = await machine('cloud-init query v1.instance_id > /root/instance-id');
  expect(await exec('cat /root/instance-id')).toBe(`${machineId}\n`);
  expect(await exec('hostname')).toMatch(/^database/);
  expect(await exec('ip -brief -4 address show eth0')).toContain(`${address}/32`);
  expect(await exec('systemctl is-system-running --wait')).toBe('running\n');
  expect(await exec('node -p "os.totalmem() / 1024 / 1024"')).toBe('512\n');
  // Memory that is really written to, more than there is: the kernel ends it.
  await expect(exec("systemd-run --quiet --wait sh -c 'head -c 700M /dev/zero | tail > /dev/null'")).rejects.toThrow(
    'exit code',
  );
});

test("A machine's curl, AWS CLI and Node trust the gateway, by name, and nothing else resolves.", async () => {
  const [cert, key] = await Promise.all([readFile(host.tls.certificateFile), readFile(host.tls.keyFile)]);
  const gateway: Server = createServer({ cert, key }, (_request, response) => response.end('gateway'));
  gateway.listen(443, ADDRESS.gateway);
  await once(gateway, 'listening');
  const { exec } = await machine('env > /root/environment');
  const url = 'https://dynamodb.eu-west-1.amazonaws.com/';
  expect(await exec(`curl -sS ${url}`)).toBe('gateway');
  const script = `fetch('${url}').then(async (r) => console.log(await r.text()))`;
  expect(await exec(`. /root/environment; export NODE_EXTRA_CA_CERTS; node -e "${script}"`)).toBe('gateway\n');
  const credentials = 'AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=y AWS_REGION=eu-west-1';
  await exec(`${credentials} aws s3api get-object --bucket bucket --key key /root/object`);
  expect(await exec('cat /root/object')).toBe('gateway');
  expect(await exec('getent hosts debian.org || echo none')).toBe('none\n');
  gateway.closeAllConnections();
  await new Promise((resolve) => gateway.close(resolve));
});

test('A private zone answers with its records and time to live, also over TCP, and with its own negative answers.', async () => {
  const { exec } = await machine();
  const zone = 'db.holdfast.internal';
  host.dns.setZone(zone, [
    { name: `writer.${zone}`, type: 'A', ttlSeconds: 1, values: ['10.0.1.200'] },
    { name: `_holdfast-writer.${zone}`, type: 'TXT', ttlSeconds: 1, values: ['"17"'] },
  ]);
  expect(await exec(`getent ahostsv4 writer.${zone} | head -1`)).toContain('10.0.1.200');
  expect(await exec(`resolvectl query --cache=no --type=TXT _holdfast-writer.${zone}`)).toContain('"17"');
  host.dns.setZone(zone, [{ name: `writer.${zone}`, type: 'A', ttlSeconds: 1, values: ['10.0.1.201'] }]);
  await waitFor(
    async () => ((await exec(`getent ahostsv4 writer.${zone} | head -1`)).includes('10.0.1.201') ? true : undefined),
    { what: 'The flipped record is seen', timeoutMs: 10_000 },
  );
  expect(await exec(`getent ahostsv4 nobody.${zone} || echo none`)).toBe('none\n');
});

test('Flows need a rule of both sides; an established one outlives its rule, but not a cut.', async () => {
  const server = await machine(`${LISTEN(5432)}\n${LISTEN(9999)}`);
  const client = await machine();
  const stranger = await machine('', ['sg-strangers']);
  await waitFor(async () => ((await dial(client, server.address, 5432)) === 'ok' ? true : undefined), {
    what: 'The server listens',
    timeoutMs: 10_000,
  });
  expect(await dial(client, server.address, 9999)).toBe('failed 124');
  expect(await dial(stranger, server.address, 5432)).toBe('failed 124');

  // A connection through which the client sends a byte whenever a file is there.
  await client.exec(
    `systemd-run --quiet --unit=flow bash -c 'exec 3<>/dev/tcp/${server.address}/5432; while sleep 0.1; do echo x >&3; done'`,
  );
  const received = async () =>
    Number(/bytes_received:(\d+)/.exec(await server.exec('ss -tinH state established sport = 5432'))?.[1] ?? 0);
  const grows = async () => {
    const before = await received();
    await waitFor(async () => ((await received()) > before ? true : undefined), {
      what: 'Bytes arrive',
      timeoutMs: 20_000,
    });
  };
  await grows();
  await host.network.setRules(OPEN.filter((rule) => rule.direction === 'egress'));
  expect(await dial(client, server.address, 5432)).toBe('failed 124');
  await grows();
  await host.network.disrupt(server.machineId, { direction: 'both', percent: 100 });
  await waitFor(
    async () => ((await client.exec('ss -tinH state established dport = 5432')).includes('unacked') ? true : undefined),
    { what: 'What the client sends is no longer acknowledged', timeoutMs: 20_000 },
  );
  await host.network.mend(server.machineId);
  await grows();
  await host.network.setRules(OPEN);
});

test('A volume survives its machine, keeps what was synced, loses what was not, and frees itself when the power goes.', async () => {
  const volumeId = 'vol-0123456789abcdef0';
  const device = '/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0';
  await host.volumes.create(volumeId, 10);
  const first = await machine();
  await host.volumes.attach(volumeId, first.machineId, '/dev/sdf');
  expect(await first.exec(`readlink -f ${device} /dev/sdf`)).toBe('/dev/nvme1n1\n/dev/nvme1n1\n');
  await first.exec(`mkfs.ext4 -q ${device} && mkdir /vol && mount ${device} /vol`);
  await first.exec('echo kept > /vol/synced && sync /vol/synced && sync /vol && echo lost > /vol/unsynced');
  await expect(host.volumes.attach(volumeId, first.machineId, '/dev/sdg')).rejects.toThrow(
    `The volume ${volumeId} is attached to ${first.machineId}.`,
  );
  await host.machines.powerOff(first.machineId);
  expect(host.machines.state(first.machineId)).toMatchObject({ running: false });
  await host.volumes.detach(volumeId, first.machineId);
  await host.machines.remove(first.machineId);

  const second = await machine();
  await host.volumes.attach(volumeId, second.machineId, '/dev/sdf');
  await host.volumes.grow(volumeId, 12);
  await second.exec(`mkdir /vol && mount ${device} /vol`);
  expect(await second.exec('cat /vol/synced')).toBe('kept\n');
  expect(await second.exec('ls /vol')).not.toContain('unsynced');
  expect(await second.exec(`blockdev --getsize64 ${device}`)).toBe(`${12 * 1024 ** 3}\n`);
  await second.exec('umount /vol');
  await host.volumes.detach(volumeId, second.machineId);
  expect(await second.exec('ls /dev/disk/by-id')).toBe('');
  await host.volumes.remove(volumeId);
});

test('A power cut is silent for the peer and also ends processes that are stopped.', async () => {
  const server = await machine(LISTEN(5432));
  const client = await machine();
  await waitFor(async () => ((await dial(client, server.address, 5432)) === 'ok' ? true : undefined), {
    what: 'The server listens',
    timeoutMs: 10_000,
  });
  await client.exec(
    `systemd-run --quiet --unit=peer bash -c 'exec 3<>/dev/tcp/${server.address}/5432; read -u 3; echo "$?" > /root/heard'`,
  );
  await waitFor(async () => ((await client.exec('ss -tnH state established dport = 5432')) === '' ? undefined : true), {
    what: 'The client is connected',
    timeoutMs: 10_000,
  });
  const victims = await host.machines.processes(server.machineId, 'python3');
  for (const { pid } of victims) process.kill(pid, 'SIGSTOP');
  await host.machines.powerOff(server.machineId);
  for (const { pid } of victims) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(await dial(client, server.address, 5432)).toBe('failed 124');
  expect(await client.exec('ss -tnH state established dport = 5432')).not.toBe('');
  expect(await client.exec('test -e /root/heard && echo heard || echo silence')).toBe('silence\n');
  await host.machines.remove(server.machineId);
});

test('A machine whose disk hangs can lose its power and be switched on again, and its volume is free afterwards.', async () => {
  const volumeId = 'vol-00000000000000002';
  await host.volumes.create(volumeId, 1);
  const { machineId, exec, leader } = await machine('touch /root/boots');
  await host.volumes.attach(volumeId, machineId, '/dev/sdf');
  await exec('mkfs.xfs -q /dev/sdf && mkdir /vol && mount /dev/sdf /vol');
  await host.volumes.freeze(machineId, leader());
  for (const device of host.volumes.deviceNumbers(machineId)) await host.cgroups.stallReads(machineId, device);
  await exec('systemd-run --quiet --unit=writer touch /vol/hangs');
  await exec('systemd-run --quiet --unit=reader dd if=/dev/sdf of=/dev/null iflag=direct bs=1M count=8');
  const hanging = () => exec('grep -lE "^State:[[:space:]]+D" /proc/[0-9]*/status | wc -l');
  await waitFor(async () => ((await hanging()) === '2\n' ? true : undefined), {
    what: 'Writer and reader hang',
    timeoutMs: 10_000,
  });
  await host.machines.powerOff(machineId);
  await host.machines.powerOn(machineId);
  await waitFor(
    () =>
      exec('systemctl is-system-running --wait').then(
        () => true,
        () => undefined,
      ),
    { what: 'The machine runs again', timeoutMs: 60_000 },
  );
  expect(await exec('ls /root/boots')).toBe('/root/boots\n');
  expect(await exec('mount /dev/sdf /vol && ls /vol && umount /vol')).toBe('');
  await host.machines.powerOff(machineId);
  await host.volumes.detach(volumeId, machineId);
  await host.machines.remove(machineId);
});

test('A machine that is frozen is silent, its kernel included, and goes on as if nothing had been.', async () => {
  const server = await machine(LISTEN(5432));
  const client = await machine();
  await waitFor(async () => ((await dial(client, server.address, 5432)) === 'ok' ? true : undefined), {
    what: 'The server listens',
    timeoutMs: 10_000,
  });
  await host.machines.freeze(server.machineId, true);
  expect(host.machines.isFrozen(server.machineId)).toBe(true);
  expect(await dial(client, server.address, 5432)).toBe('failed 124');
  await host.machines.freeze(server.machineId, false);
  expect(await dial(client, server.address, 5432)).toBe('ok');
  await host.machines.freeze(server.machineId, true);
  await host.machines.powerOff(server.machineId);
  await host.machines.remove(server.machineId);
});

test('A machine can reboot itself, keeps its volumes, and shuts down in order.', async () => {
  const volumeId = 'vol-00000000000000001';
  await host.volumes.create(volumeId, 1);
  const { machineId, exec, leader } = await machine();
  await host.volumes.attach(volumeId, machineId, '/dev/sdf');
  const before = leader();
  await exec('systemctl reboot');
  await waitFor(() => (leader() !== before && leader() !== 0 ? true : undefined), {
    what: 'The machine has rebooted',
    timeoutMs: 60_000,
  });
  expect(await exec('readlink -f /dev/sdf')).toBe('/dev/nvme1n1\n');
  await waitFor(
    () =>
      exec('systemctl is-system-running --wait').then(
        () => true,
        () => undefined,
      ),
    {
      what: 'The machine runs again',
      timeoutMs: 30_000,
    },
  );
  await host.machines.shutdown(machineId);
  expect(host.machines.state(machineId)).toMatchObject({ running: false });
  await host.volumes.detach(volumeId, machineId);
  await host.machines.remove(machineId);
  expect(host.machines.state(machineId)).toBeUndefined();
  expect(await readFile(`${lab.logs}/${machineId}/console.log`, 'utf8')).toContain('Reached target');
});

test('A place that is no machine reaches what its groups allow and uses the lab resolver.', async () => {
  const server = await machine(LISTEN(5433));
  const namespace = await host.network.addPlace('function', { address: '10.0.2.9', securityGroupIds: [NODES] });
  const inside = (command: string) => run('ip', ['netns', 'exec', namespace, 'bash', '-c', command]);
  expect(await inside('cat /etc/resolv.conf')).toBe(`nameserver ${ADDRESS.resolver}\n`);
  await waitFor(
    () =>
      inside(`timeout 2 bash -c 'exec 3<>/dev/tcp/${server.address}/5433'`).then(
        () => true,
        () => undefined,
      ),
    { what: 'The place reaches the server', timeoutMs: 10_000 },
  );
  await host.network.setGroups('function', []);
  await expect(inside(`timeout 2 bash -c 'exec 3<>/dev/tcp/${server.address}/5433'`)).rejects.toThrow('exit code 124');
  await host.network.removePlace('function');
});

test('A machine can be cut off from some, and others still reach it.', async () => {
  const server = await machine(LISTEN(5432));
  const one = await machine();
  const other = await machine();
  await waitFor(async () => ((await dial(one, server.address, 5432)) === 'ok' ? true : undefined), {
    what: 'The server listens',
    timeoutMs: 10_000,
  });
  await host.network.disrupt(server.machineId, { direction: 'both', percent: 100, peers: [one.machineId] });
  expect(await dial(one, server.address, 5432)).toBe('failed 124');
  expect(await dial(other, server.address, 5432)).toBe('ok');
  await host.network.mend(server.machineId);
  expect(await dial(one, server.address, 5432)).toBe('ok');
});

test('The lab itself reaches a machine that is cut off.', async () => {
  const server = await machine(LISTEN(8432));
  await host.network.disrupt(server.machineId, { direction: 'both', percent: 100 });
  await waitFor(
    () =>
      new Promise<true | undefined>((resolve) => {
        const socket = connect(8432, server.address);
        socket.on('connect', () => resolve(true)).on('error', () => resolve(undefined));
        socket.on('connect', () => socket.destroy());
      }),
    { what: 'The observer is connected', timeoutMs: 10_000 },
  );
});
