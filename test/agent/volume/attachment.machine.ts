import { describe, expect, jest, test } from '@jest/globals';
import { mountAt } from '../../../agent/mounts';
import { ZONE } from '../support/slot-volume';
import { INSTANCE_ID, volumeUnderTest, VOLUME_ID } from './support/volume-under-test';

jest.setTimeout(180_000);

const at = volumeUnderTest();

/** What each state says is in ./attachment.test.ts; here the agent goes on by itself when it has ended. */
describe('attaching goes on by itself', () => {
  test('when another instance has let go', async () => {
    const { api } = at.current;
    api.place = { kind: 'attached', instanceId: 'i-0000000000000000b', state: 'attached' };
    const preparing = at.current.prepare();
    await at.current.says(`${VOLUME_ID} is attached to i-0000000000000000b, which is running.`);
    api.holder = 'shutting-down';
    await at.current.says('which is shutting-down.');
    expect(api.requests).toEqual([]);
    api.place = { kind: 'available', zone: ZONE };
    await preparing;
    expect(api.requests).toEqual([`${VOLUME_ID} to ${INSTANCE_ID} as /dev/sdf`]);
  });

  test('when the API answers again, and no longer says no', async () => {
    at.current.api.failures = [new Error('no route to host'), new Error('UnauthorizedOperation')];
    await at.current.prepare();
    await at.current.says('UnauthorizedOperation. Look at');
    expect(await mountAt(at.current.layout.volume)).toMatchObject({ type: 'xfs' });
  });

  test('when the device is there, and takes nothing but a block device', async () => {
    const { api } = at.current;
    api.place = { kind: 'attached', instanceId: INSTANCE_ID, state: 'attached' };
    const preparing = at.current.prepare();
    await at.current.says('its device is not there yet');
    await api.appear();
    await preparing;
    expect(api.requests).toEqual([]);
  });

  test('without the API when the device is there', async () => {
    const { api } = at.current;
    await api.appear();
    api.failures = Array.from({ length: 100 }, () => new Error('no route to host'));
    await at.current.prepare();
    expect(await mountAt(at.current.layout.volume)).toMatchObject({ type: 'xfs' });
  });
});
