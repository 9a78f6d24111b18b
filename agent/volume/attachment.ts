import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../durable';
import { VolumeObstacle } from './states';

/** Where a volume is, as EC2 tells it. */
export type VolumePlace =
  | { readonly kind: 'available'; readonly zone: string }
  | {
      readonly kind: 'attached';
      readonly instanceId: string;
      /** Of the attachment: attaching, attached, busy, detaching. */
      readonly state: string;
    }
  /** EC2 does not know it, or it is being made, being deleted, broken. */
  | { readonly kind: 'unusable'; readonly state: string };

/** What the agent needs of EC2. Each call's error says which call it was. */
export interface VolumeApi {
  find(volumeId: string): Promise<VolumePlace>;
  /** State of an instance, as `running`; `gone` when EC2 does not know it any more. */
  instanceState(instanceId: string): Promise<string>;
  /** Asks for it. Never by force: a forced detach takes the disk from under a machine that still writes. */
  attach(volumeId: string, instanceId: string, device: string): Promise<void>;
}

export interface AttachmentOptions {
  readonly volumeId: string;
  readonly instanceId: string;
  /** The instance's own. */
  readonly zone: string;
  readonly api: VolumeApi;
  /** Where udev makes its links. */
  readonly linkDirectory?: string;
}

/** The name under which EC2 shows it; the kernel names it otherwise, and the link below is what counts. */
const EC2_DEVICE = '/dev/sdf';

/** States of an instance that may still write to what it holds. */
const LIVING: readonly string[] = ['pending', 'running'];

/**
 * The device of the slot's volume, when it is attached to this instance. Otherwise does what can be done now, which is
 * to ask for it when nobody has it.
 *
 * An instance before this one may hold it for ten minutes after its death. The caller asks again for as long as it takes.
 *
 * @throws VolumeObstacle that says what is waited for
 */
export async function attachedDevice(options: AttachmentOptions): Promise<string> {
  const link = deviceLink(options.volumeId, options.linkDirectory);
  const device = await deviceBehind(link);
  if (device !== undefined) return device;
  throw await obstacle(options).catch(
    (error: unknown) => new VolumeObstacle('ec2-refuses', `${String(error)}.`, { cause: error }),
  );
}

/** udev's name of an EBS volume on a Nitro instance. */
export function deviceLink(volumeId: string, linkDirectory = '/dev/disk/by-id'): string {
  return join(linkDirectory, `nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`);
}

async function obstacle({ api, volumeId, instanceId, zone }: AttachmentOptions): Promise<VolumeObstacle> {
  const place = await api.find(volumeId);
  switch (place.kind) {
    case 'available':
      if (place.zone !== zone) {
        return new VolumeObstacle('wrong-zone', `${volumeId} is in ${place.zone}, this instance in ${zone}.`);
      }
      await api.attach(volumeId, instanceId, EC2_DEVICE);
      return new VolumeObstacle('attaching', `${volumeId} is being attached.`);
    case 'attached':
      return place.instanceId === instanceId
        ? new VolumeObstacle('attaching', `${volumeId} is ${place.state}; its device is not there yet.`)
        : await held(api, volumeId, place);
    case 'unusable':
      return new VolumeObstacle('missing', `${volumeId} is ${place.state}.`);
  }
}

async function held(
  api: VolumeApi,
  volumeId: string,
  { instanceId, state }: Extract<VolumePlace, { kind: 'attached' }>,
): Promise<VolumeObstacle> {
  if (state === 'detaching') return new VolumeObstacle('detaching', `${volumeId} is detaching from ${instanceId}.`);
  const holder = await api.instanceState(instanceId);
  return LIVING.includes(holder)
    ? new VolumeObstacle('held-by-living', `${volumeId} is attached to ${instanceId}, which is ${holder}.`)
    : new VolumeObstacle('held-by-dying', `${volumeId} is still attached to ${instanceId}, which is ${holder}.`);
}

async function deviceBehind(link: string): Promise<string | undefined> {
  try {
    const device = await realpath(link);
    return (await lstat(device)).isBlockDevice() ? device : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
