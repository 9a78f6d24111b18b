import { mkdir, open, symlink, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { succeed } from '../../../agent/command';
import { deviceLink, type VolumeApi, type VolumePlace } from '../../../agent/volume/attachment';

export const ZONE = 'eu-central-1a';
const MIB = 1024 * 1024;
const timeoutMs = 30_000;

/** A loop device over a sparse file: an EBS volume as the kernel sees it. */
export class LoopVolume {
  private constructor(
    private readonly file: string,
    readonly device: string,
  ) {}

  static async create(directory: string, sizeMib: number): Promise<LoopVolume> {
    const file = join(directory, 'volume.img');
    await (await open(file, 'wx')).close();
    await truncate(file, sizeMib * MIB);
    const { stdout } = await succeed('losetup', ['--find', '--show', file], { timeoutMs });
    return new LoopVolume(file, stdout.trim());
  }

  async grow(sizeMib: number): Promise<void> {
    await truncate(this.file, sizeMib * MIB);
    await succeed('losetup', ['--set-capacity', this.device], { timeoutMs });
  }

  /** Writes over it, past every file system. */
  async write(atMib: number, text: string): Promise<void> {
    const device = await open(this.device, 'r+');
    await device.write(text, atMib * MIB);
    await device.sync();
    await device.close();
  }

  async zero(atMib: number, mib: number): Promise<void> {
    const args = ['if=/dev/zero', `of=${this.device}`, 'bs=1M', `seek=${atMib}`, `count=${mib}`, 'conv=notrunc,fsync'];
    await succeed('dd', args, { timeoutMs });
  }

  async protect(readOnly: boolean): Promise<void> {
    await succeed('blockdev', [readOnly ? '--setro' : '--setrw', this.device], { timeoutMs });
  }

  async checksum(): Promise<string> {
    return (await succeed('sha256sum', [this.device], { timeoutMs })).stdout;
  }

  async remove(): Promise<void> {
    await succeed('losetup', ['--detach', this.device], { timeoutMs });
  }
}

/**
 * EC2 for one volume: attached to at most one instance; the device appears when it is attached here.
 * The emulation that obeys all of EC2's rules is the lab's.
 */
export class OneVolume implements VolumeApi {
  place: VolumePlace = { kind: 'available', zone: ZONE };
  /** State of whichever other instance. */
  holder = 'running';
  readonly requests: string[] = [];
  failures: Error[] = [];

  constructor(
    private readonly volumeId: string,
    private readonly device: string,
    private readonly linkDirectory: string,
  ) {}

  find(): Promise<VolumePlace> {
    const failure = this.failures.shift();
    return failure === undefined ? Promise.resolve(this.place) : Promise.reject(failure);
  }

  instanceState(): Promise<string> {
    return Promise.resolve(this.holder);
  }

  async attach(volumeId: string, instanceId: string, device: string): Promise<void> {
    this.requests.push(`${volumeId} to ${instanceId} as ${device}`);
    if (this.place.kind !== 'available') throw new Error('VolumeInUse');
    this.place = { kind: 'attached', instanceId, state: 'attaching' };
    await this.appear();
  }

  /** What udev does. */
  async appear(): Promise<void> {
    await mkdir(this.linkDirectory, { recursive: true });
    await symlink(this.device, deviceLink(this.volumeId, this.linkDirectory));
  }

  async disappear(): Promise<void> {
    await unlink(deviceLink(this.volumeId, this.linkDirectory));
    this.place = { kind: 'available', zone: ZONE };
  }
}
