import { expect, test } from '@jest/globals';
import { mountPoints } from '../../../lab/host/volumes';

const MOUNTINFO = `
2022 1999 7:3 / /var/lib/holdfast rw,noatime shared:1 - ext4 /dev/nvme1n1 rw
2023 1999 7:33 / /other rw - ext4 /dev/nvme2n1 rw
2024 1999 7:3 / /with\\040space rw - ext4 /dev/nvme1n1 rw
`;

test('The mount points of a device are found by its number, with escapes undone.', () => {
  expect(mountPoints(MOUNTINFO, { major: 7, minor: 3 })).toEqual(['/var/lib/holdfast', '/with space']);
  expect(mountPoints(MOUNTINFO, { major: 7, minor: 4 })).toEqual([]);
});
