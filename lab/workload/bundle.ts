import { build } from 'esbuild';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Name of the client program in the directory given to {@link bundleClient}. */
export const CLIENT_FILE = 'workload.js';
/** The workload's tables; for psql. */
export const SCHEMA_FILE = 'schema.sql';

/** Puts the client program, as one file for Debian's Node, and its schema into a directory. */
export async function bundleClient(directory: string): Promise<void> {
  await build({
    entryPoints: [join(__dirname, 'client/main.ts')],
    outfile: join(directory, CLIENT_FILE),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // pg loads it only when it is asked for.
    external: ['pg-native'],
    logLevel: 'warning',
  });
  await copyFile(join(__dirname, 'files', SCHEMA_FILE), join(directory, SCHEMA_FILE));
}
