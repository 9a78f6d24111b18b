import type { Slot } from '../../core/member';
import type { FileSystem } from './file-system';
import { BREEZE, CALM, STORM } from './weather';
import type { World } from './world';

export interface Fault {
  readonly kind: string;
  /** How much more often than the rarest. */
  readonly weight: number;
  readonly strike: (world: World) => void;
}

const someSlot = (world: World): Slot => world.kernel.random.pick(world.slots);

/** The primary's slot more often than others'. */
const victim = (world: World): Slot => {
  const host = world.primary?.machine.host;
  return host !== undefined && world.kernel.random.chance(0.5) ? (host as Slot) : someSlot(world);
};

const later = (world: World, leastMs: number, mostMs: number, run: () => void): void => {
  world.kernel.schedule(world.kernel.random.between(leastMs, mostMs), () => {
    world.kernel.stir();
    run();
  });
};

const hosts = (world: World): string[] => [...world.slots, 'lambda', 'register', 'route53'];

export function pause(
  world: World,
  actor: { pausedUntil: number; lastPause: { endedAt: number; lasted: number } } | undefined,
  ms: number,
): void {
  if (actor === undefined) return;
  const until = world.kernel.now + ms;
  actor.pausedUntil = Math.max(actor.pausedUntil, until);
  actor.lastPause = { endedAt: until, lasted: ms };
}

/** A disk that is lost while the cluster is not whole may be one too many. Now and then it is. */
function isMoreThanCovered(world: World): boolean {
  return world.whyNotWhole !== undefined && world.kernel.random.chance(0.9);
}

const snapshots = new WeakMap<World, Map<Slot, FileSystem>>();

