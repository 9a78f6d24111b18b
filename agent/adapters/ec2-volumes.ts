import {
  AttachVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  EC2Client,
  ModifyVolumeCommand,
} from '@aws-sdk/client-ec2';
import type { VolumeApi, VolumePlace } from '../volume/attachment';
import type { VolumeSizeApi } from '../storage-growth';
import { AwsCallFailed, calling, type ClientSettings } from './aws';

/** EBS volumes: where one is, who has it, and the requests to have it and to have it larger. */
export class Ec2Volumes implements VolumeApi, VolumeSizeApi {
  private readonly client: EC2Client;

  constructor(settings: ClientSettings) {
    this.client = new EC2Client(settings);
  }

  async find(volumeId: string): Promise<VolumePlace> {
    const found = await unlessUnknown('InvalidVolume.NotFound', () =>
      calling('DescribeVolumes', () => this.client.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }))),
    );
    const volume = found?.Volumes?.[0];
    const [attachment] = volume?.Attachments ?? [];
    if (attachment?.InstanceId !== undefined) {
      return { kind: 'attached', instanceId: attachment.InstanceId, state: attachment.State ?? 'unknown' };
    }
    return volume?.State === 'available'
      ? { kind: 'available', zone: volume.AvailabilityZone ?? 'unknown' }
      : { kind: 'unusable', state: volume?.State ?? 'not known to EC2' };
  }

  async instanceState(instanceId: string): Promise<string> {
    const found = await unlessUnknown('InvalidInstanceID.NotFound', () =>
      calling('DescribeInstances', () => this.client.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }))),
    );
    return found?.Reservations?.[0]?.Instances?.[0]?.State?.Name ?? 'gone';
  }

  async sizeGiB(volumeId: string): Promise<number> {
    const { Volumes } = await calling('DescribeVolumes', () =>
      this.client.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] })),
    );
    const size = Volumes?.[0]?.Size;
    if (size === undefined) throw new Error(`EC2 does not say how large ${volumeId} is.`);
    return size;
  }

  async enlarge(volumeId: string, sizeGiB: number): Promise<void> {
    await calling('ModifyVolume', () =>
      this.client.send(new ModifyVolumeCommand({ VolumeId: volumeId, Size: sizeGiB })),
    );
  }

  async attach(volumeId: string, instanceId: string, device: string): Promise<void> {
    await calling('AttachVolume', () =>
      this.client.send(new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: device })),
    );
  }
}

/** EC2 answers a question after something that it does not know with an error. */
async function unlessUnknown<T>(code: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AwsCallFailed && error.code === code) return undefined;
    throw error;
  }
}
