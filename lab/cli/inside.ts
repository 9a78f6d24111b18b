import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join, resolve as absolute } from 'node:path';
import { FILES } from '../host/layout';
import type { ClientReport } from '../daemon/api';
import { daemon } from './connection';
import { PROJECT, typescript } from './daemon-process';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const CA_FILE = '/usr/local/share/ca-certificates/holdfast-lab.crt';

/** `exec SLOT -- COMMAND`: in the machine, as root, with all its namespaces. Gives the exit code. */
export async function execInMachine(target: string, command: readonly string[]): Promise<number> {
  const machine = await daemon.machine(target);
  if (machine.leaderPid === undefined)
    throw new Error(`The machine of slot ${machine.slot}, ${machine.machineId}, is off.`);
  return become('nsenter', [`--target=${machine.leaderPid}`, '--all', '--', ...command], baseEnvironment());
}

/** `client -- COMMAND`: on the application machine, with the PG* variables. Gives the exit code. */
export async function execOnClient(
  command: readonly string[],
  overrides: (client: ClientReport) => Record<string, string>,
) {
  const client = await daemon.client();
  const environment = { ...baseEnvironment(), ...client.env, ...overrides(client) };
  return become(
    join(FILES, 'enter-groups.sh'),
    [
      ...client.controlGroups,
      ...['--', 'nsenter', `--net=/run/netns/${client.namespace}`, 'unshare', '--mount', '--propagation=slave', '--'],
      ...[join(FILES, 'enter-client.sh'), client.root, ...sharedDirectories(), '--', ...command],
    ],
    environment,
  );
}

/** `psql [writer|reader|SLOT]`: one host instead of all of them. */
export function psql(target: string, args: readonly string[]): Promise<number> {
  return execOnClient(['psql', ...args], (client) => {
    if (target === 'writer') return { PGHOST: client.env['HOLDFAST_WRITER'] ?? '' };
    const host = target === 'reader' ? client.env['HOLDFAST_READER'] : client.slots[target];
    if (host === undefined) {
      throw new Error(
        `"${target}" is no target. Use writer, reader or a slot: ${Object.keys(client.slots).join(', ')}.`,
      );
    }
    return { PGHOST: host, PGTARGETSESSIONATTRS: 'any' };
  });
}

/** `holdfast …`: the operators' command line, as one with just their permissions runs it inside the VPC. */
export async function holdfast(args: readonly string[]): Promise<number> {
  const { env } = await daemon.operator();
  return execOnClient([...typescript('cli/main.ts', 'node'), ...args], () => ({ ...env, ...colourWishes() }));
}

function colourWishes(): Record<string, string> {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  return {
    ...(NO_COLOR === undefined ? {} : { NO_COLOR }),
    ...(FORCE_COLOR === undefined ? {} : { FORCE_COLOR }),
  };
}

/** The caller's directory and the project are seen at their own paths, unless that would hide the machine's own. */
function sharedDirectories(): string[] {
  const hidden = /^\/(bin|boot|dev|etc|lib[^/]*|proc|run|sbin|sys|usr|var)?(\/|$)/;
  return [...new Set([PROJECT, process.cwd()].map((each) => absolute(each)))].filter((each) => !hidden.test(each));
}

function baseEnvironment(): Record<string, string> {
  const { TERM = 'dumb', LANG = 'C.UTF-8', PAGER } = process.env;
  return { PATH, HOME: '/root', TERM, LANG, NODE_EXTRA_CA_CERTS: CA_FILE, ...(PAGER === undefined ? {} : { PAGER }) };
}

/** Runs a program in the foreground as if this process were it. */
function become(program: string, args: readonly string[], env: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    // The terminal sends its signals to the child itself; this process only has to outlive it.
    process
      .on('SIGINT', () => undefined)
      .on('SIGTERM', pass)
      .on('SIGHUP', pass);
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128 + constants.signals[signal])));
  });
}
