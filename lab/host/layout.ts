import { join } from 'node:path';

/**
 * Where one lab keeps everything, and what its names begin with. Two labs with different names do not touch each
 * other; cleaning up goes by these names alone, so that it needs nobody's memory of what was made.
 */
export interface Layout {
  /** Prefix of network namespaces and control groups. */
  readonly name: string;
  readonly stateDirectory: string;
  readonly runtimeDirectory: string;
  readonly imageDirectory: string;
  readonly machines: string;
  readonly places: string;
  readonly volumes: string;
  readonly logs: string;
  readonly tls: string;
  /** What all machines of the run have on top of the image: the lab's CA. */
  readonly runLayer: string;
  readonly socket: string;
  readonly daemonLock: string;
}

const NAME = /^[a-z][a-z0-9]{0,31}$/;

/** Names the lab that the command line means; `holdfast` unless set. So a second one can run beside the first. */
export const LAB_NAME_VARIABLE = 'HOLDFAST_LAB';

/** @throws Error for a name that could not be part of the kernel's names. */
export function layout(name = process.env[LAB_NAME_VARIABLE] ?? 'holdfast'): Layout {
  if (!NAME.test(name)) {
    throw new Error(`"${name}" is no name for a lab. Expected up to 32 characters of [a-z0-9], a letter first.`);
  }
  const stateDirectory = `/var/lib/${name}-lab`;
  const runtimeDirectory = `/run/${name}-lab`;
  return {
    name,
    stateDirectory,
    runtimeDirectory,
    imageDirectory: '/var/cache/holdfast-lab',
    machines: join(stateDirectory, 'machines'),
    places: join(stateDirectory, 'places'),
    volumes: join(stateDirectory, 'volumes'),
    logs: join(stateDirectory, 'logs'),
    tls: join(stateDirectory, 'tls'),
    runLayer: join(stateDirectory, 'run-layer'),
    socket: join(runtimeDirectory, 'lab.sock'),
    daemonLock: join(runtimeDirectory, 'daemon.lock'),
  };
}

/** The namespace of the router; the daemon runs in it. */
export function routerNamespace(lab: Layout): string {
  return `${lab.name}-router`;
}

/** The namespace of a machine or place, as `ip netns` lists it. */
export function namespaceOf(lab: Layout, name: string): string {
  return `${lab.name}-${name}`;
}

/** Real files that belong to the lab: scripts, packet filter, image trees. */
export const FILES = join(__dirname, '..', 'files');
