import { describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinModules } from 'node:module';
import { bundle, PACKAGE_ROOT, withBundleDirectory } from '../../lib/bundling';

jest.setTimeout(120_000);

const AGENT = { entry: 'agent/main.ts', outfile: 'agent.js', target: 'node20' };
const HANDLER = { entry: 'lambda/health-checker/index.ts', outfile: 'index.js', target: 'node24' };

/** Asked for in case they are there; pg and the AWS SDK go on without them. */
const OPTIONAL = ['pg-native', '@aws-sdk/signature-v4-crt'];

describe.each([AGENT, HANDLER])('the bundle of $entry', (program) => {
  test('names no directory of this machine', () => {
    expect(bundle(program).includes(PACKAGE_ROOT)).toBe(false);
    expect(bundle(program).includes('sourceMappingURL')).toBe(false);
  });

  test('is the same when esbuild runs again, in another process', () => {
    const script = `process.stdout.write(require('./lib/bundling.ts').bundle(${JSON.stringify(program)}))`;
    const again = execFileSync(process.execPath, ['--import', 'tsx', '--eval', script], {
      cwd: PACKAGE_ROOT,
      maxBuffer: 64 * 1024 * 1024,
    }).toString();
    expect(again === bundle(program)).toBe(true);
  });

  test('needs nothing but Node', () => {
    const required = [...bundle(program).matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name ?? '');
    const foreign = required.filter(
      (name) => !builtinModules.includes(name.replace(/^node:/, '')) && !OPTIONAL.includes(name),
    );
    expect([...new Set(foreign)]).toEqual([]);
  });

  test('is a program that Node can read', () => {
    expect(() => execFileSync(process.execPath, ['--check', '-'], { input: bundle(program) })).not.toThrow();
  });
});

test('a bundle has the files of its folder as they are, and is gone afterwards', () => {
  const [path, names, script] = withBundleDirectory(AGENT, { files: 'agent/files' }, (directory) => [
    directory.path,
    readdirSync(directory.path, { recursive: true }).map(String).sort(),
    readFileSync(join(directory.path, 'agent.js'), 'utf8'),
  ]);
  const files = readdirSync(join(PACKAGE_ROOT, 'agent/files'), { recursive: true }).map((name) =>
    join('files', String(name)),
  );
  expect(names).toEqual(['agent.js', 'files', ...files].sort());
  expect(script === bundle(AGENT)).toBe(true);
  expect(existsSync(path)).toBe(false);
});

test('the digest is of names and bytes', () => {
  const digest = (folders: Record<string, string>) =>
    withBundleDirectory(HANDLER, folders, (directory) => directory.digest);
  expect(digest({})).toBe(digest({}));
  expect(digest({ a: 'lib/files' })).not.toBe(digest({}));
  expect(digest({ a: 'lib/files' })).not.toBe(digest({ b: 'lib/files' }));
});

describe('the app', () => {
  function synth(): string {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-synth-'));
    execFileSync(process.execPath, ['--import', 'tsx', 'bin/holdfast.ts'], {
      cwd: PACKAGE_ROOT,
      // No credentials, and every proxy a closed port: what asks the network fails.
      env: {
        PATH: process.env['PATH'],
        CDK_OUTDIR: directory,
        CDK_CONTEXT_JSON: JSON.stringify(
          (JSON.parse(readFileSync(join(PACKAGE_ROOT, 'cdk.json'), 'utf8')) as { context: unknown }).context,
        ),
        AWS_EC2_METADATA_DISABLED: 'true',
        HTTPS_PROXY: 'http://127.0.0.1:9',
        HTTP_PROXY: 'http://127.0.0.1:9',
      },
    });
    return directory;
  }

  /** A digest of each file: a difference names the file, not its megabytes. */
  const digestsOf = (directory: string) =>
    Object.fromEntries(
      readdirSync(directory, { recursive: true })
        .map(String)
        .filter((name) => statSync(join(directory, name)).isFile())
        .sort()
        .map((name) => [
          name,
          createHash('sha256')
            .update(readFileSync(join(directory, name)))
            .digest('hex'),
        ]),
    );

  test('writes the same bytes twice, without credentials and network', () => {
    const [first, second] = [synth(), synth()];
    try {
      expect(Object.keys(digestsOf(first))).toEqual(
        expect.arrayContaining(['Holdfast.template.json', 'Holdfast.assets.json', 'manifest.json']),
      );
      expect(digestsOf(second)).toEqual(digestsOf(first));
    } finally {
      rmSync(first, { recursive: true });
      rmSync(second, { recursive: true });
    }
  });
});
