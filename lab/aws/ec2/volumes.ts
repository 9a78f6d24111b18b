import type { Volumes as HostVolumes } from '../../ports';
import type { Background } from '../background';
import { AwsError, NotEmulatedError } from '../gateway/aws-error';
import { newResourceId } from '../ids';
import type { Instance } from './instance';

export interface VolumeSpec {
  readonly zone: string;
  readonly sizeGiB: number;
  readonly volumeType: string;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly encrypted: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Attachment {
  readonly instanceId: string;
  readonly device: string;
  readonly attachedAt: Date;
  readonly deleteOnTermination: boolean;
  state: 'attaching' | 'attached' | 'detaching' | 'busy';
}

export interface Volume {
  readonly volumeId: string;
  readonly createdAt: Date;
  /** The instance's own root disk; lab/host has it inside the machine. */
  readonly isRoot: boolean;
  spec: VolumeSpec;
  attachment?: Attachment;
  /** Times of the modifications that count against the limit. */
  readonly modifiedAtMs: number[];
}

/** Four in a rolling 24 hours. Source: "Amazon EBS volume modification limitations". */
const MODIFICATIONS_PER_DAY = 4;
const DAY_MS = 24 * 3600_000;

/**
 * EBS volumes. A volume is `available` exactly while it has no attachment; it is attached to one instance only, in its
 * own zone, never by force. While its machine is dead it can't be detached: it comes free when EC2 has terminated the
 * instance.
 */
export class VolumeStore {
  private readonly volumes = new Map<string, Volume>();

  constructor(
    private readonly host: HostVolumes,
    private readonly background: Background,
    private readonly now: () => number = Date.now,
  ) {}

  async create(spec: VolumeSpec): Promise<Volume> {
    const volume = this.add(spec, false);
    await this.host.create(volume.volumeId, spec.sizeGiB);
    return volume;
  }

  /** The root disk that comes and goes with an instance. */
  addRoot(spec: VolumeSpec, instanceId: string, device: string): void {
    const volume = this.add(spec, true);
    const attachedAt = new Date(this.now());
    volume.attachment = { instanceId, device, attachedAt, deleteOnTermination: true, state: 'attached' };
  }

  list(): readonly Volume[] {
    return [...this.volumes.values()];
  }

  find(volumeId: string): Volume | undefined {
    return this.volumes.get(volumeId);
  }

  get(volumeId: string): Volume {
    const volume = this.volumes.get(volumeId);
    if (volume === undefined) {
      throw new AwsError('InvalidVolume.NotFound', `The volume '${volumeId}' does not exist.`);
    }
    return volume;
  }

  attachedTo(instanceId: string): readonly Volume[] {
    return this.list().filter((volume) => volume.attachment?.instanceId === instanceId);
  }

  /** Answers `attaching` at once, as EC2 does; the device appears in the machine a moment later. */
  attach(volumeId: string, instance: Instance, device: string): Volume {
    const volume = this.get(volumeId);
    if (instance.state !== 'running') {
      throw new AwsError('IncorrectState', `Instance '${instance.instanceId}' is not 'running'.`);
    }
    if (volume.attachment !== undefined) {
      throw new AwsError('VolumeInUse', `${volumeId} is already attached to an instance`);
    }
    if (volume.spec.zone !== instance.zone) {
      throw new AwsError(
        'InvalidVolume.ZoneMismatch',
        `The volume '${volumeId}' is not in the same availability zone as instance '${instance.instanceId}'`,
      );
    }
    if (this.attachedTo(instance.instanceId).some((other) => other.attachment?.device === device)) {
      throw new AwsError(
        'InvalidParameterValue',
        `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
      );
    }
    const attachment: Attachment = {
      instanceId: instance.instanceId,
      device,
      attachedAt: new Date(this.now()),
      deleteOnTermination: false,
      state: 'attaching',
    };
    volume.attachment = attachment;
    this.background.run(`attaching ${volumeId} to ${instance.instanceId}`, async () => {
      try {
        await this.host.attach(volumeId, instance.instanceId, device);
        if (attachment.state === 'attaching') attachment.state = 'attached';
      } catch (error) {
        // A machine that died meanwhile never had it.
        if (volume.attachment === attachment) delete volume.attachment;
        throw error;
      }
    });
    return volume;
  }

  detach(volumeId: string, instanceId: string | undefined, force: boolean, machineIsRunning: boolean): Volume {
    const volume = this.get(volumeId);
    const { attachment } = volume;
    if (attachment === undefined)
      throw new AwsError('IncorrectState', `Volume '${volumeId}' is in the 'available' state.`);
    if (instanceId !== undefined && instanceId !== attachment.instanceId) {
      throw new AwsError('InvalidAttachment.NotFound', `${volumeId} is not attached to ${instanceId}`);
    }
    if (volume.isRoot)
      throw new AwsError('OperationNotPermitted', `${volumeId} is the root device of a running instance`);
    if (force) throw new NotEmulatedError('a forced DetachVolume, which loses data');
    attachment.state = 'detaching';
    // A dead host's volume stays in this state, as on AWS, until its instance has terminated.
    if (machineIsRunning) this.background.run(`detaching ${volumeId}`, () => this.free(volume, attachment));
    return volume;
  }

  /** After the instance has terminated: kept volumes come free, its root disk goes. */
  async releaseAll(instanceId: string): Promise<void> {
    for (const volume of this.attachedTo(instanceId)) {
      if (volume.isRoot) this.volumes.delete(volume.volumeId);
      else if (volume.attachment !== undefined) await this.free(volume, volume.attachment);
    }
  }

  async modify(
    volumeId: string,
    change: Partial<Pick<VolumeSpec, 'sizeGiB' | 'iops' | 'throughput'>>,
  ): Promise<Volume> {
    const volume = this.get(volumeId);
    const sizeGiB = change.sizeGiB ?? volume.spec.sizeGiB;
    if (sizeGiB < volume.spec.sizeGiB) {
      throw new AwsError('InvalidParameterValue', 'New size cannot be smaller than existing size');
    }
    const nowMs = this.now();
    if (volume.modifiedAtMs.filter((at) => nowMs - at < DAY_MS).length >= MODIFICATIONS_PER_DAY) {
      throw new AwsError(
        'VolumeModificationRateExceeded',
        `You've reached the maximum modification rate of ${volumeId}.`,
      );
    }
    volume.modifiedAtMs.push(nowMs);
    if (sizeGiB > volume.spec.sizeGiB && !volume.isRoot) await this.host.grow(volumeId, sizeGiB);
    volume.spec = { ...volume.spec, ...change };
    return volume;
  }

  private async free(volume: Volume, attachment: Attachment): Promise<void> {
    await this.host.detach(volume.volumeId, attachment.instanceId);
    if (volume.attachment === attachment) delete volume.attachment;
  }

  private add(spec: VolumeSpec, isRoot: boolean): Volume {
    const volumeId = newResourceId('vol');
    const volume: Volume = { volumeId, createdAt: new Date(this.now()), isRoot, spec, modifiedAtMs: [] };
    this.volumes.set(volumeId, volume);
    return volume;
  }
}