/** Everything that is done to the cluster. Each is one fault; what it entails is not counted. */
export const FAULTS: readonly Fault[] = [
  {
    kind: 'agent killed',
    weight: 6,
    strike: (world) => {
      const slot = victim(world);
      world.killAgent(slot);
      later(world, 50, 4_000, () => world.startAgent(slot));
    },
  },
  {
    kind: 'agent stopped for a while',
    weight: 6,
    strike: (world) => pause(world, world.node(victim(world)).actor, world.kernel.random.between(50, 9_000)),
  },
  {
    kind: 'PostgreSQL killed',
    weight: 6,
    strike: (world) => world.node(victim(world)).machine.server?.kill(),
  },
  {
    kind: 'PostgreSQL stopped for a while',
    weight: 4,
    strike: (world) => {
      const { server } = world.node(victim(world)).machine;
      if (server !== undefined) server.stoppedUntil = world.kernel.now + world.kernel.random.between(100, 15_000);
    },
  },
  {
    kind: 'power cut',
    weight: 5,
    strike: (world) => {
      const slot = victim(world);
      world.cutPower(slot);
      later(world, 500, 15_000, () => world.powerOn(slot));
    },
  },
  {
    kind: 'power cut everywhere',
    weight: 1,
    strike: (world) => {
      for (const slot of world.slots) {
        world.cutPower(slot);
        later(world, 500, 15_000, () => world.powerOn(slot));
      }
    },
  },
  {
    kind: 'disk replaced by an empty one',
    weight: 1,
    strike: (world) => {
      if (isMoreThanCovered(world)) return;
      const slot = victim(world);
      world.cutPower(slot);
      world.node(slot).machine.replaceVolume(world.newVolumeId());
      world.prepareVolume(world.node(slot).machine);
      later(world, 500, 10_000, () => world.powerOn(slot));
    },
  },
  {
    kind: 'volume goes back to a snapshot',
    weight: 1,
    strike: (world) => {
      const slot = someSlot(world);
      const taken = snapshots.get(world) ?? new Map<Slot, FileSystem>();
      snapshots.set(world, taken);
      const { machine } = world.node(slot);
      const snapshot = taken.get(slot);
      if (snapshot === undefined) {
        taken.set(slot, machine.snapshot());
        return;
      }
      if (isMoreThanCovered(world)) return;
      taken.delete(slot);
      world.cutPower(slot);
      machine.restore(snapshot, world.newVolumeId());
      later(world, 500, 10_000, () => world.powerOn(slot));
    },
  },
  {
    kind: 'volume hangs',
    weight: 2,
    strike: (world) => {
      world.node(victim(world)).machine.hangDisk(world.kernel.random.between(100, 12_000));
    },
  },
  {
    kind: 'cut off, both ways',
    weight: 4,
    strike: (world) => cutOff(world, victim(world), true, true),
  },
  {
    kind: 'cut off, one way',
    weight: 4,
    strike: (world) => {
      const isOut = world.kernel.random.chance(0.5);
      cutOff(world, victim(world), isOut, !isOut);
    },
  },
  {
    kind: 'two hosts cut off from each other',
    weight: 4,
    strike: (world) => {
      const [one, other] = [world.kernel.random.pick(hosts(world)), world.kernel.random.pick(hosts(world))];
      if (one === other) return;
      const isBoth = world.kernel.random.chance(0.5);
      world.network.cut(one, other);
      if (isBoth) world.network.cut(other, one);
      later(world, 200, 12_000, () => {
        world.network.mend(one, other);
        world.network.mend(other, one);
      });
    },
  },
  {
    kind: 'register gone for a while',
    weight: 2,
    strike: (world) => (world.table.outageUntil = world.kernel.now + world.kernel.random.between(200, 10_000)),
  },
  {
    kind: 'health checker killed',
    weight: 3,
    strike: (world) => {
      if (world.coordinators.length > 0) world.kernel.random.pick(world.coordinators).stop();
      if (world.kernel.random.chance(0.7)) later(world, 100, 8_000, () => world.invoke());
    },
  },
  {
    kind: 'health checker doubled',
    weight: 2,
    strike: (world) => {
      if (world.coordinators.length < 4) world.invoke();
    },
  },
  {
    kind: 'health checker stopped for a while',
    weight: 4,
    strike: (world) => {
      const lambdas = world.actorsAlive.filter((each) => each.host === 'lambda');
      if (lambdas.length > 0) pause(world, world.kernel.random.pick(lambdas), world.kernel.random.between(50, 8_000));
    },
  },
  {
    kind: 'Lambda silent for a while',
    weight: 1,
    strike: (world) => {
      world.isLambdaDown = true;
      for (const each of world.coordinators) each.stop();
      later(world, 1_000, 15_000, () => {
        world.isLambdaDown = false;
        world.invoke();
      });
    },
  },
  {
    kind: 'walsender stands still',
    weight: 4,
    strike: (world) => {
      const senders = world.nodes.flatMap(({ machine }) => machine.server?.walsenders ?? []);
      if (senders.length > 0) world.kernel.random.pick(senders).standStill(world.kernel.random.between(50, 8_000));
    },
  },
  {
    kind: 'checkpointer busy',
    weight: 4,
    strike: (world) => {
      const { server } = world.node(victim(world)).machine;
      if (server !== undefined)
        server.checkpointerStoppedUntil = world.kernel.now + world.kernel.random.between(100, 5_000);
    },
  },
  {
    kind: 'startup process busy',
    weight: 3,
    strike: (world) => {
      const { server } = world.node(someSlot(world)).machine;
      if (server !== undefined) server.startupStoppedUntil = world.kernel.now + world.kernel.random.between(100, 6_000);
    },
  },
  {
    kind: 'WAL receiver stands still',
    weight: 4,
    strike: (world) => {
      const { server } = world.node(someSlot(world)).machine;
      if (server?.receiver !== undefined)
        server.receiver.stoppedUntil = world.kernel.now + world.kernel.random.between(50, 4_000);
    },
  },
  {
    kind: 'replay paused',
    weight: 2,
    strike: (world) => {
      const { server } = world.node(someSlot(world)).machine;
      if (server?.inRecovery !== true) return;
      server.isReplayPaused = true;
      later(world, 500, 8_000, () => server.resumeReplay());
    },
  },
  {
    kind: 'WAL receiver ends',
    weight: 2,
    strike: (world) => world.node(someSlot(world)).machine.server?.receiver?.end(),
  },
  {
    kind: 'wall clock jumps',
    weight: 2,
    strike: (world) => {
      for (const actor of world.actorsAlive) actor.wallOffsetMs = world.kernel.random.between(-1e9, 1e9);
    },
  },
  {
    kind: 'operator elects',
    weight: 6,
    strike: (world) => world.elect('operator'),
  },
  {
    kind: 'operator switches over',
    weight: 6,
    strike: (world) => world.switchOver(world.kernel.random.chance(0.5) ? someSlot(world) : undefined),
  },
  {
    kind: 'operator accepts loss',
    weight: 1,
    // Most know that nothing has to be lost while the primary serves.
    strike: (world) => {
      if (world.primary === undefined || world.kernel.random.chance(0.1)) world.acceptLoss();
    },
  },
  {
    kind: 'operator pauses or resumes',
    weight: 1,
    strike: (world) => world.setPaused(world.table.record?.paused !== true),
  },
  {
    kind: 'instance about to go',
    weight: 2,
    strike: (world) => {
      const { agent } = world.node(victim(world));
      agent?.setLeaving(true);
      later(world, 1_000, 12_000, () => agent?.setLeaving(false));
    },
  },
  {
    kind: 'weather changes',
    weight: 4,
    strike: (world) => (world.network.weather = world.kernel.random.pick([CALM, BREEZE, BREEZE, STORM])),
  },
];

function cutOff(world: World, slot: Slot, isOut: boolean, isIn: boolean): void {
  const others = hosts(world).filter((each) => each !== slot && world.kernel.random.chance(0.8));
  for (const each of others) {
    if (isOut) world.network.cut(slot, each);
    if (isIn) world.network.cut(each, slot);
  }
  later(world, 300, 14_000, () => {
    for (const each of others) {
      world.network.mend(slot, each);
      world.network.mend(each, slot);
    }
  });
}
