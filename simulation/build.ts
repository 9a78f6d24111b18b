import { build, type Plugin } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

const ROOT = resolve(__dirname, '..');

/** Where a program reaches outside of itself, and what stands there in the simulation. */
const SEAMS: Readonly<Record<string, string>> = {
  'node:fs/promises': 'fs-promises',
  'node:timers/promises': 'timers-promises',
  'node:crypto': 'crypto',
  'node:net': 'net',
  'node:os': 'os',
  'node:https': 'https',
  pg: 'pg',
  '@aws-sdk/client-dynamodb': 'dynamodb',
  '@aws-sdk/lib-dynamodb': 'dynamodb',
};

/** Folders whose programs run in the simulation as they are. */
const PROGRAMS = ['agent', 'coordinator', 'register', 'lambda', 'core'];

/** A change of one place of the sources, to see whether anybody notices. */
export interface Change {
  /** Relative to the repository. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

/** The agent's limit on accesses under way is one process's; here all nodes share one. */
const ONE_PROCESS_FOR_ALL: Change = {
  file: 'agent/disk.ts',
  from: 'export const MOST_AT_ONCE = 8;',
  to: 'export const MOST_AT_ONCE = 100_000;',
};

function seams(): Plugin {
  return {
    name: 'seams',
    setup(building) {
      building.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        const folder = relative(ROOT, importer).split(sep)[0] ?? '';
        if (!PROGRAMS.includes(folder)) return undefined;
        const seam = SEAMS[path];
        if (seam !== undefined) return { path: join(ROOT, 'simulation/seams', `${seam}.ts`) };
        if (/^\.\.?\/command$/.test(path)) return { path: join(ROOT, 'simulation/seams/command.ts') };
        return undefined;
      });
    },
  };
}

function changed(changes: readonly Change[]): Plugin {
  return {
    name: 'changes',
    setup(building) {
      for (const { file } of changes) {
        building.onLoad(
          { filter: new RegExp(`${file.replaceAll('/', '[\\\\/]').replaceAll('.', '\\.')}$`) },
          ({ path }) => ({
            contents: applied(
              readFileSync(path, 'utf8'),
              changes.filter((each) => each.file === file),
            ),
            loader: 'ts',
          }),
        );
      }
    },
  };
}

function applied(text: string, changes: readonly Change[]): string {
  return changes.reduce((before, { file, from, to }) => {
    const parts = before.split(from);
    if (parts.length !== 2) throw new Error(`${file} holds this ${parts.length - 1} times, not once: ${from}`);
    return parts.join(to);
  }, text);
}

/** One CommonJS file: the simulated world with the real programs in it, or whatever else `entry` makes of the same parts. */
export async function buildWorld(
  outfile: string,
  changes: readonly Change[] = [],
  entry = 'simulation/world/worker.ts',
): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outfile,
    inject: ['simulation/seams/globals.ts'],
    plugins: [seams(), changed([ONE_PROCESS_FOR_ALL, ...changes])],
    tsconfigRaw: { compilerOptions: { strict: true } },
    logLevel: 'error',
  });
}
