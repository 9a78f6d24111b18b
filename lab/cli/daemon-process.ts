import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AwsTimesName } from '../daemon/aws-times';
import { Cgroups } from '../host/cgroups';
import { FILES, type Layout } from '../host/layout';

/** The root of this project. */
export const PROJECT = join(__dirname, '../..');

export interface DaemonSpec {
  readonly lab: Layout;
  readonly assemblyDirectory: string;
  readonly nodeImage: string;
  readonly motoImage: string;
  readonly awsTimes: AwsTimesName;
  readonly machineMemoryMiB: number;
  readonly timeoutMs: number;
}

/** Runs a TypeScript file of the project from anywhere. `node`: which one, where it is not this one. */
export function typescript(file: string, node = process.execPath): string[] {
  const loader = pathToFileURL(join(PROJECT, 'node_modules/tsx/dist/loader.mjs')).href;
  return [node, '--import', loader, join(PROJECT, file)];
}

export function daemonLog(lab: Layout): string {
  return join(lab.logs, 'region.log');
}

/** Starts the region's daemon in a control group and a network namespace of its own. It outlives this process. */
export async function startDaemon(spec: DaemonSpec): Promise<ChildProcess> {
  const { lab } = spec;
  const cgroups = new Cgroups(lab.name);
  mkdirSync(lab.logs, { recursive: true });
  const log = openSync(daemonLog(lab), 'w');
  const enter = join(FILES, 'enter-groups.sh');
  // The remover leaves the lab's control group first: it ends everything in there.
  const remover = [enter, ...cgroups.outside(), '--', ...typescript('lab/cli/main.ts'), 'down'];
  try {
    return spawn(
      enter,
      [
        ...(await cgroups.create('region')),
        ...['--', 'unshare', '--net', '--', ...typescript('lab/region.ts')],
        ...['--assembly', spec.assemblyDirectory],
        ...['--node-image', spec.nodeImage, '--moto-image', spec.motoImage],
        ...['--aws-times', spec.awsTimes, '--machine-memory', String(spec.machineMemoryMiB)],
        ...['--timeout-ms', String(spec.timeoutMs)],
        ...remover.map((each) => `--remover=${each}`),
      ],
      { detached: true, stdio: ['ignore', log, log], cwd: PROJECT },
    );
  } finally {
    closeSync(log);
  }
}

/** The last lines of what the daemon said. */
export async function daemonLogTail(lab: Layout, lines: number): Promise<string> {
  const text = await readFile(daemonLog(lab), 'utf8');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
