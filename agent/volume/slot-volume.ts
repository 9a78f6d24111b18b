import { chmod, chown, mkdir, statfs } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { SystemUser } from '../command';
import { onDisk } from '../disk';
import type { Layout } from '../layout';
import { describeError, type Log } from '../log';
import { attachedDevice, type AttachmentOptions } from './attachment';
import { FileSystem } from './file-system';
import { obstacleOf } from './obstacle';
import { VolumeObstacle } from './states';

export interface SlotVolumeOptions extends AttachmentOptions {
  readonly layout: Layout;
  readonly log: Log;
  /** Owner of PostgreSQL's directories. */
  readonly postgres: SystemUser;
  /** Stops whatever may have files open on it, to the last process. */
  readonly stopUsers: () => Promise<unknown>;
  readonly retryMs?: number;
}

const RETRY_MS = 3_000;

/** The slot's volume: attached, with a file system, mounted. What may stand in the way is in ./states.ts. */
export class SlotVolume {
  private readonly fileSystem: FileSystem;
  private foundDevice: string | undefined;

  constructor(private readonly options: SlotVolumeOptions) {
    this.fileSystem = new FileSystem(options.layout, options.volumeId);
  }

  /** The block device, once {@link prepare} found it. */
  get device(): string | undefined {
    return this.foundDevice;
  }

  /**
   * Resolves when the volume is mounted and its directories are there. Tries for ever; what stands in the way is told
   * to `activity`, and logged when it changes. On an agent that restarts everything is there already, and nothing is
   * touched. Nothing here takes longer on a volume that holds more.
   *
   * @returns the block device
   * @throws AbortError when the signal ends it; nothing else.
   */
  async prepare(activity: (text: string) => void, signal?: AbortSignal): Promise<string> {
    const { log, retryMs = RETRY_MS, volumeId } = this.options;
    let last = '';
    for (;;) {
      signal?.throwIfAborted();
      try {
        const device = await attachedDevice(this.options);
        this.foundDevice = device;
        await this.mount(device, activity);
        await this.fileSystem.grow();
        await this.makeDirectories();
        return device;
      } catch (error) {
        signal?.throwIfAborted();
        const obstacle = obstacleOf(error, volumeId);
        const text = obstacle instanceof VolumeObstacle ? obstacle.message : describeError(obstacle);
        if (text !== last) {
          const state = obstacle instanceof VolumeObstacle ? obstacle.state : 'unknown';
          log.warning('volume-not-ready', { volumeId, state, waitingFor: text });
        }
        last = text;
        activity(`preparing the volume: ${text}`);
        await pause(retryMs, undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  grow(): Promise<void> {
    return this.fileSystem.grow();
  }

  /** Whether the kernel has given the file system up: only {@link prepare}, from the start, brings it back. */
  isShutDown(): Promise<boolean> {
    return this.fileSystem.isShutDown();
  }

  /** @throws CommandFailed while something still uses it. */
  unmount(): Promise<void> {
    return this.fileSystem.unmount();
  }

  /** @throws DiskStalled */
  async space(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    const { volume } = this.options.layout;
    const { bavail, blocks, bsize } = await onDisk(`Measuring ${volume}`, () => statfs(volume));
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  private async mount(device: string, activity: (text: string) => void): Promise<void> {
    const { log, stopUsers, volumeId } = this.options;
    const mounted = await this.fileSystem.mounted(device);
    if (mounted !== undefined) {
      if (!(await this.fileSystem.isShutDown())) {
        if (mounted.readOnly) throw new VolumeObstacle('read-only', `${volumeId} has become read-only.`);
        return;
      }
      log.warning('volume-shut-down', { volumeId, device });
      await stopUsers();
      await this.fileSystem.unmount();
    }
    if ((await this.fileSystem.content(device)).kind === 'blank') {
      activity(`making a file system on ${volumeId}`);
      log.info('volume-blank', { volumeId, device });
      await this.fileSystem.make(device);
    }
    activity(`mounting ${volumeId}`);
    await this.fileSystem.mount(device);
    log.info('volume-mounted', { volumeId, device });
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
