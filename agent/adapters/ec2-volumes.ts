import { AttachVolumeCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { VolumeApi, VolumePlace } from '../volume-attachment';
import { calling, type ClientSettings } from './aws';

/** EBS volumes: where one is, and the request to have it. */
export class Ec2Volumes implements VolumeApi {
  private readonly client: EC2Client;

  constructor(settings: ClientSettings) {
    this.client = new EC2Client(settings);
  }

  async find(volumeId: string): Promise<VolumePlace> {
    const { Volumes } = await calling('DescribeVolumes', () =>
      this.client.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] })),
    );
    const volume = Volumes?.[0];
    const [attachment] = volume?.Attachments ?? [];
    if (attachment?.InstanceId !== undefined) {
      return { kind: 'attached', instanceId: attachment.InstanceId, state: attachment.State ?? 'unknown' };
    }
    return volume?.State === 'available' ? { kind: 'available' } : { kind: 'unusable', state: volume?.State ?? 'gone' };
  }

  async attach(volumeId: string, instanceId: string, device: string): Promise<void> {
    await calling('AttachVolume', () =>
      this.client.send(new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: device })),
    );
  }
}
