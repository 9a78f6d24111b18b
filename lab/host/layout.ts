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

/** `name` is `holdfast` for the lab of the command line; tests use another one. */
export function layout(name = 'holdfast'): Layout {
  if (!NAME.test(name)) throw new Error(`"${name}" is not a lab name. Expected up to 32 of [a-z0-9], a letter first.`);
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
