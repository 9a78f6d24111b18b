import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, stat, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Volumes } from '../ports';
import { run } from './command';
import { messageOf, unless } from './errors';
import { freezeFileSystem, thawFileSystem } from './frozen-volume';
import type { Layout } from './layout';
import { attachLoop, detachLoop, isMounted, resizeLoop, type LoopDevice } from './loop';
import type { Disks } from './machines';
import { waitFor } from './wait';

interface Attachment {
  readonly volumeId: string;
  readonly machineId: string;
  /** What the caller of AttachVolume said, `/dev/sdf`. */
  readonly ec2Name: string;
  /** What Nitro makes of it, `nvme1n1`. */
  readonly kernelName: string;
  readonly loop: LoopDevice;
}

/** EC2 waits for the guest to unmount; the lab waits this long. */
const DETACH_TIMEOUT_MS = 60_000;
const GIB = 1024 ** 3;

/**
 * Volumes: sparse files that become block devices inside the machine they are attached to, under the names that a Nitro
 * instance has. A file system on one is a real one; when its machine dies the kernel lets go of it with the machine's
 * mount namespace, and only then the volume can be detached.
 */
export class LabVolumes implements Volumes, Disks {
  private readonly attachments = new Map<string, Attachment>();
  /** Volumes whose file system takes no writes. */
  private readonly frozen = new Set<string>();

  constructor(
    private readonly lab: Layout,
    /** Init of a running machine; undefined when it is off. */
    private readonly leaderOf: (machineId: string) => number | undefined,
    private readonly log: (line: string) => void,
  ) {}

  async create(volumeId: string, sizeGiB: number): Promise<void> {
    await mkdir(this.lab.volumes, { recursive: true });
    await (await open(this.file(volumeId), 'wx')).close();
    await truncate(this.file(volumeId), sizeGiB * GIB);
  }

  async grow(volumeId: string, sizeGiB: number): Promise<void> {
    await truncate(this.file(volumeId), sizeGiB * GIB);
    const attachment = this.attachments.get(volumeId);
    if (attachment !== undefined) await resizeLoop(attachment.loop);
  }

  async attach(volumeId: string, machineId: string, device: string): Promise<void> {
    const other = this.attachments.get(volumeId);
    if (other !== undefined) throw new Error(`The volume ${volumeId} is attached to ${other.machineId}.`);
    const leader = this.leaderOf(machineId);
    if (leader === undefined) throw new Error(`${volumeId} cannot be attached: ${machineId} is not running.`);
    const loop = await attachLoop(this.file(volumeId));
    const kernelName = this.nextKernelName(machineId);
    const attachment: Attachment = { volumeId, machineId, ec2Name: device, kernelName, loop };
    this.attachments.set(volumeId, attachment);
    await showDevice(leader, attachment);
  }

  async detach(volumeId: string, machineId: string): Promise<void> {
    const attachment = this.attachments.get(volumeId);
    if (attachment?.machineId !== machineId) throw new Error(`${volumeId} is not attached to ${machineId}.`);
    await waitFor(async () => ((await isMounted(attachment.loop)) ? undefined : true), {
      what: `No file system on ${volumeId} is mounted`,
      timeoutMs: DETACH_TIMEOUT_MS,
    });
    const leader = this.leaderOf(machineId);
    if (leader !== undefined) await hideDevice(leader, attachment);
    await detachLoop(attachment.loop);
    this.attachments.delete(volumeId);
  }

  async remove(volumeId: string): Promise<void> {
    const attachment = this.attachments.get(volumeId);
    if (attachment !== undefined) throw new Error(`The volume ${volumeId} is attached to ${attachment.machineId}.`);
    await rm(this.file(volumeId));
  }

  async show(machineId: string, leaderPid: number): Promise<void> {
    for (const each of this.of(machineId)) await showDevice(leaderPid, each);
  }

  /**
   * A file system that is only unmounted by its machine's death would write back everything first. A lost host writes
   * nothing: the kernel is told to shut the file systems down without flushing, log included.
   */
  async losePower(machineId: string, leaderPid: number): Promise<void> {
    for (const { volumeId, mountPoint } of await this.mounted(machineId, leaderPid)) {
      // Whoever hangs in a frozen one could not be ended. Once it is shut down nobody can open it to thaw it.
      const thaw = this.frozen.delete(volumeId) ? ['-c', 'thaw'] : [];
      const command = ['-c', 'shutdown', ...thaw, mountPoint];
      await run('nsenter', [`--target=${leaderPid}`, '--mount', 'xfs_io', '-x', ...command]).catch((error: unknown) =>
        this.log(
          `${machineId} lost power with ${volumeId} mounted, and what it had not synced may survive: ${messageOf(error)}`,
        ),
      );
    }
  }

