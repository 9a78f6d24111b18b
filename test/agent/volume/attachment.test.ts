import { describe, expect, test } from '@jest/globals';
import { attachedDevice, type VolumePlace } from '../../../agent/volume/attachment';
import { temporaryDirectory } from '../support/directory';
import { OneVolume, ZONE } from '../support/slot-volume';

const VOLUME_ID = 'vol-0123456789abcdef0';
const INSTANCE_ID = 'i-0000000000000000a';
const OTHER = 'i-0000000000000000b';

const directory = temporaryDirectory();

/** What it finds and what it asks of EC2. A device never comes here: ./attachment.machine.ts has those. */
async function asked(
  place: VolumePlace,
  change: (api: OneVolume) => void = () => undefined,
): Promise<{ readonly state: unknown; readonly message: string; readonly requests: readonly string[] }> {
  const api = new OneVolume(VOLUME_ID, '/dev/null', directory.path);
  api.place = place;
  change(api);
  const found = attachedDevice({
    ...{ volumeId: VOLUME_ID, instanceId: INSTANCE_ID, zone: ZONE, api },
    linkDirectory: directory.path,
  });
  const error: unknown = await found.catch((each: unknown) => each);
  if (!(error instanceof Error)) throw new Error('It was found.');
  return { state: (error as { state?: unknown }).state, message: error.message, requests: api.requests };
}

describe('a volume that nobody has', () => {
  test('is asked for, and waited for', async () => {
    expect(await asked({ kind: 'available', zone: ZONE })).toMatchObject({
      state: 'attaching',
      requests: [`${VOLUME_ID} to ${INSTANCE_ID} as /dev/sdf`],
    });
  });

  test('is not asked for from another zone', async () => {
    const { state, message, requests } = await asked({ kind: 'available', zone: 'eu-central-1b' });
    expect({ state, requests }).toEqual({ state: 'wrong-zone', requests: [] });
    expect(message).toBe(
      `${VOLUME_ID} is in eu-central-1b, this instance in ${ZONE}. The slot's group must launch in the volume's zone: look at its subnets.`,
    );
  });

  test('that EC2 does not give is told in its words', async () => {
    const refused = await asked({ kind: 'available', zone: ZONE }, (api) => {
      api.attach = () => Promise.reject(new Error('AttachVolume: UnauthorizedOperation: no'));
    });
    expect(refused.state).toBe('ec2-refuses');
    expect(refused.message).toContain("UnauthorizedOperation: no. Look at the network path to EC2, and at the node's");
  });
});

describe('a volume that another instance has is never asked for', () => {
  const held = { kind: 'attached', instanceId: OTHER, state: 'attached' } as const;

  test.each(['pending', 'running'])('while that one is %s: it may be writing', async (holder) => {
    const { state, message, requests } = await asked(held, (api) => (api.holder = holder));
    expect({ state, requests }).toEqual({ state: 'held-by-living', requests: [] });
    expect(message).toContain(`${VOLUME_ID} is attached to ${OTHER}, which is ${holder}. Terminate that instance`);
  });

  test.each(['shutting-down', 'stopping', 'stopped', 'terminated', 'gone'])('while that one is %s', async (holder) => {
    const { state, message, requests } = await asked(held, (api) => (api.holder = holder));
    expect({ state, requests }).toEqual({ state: 'held-by-dying', requests: [] });
    expect(message).toContain(`${VOLUME_ID} is still attached to ${OTHER}, which is ${holder}.`);
  });

  test('while it is being detached', async () => {
    const { state, message, requests } = await asked({ ...held, state: 'detaching' });
    expect({ state, requests }).toEqual({ state: 'detaching', requests: [] });
    expect(message).toContain(`detaching from ${OTHER}`);
  });
});

test.each(['attaching', 'attached', 'busy'])('one of this instance that is %s waits for its device', async (state) => {
  const found = await asked({ kind: 'attached', instanceId: INSTANCE_ID, state });
  expect(found).toMatchObject({ state: 'attaching', requests: [] });
  expect(found.message).toContain(`is ${state}; its device is not there yet`);
});

test.each(['deleting', 'error', 'not known to EC2'])('one that is %s is missing', async (state) => {
  const found = await asked({ kind: 'unusable', state });
  expect(found).toMatchObject({ state: 'missing', requests: [] });
  expect(found.message).toContain(`is ${state}. The data of this slot is gone from here; the other nodes have it.`);
});

test('an API that does not answer is asked again, by the caller', async () => {
  const silent = await asked({ kind: 'available', zone: ZONE }, (api) => {
    api.failures = [new Error('DescribeVolumes: TimeoutError')];
  });
  expect(silent).toMatchObject({ state: 'ec2-refuses', requests: [] });
});
