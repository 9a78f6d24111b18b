import { parseSlot, type Slot } from '../../core/member';
import { Actor } from '../kernel/actor';
import { begin } from '../postgres/programs';
import type { Server } from '../postgres/server';
import { setPrograms } from '../seams/command';
import { setStore } from '../seams/dynamodb';
import { setMounts, type Mount } from '../seams/fs-promises';
import { onKill } from '../seams/globals';
import { setWeb } from '../seams/https';
import { setTargets, type ClientOptions, type Target } from '../seams/pg';
import type { AgentProcess } from './agent-process';
import type { Network } from './network';
import type { NodeMachine } from './node-machine';
import type { SimulatedTable } from './table';

/** What the programs find when they reach outside. */
export interface Outside {
  /** Processes that live, by name. */
  readonly actors: Map<string, Actor>;
  /** What each process sees at the path that begins with its name. */
  readonly mounts: Map<string, Mount>;
  readonly nodes: readonly { readonly machine: NodeMachine; readonly agent: AgentProcess | undefined }[];
  readonly network: Network;
  readonly table: SimulatedTable;
  node(slot: Slot): { readonly machine: NodeMachine; readonly agent: AgentProcess | undefined };
}

/** Puts a world behind the seams, in place of the one before. */
export function connect(outside: Outside): void {
  setMounts(outside.mounts);
  setStore(outside.table, outside.actors);
  setPrograms({
    actorOf: ({ program, args }) => actorOfCall(outside, program, args),
    begin: (call) => {
      const actor = actorOfCall(outside, call.program, call.args);
      return begin(outside.node(parseSlot(actor.host)).machine, call);
    },
  });
  setWeb({
    caller: (authority) => outside.actors.get(authority) ?? new Actor(authority, 'nobody'),
    hostOf: (address) => outside.nodes.find((each) => each.machine.address === address)?.machine.host,
    travelMs: (from, to) => outside.network.travelMs(from, to),
    answer: (host, method, path) => {
      const { machine, agent } = outside.node(parseSlot(host));
      if (!machine.isOn) return undefined;
      if (agent === undefined) return 'refused';
      const page = agent.page(method, path);
      return page === undefined ? undefined : { page };
    },
  });
  setTargets((options) => targetOf(outside, options));
  onKill((pid) => {
    for (const { machine } of outside.nodes)
      if (machine.server?.receiver?.pid === pid) machine.server.receiver.terminate();
  });
}

function targetOf(outside: Outside, options: ClientOptions): Target {
  const { network } = outside;
  if (options.host.startsWith('/')) {
    const name = options.host.slice(1, options.host.indexOf('/', 1));
    const mount = outside.mounts.get(name);
    if (mount === undefined) throw new Error(`No process ${name}.`);
    const { machine } = outside.node(parseSlot(mount.actor.host));
    return { actor: mount.actor, server: () => running(machine), travelMs: () => 0.1 };
  }
  const actor = outside.actors.get(String(options.ssl?.ca)) ?? new Actor('nobody', 'nobody');
  const there = outside.nodes.find((each) => each.machine.address === options.host)?.machine;
  const server = (): Server | undefined | 'silent' => {
    if (there === undefined || !there.isOn) return 'silent';
    if (network.travelMs(actor.host, there.host) === undefined) return 'silent';
    if (network.travelMs(there.host, actor.host) === undefined) return 'silent';
    return running(there);
  };
  return { actor, server, travelMs: () => 1.5 };
}

function running({ server }: NodeMachine): Server | undefined {
  return server?.state === 'ended' ? undefined : server;
}

/** Programs name their node by a path in their arguments, or by that of a key. */
function actorOfCall({ mounts }: Outside, program: string, args: readonly string[]): Actor {
  const name = /\/(w\d+[a-e]\d+)\//.exec(args.join(' '))?.[1];
  const mount = name === undefined ? undefined : mounts.get(name);
  if (mount === undefined) throw new Error(`Who runs ${program} ${args.join(' ')}?`);
  return mount.actor;
}