  /** Writes and syncs to the machine's volumes hang. @throws Error when none is mounted */
  async freeze(machineId: string, leaderPid: number): Promise<void> {
    const mounted = await this.mounted(machineId, leaderPid);
    if (mounted.length === 0) throw new Error(`No volume of ${machineId} is mounted.`);
    for (const { volumeId, mountPoint } of mounted) {
      if (this.frozen.has(volumeId)) continue;
      await freezeFileSystem(leaderPid, mountPoint);
      this.frozen.add(volumeId);
    }
  }

  async thaw(machineId: string): Promise<void> {
    for (const { loop, volumeId } of this.of(machineId)) {
      if (this.frozen.delete(volumeId)) await thawFileSystem(loop);
    }
  }

  /** Device numbers of its volumes, as control groups name them. */
  deviceNumbers(machineId: string): readonly string[] {
    return this.of(machineId).map(({ loop }) => `${loop.major}:${loop.minor}`);
  }

  async mounted(machineId: string, leaderPid: number): Promise<readonly { volumeId: string; mountPoint: string }[]> {
    const table = await unless('ENOENT', readFile(`/proc/${leaderPid}/mountinfo`, 'utf8'), '');
    return this.of(machineId).flatMap(({ loop, volumeId }) =>
      mountPoints(table, loop).map((mountPoint) => ({ volumeId, mountPoint })),
    );
  }

  /** What is on the machine's volumes is gone, as when they fail and are replaced; for a machine that is off. */
  async erase(machineId: string): Promise<void> {
    for (const { volumeId, loop } of this.of(machineId)) {
      await waitFor(async () => ((await isMounted(loop)) ? undefined : true), {
        what: `No file system on ${volumeId} is mounted`,
        timeoutMs: DETACH_TIMEOUT_MS,
      });
      const { size } = await stat(this.file(volumeId));
      await truncate(this.file(volumeId), 0);
      await truncate(this.file(volumeId), size);
      // What the device still has in its cache was the old content.
      await run('blockdev', ['--flushbufs', loop.path]);
    }
  }

  private of(machineId: string): Attachment[] {
    return [...this.attachments.values()].filter((each) => each.machineId === machineId);
  }

  /** nvme0n1 would be the root volume. */
  private nextKernelName(machineId: string): string {
    const taken = new Set(this.of(machineId).map((each) => each.kernelName));
    for (let index = 1; ; index++) {
      const name = `nvme${index}n1`;
      if (!taken.has(name)) return name;
    }
  }

  private file(volumeId: string): string {
    return join(this.lab.volumes, `${volumeId}.img`);
  }
}

/** @internal Where `mountinfo` (proc(5)) says that a device is mounted. */
export function mountPoints(mountinfo: string, device: Pick<LoopDevice, 'major' | 'minor'>): string[] {
  const lines = mountinfo.split('\n').map((line) => line.split(' '));
  return lines
    .filter(([, , number]) => number === `${device.major}:${device.minor}`)
    .map((fields) =>
      (fields[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    );
}

/** Names of the volume in a machine's `/dev`. systemd-nspawn has no udev, so the lab makes its links too. */
function deviceNames(leaderPid: number, attachment: Attachment) {
  const dev = `/proc/${leaderPid}/root/dev`;
  const serial = attachment.volumeId.replace('-', '');
  return {
    node: join(dev, attachment.kernelName),
    byId: join(dev, 'disk/by-id'),
    links: [
      {
        path: join(dev, 'disk/by-id', `nvme-Amazon_Elastic_Block_Store_${serial}`),
        target: `../../${attachment.kernelName}`,
      },
      { path: join(dev, attachment.ec2Name.replace(/^\/dev\//, '')), target: attachment.kernelName },
    ],
  };
}

async function showDevice(leaderPid: number, attachment: Attachment): Promise<void> {
  const { node, byId, links } = deviceNames(leaderPid, attachment);
  const { major, minor } = attachment.loop;
  if (!existsSync(node)) await run('mknod', ['--mode=0660', node, 'b', String(major), String(minor)]);
  await mkdir(byId, { recursive: true });
  for (const { path, target } of links) await unless('EEXIST', symlink(target, path), undefined);
}

async function hideDevice(leaderPid: number, attachment: Attachment): Promise<void> {
  const { node, links } = deviceNames(leaderPid, attachment);
  for (const { path } of links) await rm(path, { force: true });
  await rm(node, { force: true });
}
