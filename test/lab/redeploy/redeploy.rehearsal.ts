import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { StatusReport } from '../../../lab/daemon/api';
import { LabCommand } from '../../../lab/workload/lab-command';
import { underLoad } from './load';

/** When a test gives up; no statement about how long anything takes. */
const GIVE_UP_MS = 600_000;
const BROKEN_APP = `node --import tsx ${join(__dirname, 'broken-app.ts')}`;

const lab = new LabCommand('redeploy');
jest.setTimeout(4 * GIVE_UP_MS);

const instances = ({ slots }: StatusReport) => slots.map(({ instanceId }) => instanceId);
const members = ({ slots }: StatusReport) => slots.map(({ member }) => member);

describe('a redeploy, with clients that write all along,', () => {
  beforeAll(async () => {
    await lab.down();
    await lab.up('short');
  });
  afterAll(() => lab.down());

  test('of the same template changes no node', async () => {
    const before = await lab.untilWhole(GIVE_UP_MS);
    const after = await lab.deploy();
    expect(instances(after)).toEqual(instances(before));
    expect(after.term).toBe(before.term);
  });

  test('with a new launch template replaces every node, keeps every volume, and moves the role once', async () => {
    const before = await lab.untilWhole(GIVE_UP_MS);
    await underLoad(lab, GIVE_UP_MS, async () => void (await lab.deploy(['-c', 'instanceType=t4g.large'])));
    const after = await lab.untilWhole(GIVE_UP_MS);
    expect(instances(after).filter((each) => instances(before).includes(each))).toEqual([]);
    // The same members: they stream from where they were, none is a fresh copy.
    expect(members(after)).toEqual(members(before));
    expect(before.primary?.slot).toBe('a');
    expect(after.primary?.slot).not.toBe('a');
    expect(after.term).toBe((before.term ?? 0) + 1);
  });

  test('whose new node never comes up stops at that one, and is rolled back', async () => {
    const before = await lab.untilWhole(GIVE_UP_MS);
    await underLoad(lab, GIVE_UP_MS, async () => {
      await expect(lab.deploy(['--app', BROKEN_APP, '-c', 'instanceType=t4g.large'])).rejects.toThrow(
        /The update was rolled back: DbSlotCGroup\w+ .*no new instance has signaled/,
      );
    });
    const after = await lab.untilWhole(GIVE_UP_MS);
    expect(instances(after).slice(0, 2)).toEqual(instances(before).slice(0, 2));
    expect(members(after)).toEqual(members(before));
  });
});
