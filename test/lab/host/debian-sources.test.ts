import { expect, test } from '@jest/globals';
import { translateSources } from '../../../lab/host/debian-sources';
import { hostSystem } from '../../../lab/host/system';

test("The host's own Debian archives are used with the machines' release, and no others.", () => {
  const targets = [
    'Debian|https://mirror.invalid/debian/|bookworm|main',
    'Debian|https://mirror.invalid/debian/|bookworm|contrib',
    'Debian|https://mirror.invalid/debian/|bookworm-updates|main',
    'Debian|https://mirror.invalid/debian-security/|bookworm-security|main',
    'Debian|https://mirror.invalid/debian/|sid|main',
    'Vendor|https://vendor.invalid/|bookworm|main',
    '$(ORIGIN)|https://unknown.invalid/|bookworm|main',
  ];
  expect(translateSources(targets.join('\n'), 'bookworm')).toEqual([
    'deb https://mirror.invalid/debian/ trixie main',
    'deb https://mirror.invalid/debian/ trixie-updates main',
    'deb https://mirror.invalid/debian-security/ trixie-security main',
  ]);
});

test('Only Debian has a Debian codename.', () => {
  expect(hostSystem('ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')).toEqual({
    id: 'debian',
    prettyName: 'Debian GNU/Linux 12 (bookworm)',
    debianCodename: 'bookworm',
  });
  expect(hostSystem('ID=ubuntu\nVERSION_CODENAME=noble\n').debianCodename).toBeUndefined();
});
