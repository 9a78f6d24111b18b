import { lstat, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, run, succeed } from '../command';
import { onDisk } from '../disk';
import { errorCode } from '../error-code';
import type { Layout } from '../layout';
import { mountAt, type Mount } from '../mounts';
import { VolumeObstacle } from './states';

const BLANK_CHECK_TIMEOUT_MS = 120_000;
const MAKE_TIMEOUT_MS = 300_000;
/** Mounting replays the file system's own log: its length depends on nothing but the log's, 2 GiB at most. */
const MOUNT_TIMEOUT_MS = 600_000;
const GROW_TIMEOUT_MS = 60_000;

/** Exit status of volume-is-blank.sh. */
const BLANK = 0;
const HOLDS_DATA = 10;

/** Of the file system, so that a volume can be recognized by a person. */
const LABEL = 'holdfast';

type Content = { readonly kind: 'blank' } | { readonly kind: 'xfs' };

/**
 * The file system on the slot's volume.
 *
 * XFS: it grows while mounted, and shares blocks between copies. It is made only on a volume that is positively blank;
 * one that mounts is used as it is; anything else is refused and left untouched.
 */
export class FileSystem {
  constructor(
    private readonly layout: Layout,
    private readonly volumeId: string,
  ) {}

  /** What is on the device. @throws VolumeObstacle for anything but nothing and an XFS */
  async content(device: string): Promise<Content> {
    const check = join(this.layout.files, 'volume-is-blank.sh');
    const { code, stderr } = await run(check, [device], { timeoutMs: BLANK_CHECK_TIMEOUT_MS });
    const told = stderr.trim();
    if (code === BLANK) return { kind: 'blank' };
    if (code !== HOLDS_DATA) {
      throw new VolumeObstacle('unreadable', `Whether ${this.volumeId} is blank could not be told: ${told}`);
    }
    // As blkid prints it; a type of partition table has its own name.
    const type = /\bTYPE=(\S+)/.exec(told.replace(/\b\w+TYPE=/g, ''))?.[1];
    if (type === 'xfs') return { kind: 'xfs' };
    const state = /\b(PT)?TYPE=/.test(told) ? 'foreign-file-system' : 'unknown-content';
    throw new VolumeObstacle(state, `${this.volumeId} is not Holdfast's: ${told}`);
  }

  async make(device: string): Promise<void> {
    const options = `options=${join(this.layout.files, 'mkfs-xfs.conf')}`;
    // Without -f, so it refuses by itself what it recognizes.
    await succeed('mkfs.xfs', ['-q', '-L', LABEL, '-c', options, device], { timeoutMs: MAKE_TIMEOUT_MS });
  }

  /** Writable when it resolves. @throws VolumeObstacle */
  async mount(device: string): Promise<void> {
    const { volume } = this.layout;
    await mkdir(volume, { recursive: true, mode: 0o755 });
    try {
      await succeed('mount', ['-t', 'xfs', '-o', 'noatime,nodev,nosuid,noexec', device, volume], {
        timeoutMs: MOUNT_TIMEOUT_MS,
      });
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      throw new VolumeObstacle('damaged', `${this.volumeId} does not mount: ${error.message}.`, { cause: error });
    }
    // mount(8) falls back to this by itself when the device refuses writes.
    if ((await this.mounted(device))?.readOnly !== false) {
      await this.unmount();
      throw new VolumeObstacle('read-only', `${this.volumeId} could be mounted only read-only.`);
    }
  }

  /** What is mounted, if it is this device. @throws VolumeObstacle when another one is mounted in its place */
  async mounted(device: string): Promise<Mount | undefined> {
    const { volume } = this.layout;
    const found = await mountAt(volume);
    if (found === undefined || found.device === (await deviceNumber(device))) return found;
    throw new VolumeObstacle('place-taken', `${volume} holds ${found.source}; expected ${this.volumeId} (${device}).`);
  }

  /**
   * Whether the kernel has given it up. Every access fails from then on, until it is unmounted and mounted again.
   *
   * @throws DiskStalled
   */
  async isShutDown(): Promise<boolean> {
    const { volume } = this.layout;
    if ((await mountAt(volume)) === undefined) return false;
    try {
      await onDisk(`Looking at ${volume}`, () => stat(volume));
      return false;
    } catch (error) {
      if (errorCode(error) === 'EIO') return true;
      throw error;
    }
  }

  /** Makes it as large as the volume, which may have grown. Changes nothing otherwise. */
  async grow(): Promise<void> {
    await succeed('xfs_growfs', ['-d', this.layout.volume], { timeoutMs: GROW_TIMEOUT_MS });
  }

  /** @throws CommandFailed while something still uses it. */
  async unmount(): Promise<void> {
    const { volume } = this.layout;
    if ((await mountAt(volume)) !== undefined) await succeed('umount', [volume], { timeoutMs: MOUNT_TIMEOUT_MS });
  }
}

/** `major:minor` of a block device, as the kernel prints it (makedev(3)). */
async function deviceNumber(device: string): Promise<string> {
  const { rdev } = await lstat(device, { bigint: true });
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
  return `${major}:${minor & 0xffffffffn}`;
}
