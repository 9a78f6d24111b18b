import { chmod, chown, lstat, mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run, succeed, type SystemUser } from './command';
import { onDisk } from './disk';
import type { Layout } from './layout';
import { describeError, type Log } from './log';
import { mountAt } from './mounts';
import { attachVolume, type AttachmentOptions } from './volume-attachment';

export interface SlotVolumeOptions extends Pick<
  AttachmentOptions,
  'volumeId' | 'instanceId' | 'api' | 'retryMs' | 'linkDirectory'
> {
  readonly layout: Layout;
  readonly log: Log;
  /** Owner of PostgreSQL's directories. */
  readonly postgres: SystemUser;
}

/** The volume holds something that is not Holdfast's, or cannot be told apart from it. An operator has to look. */
export class VolumeRefused extends Error {
  override readonly name = 'VolumeRefused';
}

const RETRY_MS = 3_000;
const BLANK_CHECK_TIMEOUT_MS = 120_000;
const MAKE_TIMEOUT_MS = 300_000;
/** Mounting replays the file system's own log. */
const MOUNT_TIMEOUT_MS = 600_000;
const GROW_TIMEOUT_MS = 60_000;

/** Exit status of volume-is-blank.sh. */
const BLANK = 0;
const HOLDS_DATA = 10;

/** Of the first, so that a volume can be recognized by a person. */
const LABEL = 'holdfast';

/**
 * The slot's volume: attached, with a file system, mounted.
 *
 * The file system is XFS: it grows while mounted, and shares blocks between copies, so that a data directory can be
 * kept aside before it is rewound without room for a second one. It is made only on a volume that is positively blank;
 * one that mounts is used as it is; anything else is refused and left untouched.
 */
export class SlotVolume {
  private foundDevice: string | undefined;

  constructor(private readonly options: SlotVolumeOptions) {}

  /** The block device, once {@link prepare} found it. */
  get device(): string | undefined {
    return this.foundDevice;
  }

  /**
   * Resolves when the volume is mounted and its directories are there. Tries for ever; what stands in the way is told
   * to `activity`. On an agent that restarts everything is there already, and nothing is touched.
   *
   * @throws AbortError when the signal ends it; nothing else.
   */
  async prepare(activity: (text: string) => void, signal?: AbortSignal): Promise<void> {
    const { log, retryMs = RETRY_MS, volumeId } = this.options;
    let last = '';
    for (;;) {
      signal?.throwIfAborted();
      try {
        const device = await attachVolume({ ...this.options, activity, ...(signal === undefined ? {} : { signal }) });
        this.foundDevice = device;
        await this.mount(device, activity);
        await this.grow();
        await this.makeDirectories();
        return;
      } catch (error) {
        signal?.throwIfAborted();
        const obstacle = describeError(error);
        if (obstacle !== last) log.error('volume-not-ready', error, { volumeId });
        last = obstacle;
        activity(`preparing ${volumeId}: ${obstacle}`);
        await pause(retryMs, undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  /** Makes the file system as large as the volume, which may have grown. Changes nothing otherwise. */
  async grow(): Promise<void> {
    await succeed('xfs_growfs', ['-d', this.options.layout.volume], { timeoutMs: GROW_TIMEOUT_MS });
  }

  /** @throws CommandFailed while something still uses it. */
  async unmount(): Promise<void> {
    const { volume } = this.options.layout;
    if ((await mountAt(volume)) !== undefined) await succeed('umount', [volume], { timeoutMs: MOUNT_TIMEOUT_MS });
  }

  /** @throws DiskStalled */
  async space(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    const { volume } = this.options.layout;
    const { bavail, blocks, bsize } = await onDisk(`Measuring ${volume}`, () => statfs(volume));
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  private async mount(device: string, activity: (text: string) => void): Promise<void> {
    const { layout, log, volumeId } = this.options;
    if (await this.isMounted(device)) return;
    if (await this.isBlank(device)) {
      activity(`making a file system on ${volumeId}`);
      log.info('volume-blank', { volumeId, device });
      const options = `options=${join(layout.files, 'mkfs-xfs.conf')}`;
      // Without -f, so it refuses by itself what it recognizes.
      await succeed('mkfs.xfs', ['-q', '-L', LABEL, '-c', options, device], { timeoutMs: MAKE_TIMEOUT_MS });
    }
    activity(`mounting ${volumeId}`);
    await mkdir(layout.volume, { recursive: true, mode: 0o755 });
    await succeed('mount', ['-t', 'xfs', '-o', 'noatime,nodev,nosuid,noexec', device, layout.volume], {
      timeoutMs: MOUNT_TIMEOUT_MS,
    });
    if (!(await this.isMounted(device))) throw new VolumeRefused(`${device} was mounted but is not there.`);
    log.info('volume-mounted', { volumeId, device });
  }

  /** @throws VolumeRefused when another device is mounted in its place. */
  private async isMounted(device: string): Promise<boolean> {
    const { layout, volumeId } = this.options;
    const mounted = await mountAt(layout.volume);
    if (mounted === undefined) return false;
    if (mounted.device !== (await deviceNumber(device))) {
      throw new VolumeRefused(
        `${layout.volume} holds ${mounted.source}; expected ${volumeId} (${device}). Unmount it.`,
      );
    }
    return true;
  }

  /** Whether it is positively blank. False when it holds something, which then has to mount. @throws CommandFailed in doubt. */
  private async isBlank(device: string): Promise<boolean> {
    const check = join(this.options.layout.files, 'volume-is-blank.sh');
    const { code, stderr } = await run(check, [device], { timeoutMs: BLANK_CHECK_TIMEOUT_MS });
    if (code === BLANK) return true;
    if (code === HOLDS_DATA) return false;
    throw new VolumeRefused(`Whether ${device} is blank could not be told: ${stderr.trim()}`);
  }

  private async makeDirectories(): Promise<void> {
    const { layout, postgres } = this.options;
    const root = { uid: 0, gid: 0 };
    await onDisk(`Making directories in ${layout.volume}`, async () => {
      await makeDirectory(layout.data, 0o700, postgres);
      await makeDirectory(layout.aside, 0o700, postgres);
      await makeDirectory(layout.config.directory, 0o750, { uid: 0, gid: postgres.gid });
      await makeDirectory(layout.state.directory, 0o700, root);
    });
  }
}

async function makeDirectory(path: string, mode: number, owner: SystemUser): Promise<void> {
  await mkdir(path, { recursive: true, mode });
  await chown(path, owner.uid, owner.gid);
  await chmod(path, mode);
}

/** `major:minor` of a block device, as the kernel prints it (makedev(3)). */
async function deviceNumber(device: string): Promise<string> {
  const { rdev } = await lstat(device, { bigint: true });
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
  return `${major}:${minor & 0xffffffffn}`;
}
