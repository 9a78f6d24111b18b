import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

/** The package's root: every path in a bundle is relative to it, so that any checkout directory gives the same bytes. */
export const PACKAGE_ROOT = resolve(__dirname, '..');

export interface Program {
  /** Entry file, relative to the package's root. */
  readonly entry: string;
  /** Name of the bundled file. */
  readonly outfile: string;
  /** esbuild target: the oldest Node that runs it. */
  readonly target: string;
}

/** Programs bundled by this process, by entry: several clusters and many tests share one run of esbuild. */
const bundled = new Map<string, string>();

/** One CommonJS file with everything in it but Node's own modules. No source map and no absolute path: they would differ between checkouts. */
export function bundle(program: Program): string {
  const known = bundled.get(program.entry);
  if (known !== undefined) {
    return known;
  }
  const result = buildSync({
    absWorkingDir: PACKAGE_ROOT,
    entryPoints: [program.entry],
    bundle: true,
    platform: 'node',
    target: program.target,
    format: 'cjs',
    // pg loads it only when it is asked for.
    external: ['pg-native'],
    write: false,
    outfile: program.outfile,
    legalComments: 'inline',
    charset: 'utf8',
    // A tsconfig.json above the package, in a consumer's project, must not change the bytes.
    tsconfigRaw: { compilerOptions: { strict: true } },
    logLevel: 'silent',
  });
  const text = result.outputFiles[0]?.text;
  if (text === undefined || result.outputFiles.length !== 1) {
    throw new Error(`esbuild gave ${result.outputFiles.length} files for ${program.entry}; exactly one is expected.`);
  }
  bundled.set(program.entry, text);
  return text;
}

/** What {@link withBundleDirectory} hands over. */
export interface BundleDirectory {
  /** Contains the bundled program and the copied folders. Exists until `use` returns. */
  readonly path: string;
  /** Hash of the names and bytes of everything in it. Modes and times do not count: they differ between checkouts. */
  readonly digest: string;
}

/**
 * Writes a program, and folders beside it, into a directory that lives as long as `use` runs: CDK copies an asset into
 * the cloud assembly while the construct is made.
 */
export function withBundleDirectory<T>(
  program: Program,
  folders: Readonly<Record<string, string>>,
  use: (directory: BundleDirectory) => T,
): T {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-bundle-'));
  try {
    writeFileSync(join(path, program.outfile), bundle(program));
    for (const [name, source] of Object.entries(folders)) {
      cpSync(join(PACKAGE_ROOT, source), join(path, name), { recursive: true });
    }
    return use({ path, digest: digestOf(path) });
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function digestOf(directory: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(directory, file)).isFile())
    .sort();
  for (const file of files) {
    const bytes = readFileSync(join(directory, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}
