import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { cp, mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, succeed } from '../../agent/command';
import { layoutOf } from '../../agent/layout';
import { FILES } from './support/authority';

/** In the image, where systemd does not run: systemctl says so and changes nothing. What it starts is the lab's matter. */
jest.setTimeout(120_000);

const timeoutMs = 60_000;
const { files } = layoutOf();
const install = () => succeed(join(files, 'install.sh'), [], { timeoutMs });

beforeAll(async () => {
  await mkdir(files, { recursive: true });
  await cp(FILES, files, { recursive: true });
  await writeFile(join(files, '../agent.js'), '');
  await install();
});

/** Every file, link and directory of the system that an installer may touch, with its content, mode and owner. */
async function tree(): Promise<string> {
  const { stdout } = await succeed(
    'find',
    ['/etc', '/opt', '/usr/local', '/var/lib/holdfast', '-printf', '%p %y %m %u:%g %s %T@ %l\\n'],
    { timeoutMs },
  );
  return stdout.split('\n').sort().join('\n');
}

describe('install.sh', () => {
  test('fetches nothing where all packages are there', async () => {
    expect((await install()).stdout).toContain('All packages are installed.');
  });

  test('done again changes no content, mode, owner or link', async () => {
    const withoutTimes = (text: string) => text.replace(/ [0-9.]+ ([^ ]*)$/gm, ' $1');
    const before = withoutTimes(await tree());
    await install();
    expect(withoutTimes(await tree())).toBe(before);
  });

  test.each([
    'postgresql.service',
    'postgresql@.service',
    'pgbouncer.service',
    'pgbouncer.socket',
    'pgbackrest.service',
  ])('leaves no way for %s of the package to start anything', async (unit) => {
    expect(await readlink(join('/etc/systemd/system', unit))).toBe('/dev/null');
  });

  test('keeps the package of PostgreSQL from making a server of its own', async () => {
    const { stdout } = await succeed(
      'pg_conftool',
      ['/etc/postgresql-common/createcluster.conf', 'show', '-bs', 'create_main_cluster'],
      { timeoutMs },
    );
    expect(stdout.trim()).toBe('off');
  });

  test('starts the agent at boot and PostgreSQL never', async () => {
    const enabled = async (unit: string) => (await run('systemctl', ['is-enabled', unit], { timeoutMs })).stdout.trim();
    expect(await enabled('holdfast-agent.service')).toBe('enabled');
    expect(await enabled('holdfast-postgres.service')).toBe('static');
  });

  test('installs units that systemd accepts as they are', async () => {
    const units = ['holdfast-agent.service', 'holdfast-postgres.service'].map((unit) =>
      join('/etc/systemd/system', unit),
    );
    const { code, stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', ...units], { timeoutMs });
    expect({ code, said: stdout + stderr }).toEqual({ code: 0, said: '' });
  });

  test('names every package that its units and the agent call', async () => {
    const packages = (await readFile(join(files, 'packages.list'), 'utf8')).trim().split('\n');
    const programs = [
      'nft',
      'node',
      'openssl',
      'mkfs.xfs',
      'xfs_growfs',
      '/usr/lib/postgresql/17/bin/postgres',
      'pgbackrest',
    ];
    for (const program of programs) {
      const { stdout: path } = await succeed('sh', ['-c', `readlink -f "$(command -v ${program})"`], { timeoutMs });
      const { stdout: owner } = await succeed('dpkg-query', ['--search', path.trim()], { timeoutMs });
      expect(packages).toContain(owner.split(':')[0]);
    }
  });
});

describe('the unit of PostgreSQL', () => {
  test('is bound to the agent in no way that would stop it with the agent', async () => {
    const unit = await readFile(join(files, 'holdfast-postgres.service'), 'utf8');
    expect(unit).not.toMatch(/^(PartOf|BindsTo|Requires|Requisite|PropagatesStopTo|StopPropagatedFrom)=/m);
    expect(unit).toMatch(/^Restart=no$/m);
    expect(unit).not.toContain('[Install]');
  });
});
