import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Cgroups } from './cgroups';
import { run } from './command';
import { unless } from './errors';
import { thawFileSystem } from './frozen-volume';
import type { Layout } from './layout';
import { loopsBelow } from './loop';
import { keepLogs } from './machine-logs';

/**
 * Removes everything a lab made on this machine: processes, mounts, namespaces, loop devices, control groups, files.
 * Goes by names and by what the kernel says, not by anybody's memory, so that it serves after a crash as well. The logs
 * of the last run stay. Nothing happens when there is nothing to remove.
 */
export async function cleanUp(lab: Layout, also: { readonly logs?: boolean } = {}): Promise<void> {
  // A process that hangs in a frozen file system cannot be ended.
  for (const path of await loopsBelow(lab.stateDirectory)) await thawFileSystem({ path });
  await new Cgroups(lab.name).destroyAll();
  for (const mountPoint of (await mountsBelow(lab.stateDirectory)).reverse()) await run('umount', [mountPoint]);
  for (const loop of await loopsBelow(lab.stateDirectory)) await run('losetup', ['--detach', loop]);
  for (const namespace of await namespaces(lab)) {
    await deleteCable(namespace);
    await run('ip', ['netns', 'delete', namespace]);
    await rm(join('/etc/netns', namespace), { recursive: true, force: true });
  }
  for (const machineId of await unless('ENOENT', readdir(lab.machines), [])) {
    await rm(join('/run/systemd/nspawn/propagate', machineId), { recursive: true, force: true });
    await keepLogs(join(lab.machines, machineId), join(lab.logs, machineId));
  }
  for (const entry of await unless('ENOENT', readdir(lab.stateDirectory), [])) {
    const path = join(lab.stateDirectory, entry);
    if (also.logs === true || path !== lab.logs) await rm(path, { recursive: true, force: true });
  }
  await rm(lab.runtimeDirectory, { recursive: true, force: true });
}

/** What a lab has left on this machine, for people and tests; empty when it is gone. */
export async function remains(lab: Layout): Promise<string[]> {
  return [
    ...(await new Cgroups(lab.name).processes('')).map((pid) => `process ${pid}`),
    ...(await mountsBelow(lab.stateDirectory)).map((mountPoint) => `mount ${mountPoint}`),
    ...(await loopsBelow(lab.stateDirectory)).map((loop) => `loop device ${loop}`),
    ...(await namespaces(lab)).map((namespace) => `network namespace ${namespace}`),
  ];
}

/** At once; with the namespace alone its end in the router would go some time later. */
async function deleteCable(namespace: string): Promise<void> {
  const inside = `--net=/run/netns/${namespace}`;
  const links = JSON.parse(await run('nsenter', [inside, 'ip', '-json', 'link'])) as { ifname: string }[];
  if (links.some((link) => link.ifname === 'eth0')) await run('nsenter', [inside, 'ip', 'link', 'delete', 'eth0']);
}

async function namespaces(lab: Layout): Promise<string[]> {
  const all = await unless('ENOENT', readdir('/run/netns'), []);
  return all.filter((name) => name.startsWith(`${lab.name}-`));
}

async function mountsBelow(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  const lines = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  return lines.map((line) => line.split(' ')[1] ?? '').filter((path) => path.startsWith(`${directory}/`));
}
