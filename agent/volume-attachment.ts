import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isMissing } from './durable';
import { describeError, type Log } from './log';

/** Where a volume is, as EC2 tells it. */
export type VolumePlace =
  | { readonly kind: 'available' }
  | { readonly kind: 'attached'; readonly instanceId: string; readonly state: string }
  /** Being made, being deleted, broken. */
  | { readonly kind: 'unusable'; readonly state: string };

/** What the agent needs of EC2. */
export interface VolumeApi {
  find(volumeId: string): Promise<VolumePlace>;
  /** Asks for it. Never by force: a forced detach takes the disk from under a machine that still writes. */
  attach(volumeId: string, instanceId: string, device: string): Promise<void>;
}

export interface AttachmentOptions {
  readonly volumeId: string;
  readonly instanceId: string;
  readonly api: VolumeApi;
  readonly log: Log;
  /** Told what is being waited for, whenever that changes. */
  readonly activity: (text: string) => void;
  readonly signal?: AbortSignal;
  readonly retryMs?: number;
  /** Where udev makes its links. */
  readonly linkDirectory?: string;
}

/** The name under which EC2 shows it; the kernel names it otherwise, and the link below is what counts. */
const EC2_DEVICE = '/dev/sdf';

const RETRY_MS = 3_000;

/**
 * Makes sure that the slot's volume is attached to this instance and resolves with its device.
 *
 * Takes as long as it takes: the instance before this one may hold the volume for ten minutes after its death, and the
 * API may not answer. Only the signal ends it.
 */
export async function attachVolume(options: AttachmentOptions): Promise<string> {
  const link = deviceLink(options.volumeId, options.linkDirectory);
  let last = '';
  for (;;) {
    const device = await deviceBehind(link);
    if (device !== undefined) return device;
    const waitingFor = await step(options).catch((error: unknown) => {
      options.log.warning('volume-attach-failed', { volumeId: options.volumeId, error: describeError(error) });
      return `attaching ${options.volumeId}: ${describeError(error)}`;
    });
    if (waitingFor !== last) {
      last = waitingFor;
      options.activity(waitingFor);
      options.log.info('volume-waiting', { volumeId: options.volumeId, waitingFor });
    }
    await pause(options.retryMs ?? RETRY_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** udev's name of an EBS volume on a Nitro instance. */
export function deviceLink(volumeId: string, linkDirectory = '/dev/disk/by-id'): string {
  return join(linkDirectory, `nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`);
}

/** Does what can be done now and says what is waited for. */
async function step({ api, volumeId, instanceId }: AttachmentOptions): Promise<string> {
  const place = await api.find(volumeId);
  switch (place.kind) {
    case 'available':
      await api.attach(volumeId, instanceId, EC2_DEVICE);
      return `attaching ${volumeId}`;
    case 'attached':
      return place.instanceId === instanceId
        ? `waiting for the device of ${volumeId} (${place.state})`
        : `waiting for ${place.instanceId} to release ${volumeId} (${place.state})`;
    case 'unusable':
      return `waiting for ${volumeId}, which is ${place.state}`;
  }
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
