import { describe, expect, test } from '@jest/globals';
import { mountAt, parseMounts } from '../../agent/mounts';

describe('mounts', () => {
  test('are read with optional fields and octal escapes', () => {
    const text = [
      '36 35 259:3 / /var/lib/holdfast rw,noatime shared:1 master:2 - xfs /dev/nvme1n1 rw,attr2',
      '37 35 0:40 / /mnt/with\\040space rw - tmpfs tmpfs rw',
      '38 35 7:0 / /write/protected rw,relatime - xfs /dev/loop0 ro,inode64',
      '39 35 7:1 / /bound ro,relatime - xfs /dev/loop1 rw,errors=ro-not',
      '',
    ].join('\n');
    expect(parseMounts(text)).toEqual([
      { mountPoint: '/var/lib/holdfast', device: '259:3', type: 'xfs', source: '/dev/nvme1n1', readOnly: false },
      { mountPoint: '/mnt/with space', device: '0:40', type: 'tmpfs', source: 'tmpfs', readOnly: false },
      { mountPoint: '/write/protected', device: '7:0', type: 'xfs', source: '/dev/loop0', readOnly: true },
      { mountPoint: '/bound', device: '7:1', type: 'xfs', source: '/dev/loop1', readOnly: true },
    ]);
  });

  test('the kernel itself is asked', async () => {
    expect(await mountAt('/proc')).toMatchObject({ type: 'proc' });
    expect(await mountAt('/nothing/is/mounted/here')).toBeUndefined();
  });
});
