import { afterEach, beforeEach, expect } from '@jest/globals';
import { join } from 'node:path';
import { succeed, systemUser, type SystemUser } from '../../../../agent/command';
import { layoutOf, type Layout } from '../../../../agent/layout';
import { mountAt } from '../../../../agent/mounts';
import { SlotVolume } from '../../../../agent/volume/slot-volume';
import type { VolumeState } from '../../../../agent/volume/states';
import { FILES } from '../../support/authority';
import { temporaryDirectory } from '../../support/directory';
import { eventually } from '../../support/eventually';
import { recordedLog } from '../../support/lines';
import { LoopVolume, OneVolume, ZONE } from '../../support/slot-volume';

export const VOLUME_ID = 'vol-0123456789abcdef0';
export const INSTANCE_ID = 'i-0000000000000000a';
/** The smallest that XFS accepts, and a little. */
export const SIZE_MIB = 320;
const timeoutMs = 30_000;

/** A volume on a loop device, and the agent's part that prepares it. */
export class VolumeUnderTest {
  readonly activities: string[] = [];
  readonly log = recordedLog();
  readonly aborts = new AbortController();
  usersStopped = 0;

  private constructor(
    readonly directory: string,
    readonly loop: LoopVolume,
    readonly api: OneVolume,
    readonly postgres: SystemUser,
    public layout: Layout,
  ) {}

  static async create(directory: string): Promise<VolumeUnderTest> {
    const loop = await LoopVolume.create(directory, SIZE_MIB);
    const api = new OneVolume(VOLUME_ID, loop.device, join(directory, 'by-id'));
    const layout = layoutOf({ volume: join(directory, 'mounted'), files: FILES });
    return new VolumeUnderTest(directory, loop, api, await systemUser('postgres'), layout);
  }

  /** Of a process that has just started. */
  slotVolume(): SlotVolume {
    return new SlotVolume({
      volumeId: VOLUME_ID,
      instanceId: INSTANCE_ID,
      zone: ZONE,
      api: this.api,
      layout: this.layout,
      log: this.log.log,
      postgres: this.postgres,
      stopUsers: () => Promise.resolve((this.usersStopped += 1)),
      retryMs: 10,
      linkDirectory: join(this.directory, 'by-id'),
    });
  }

  prepare(volume = this.slotVolume()): Promise<string> {
    return volume.prepare((text) => this.activities.push(text), this.aborts.signal);
  }

  async says(what: string): Promise<void> {
    await eventually(`it says "${what}"`, () => this.activities.some((text) => text.includes(what)));
  }

  /** Prepares in vain until it has found this and said so, and has changed nothing on the device. */
  async refuses(state: VolumeState, says: string): Promise<void> {
    const before = await this.loop.checksum();
    await this.waitsWith(state, says);
    expect(await this.loop.checksum()).toBe(before);
  }

  /** Like {@link refuses}, where the kernel's own attempt to mount writes. */
  async waitsWith(state: VolumeState, says: string): Promise<void> {
    const preparing = this.prepare().catch((error: unknown) => error);
    await this.says(says);
    this.aborts.abort();
    expect(await preparing).toMatchObject({ name: 'AbortError' });
    this.hasLogged(state);
    expect(await mountAt(this.layout.volume)).toBeUndefined();
  }

  hasLogged(state: VolumeState): void {
    expect(this.log.lines.map((line) => line['state'])).toContain(state);
  }

  async end(): Promise<void> {
    this.aborts.abort();
    if ((await mountAt(this.layout.volume)) !== undefined) {
      await succeed('umount', [this.layout.volume], { timeoutMs });
    }
    await this.loop.remove();
  }
}

/** One for each test. */
export function volumeUnderTest(): { readonly current: VolumeUnderTest } {
  let current: VolumeUnderTest | undefined;
  // Before the directory is removed: these run in the order in which they stand.
  afterEach(() => current?.end());
  const directory = temporaryDirectory();
  beforeEach(async () => {
    current = await VolumeUnderTest.create(directory.path);
  });
  return {
    get current() {
      if (current === undefined) throw new Error('Only inside of a test.');
      return current;
    },
  };
}
