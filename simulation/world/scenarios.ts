import type { Slot } from '../../core/member';
import type { World } from './world';

/** A change of several steps, begun in a cluster without any other fault. */
export interface Scenario {
  /** Whether it begins when the cluster is whole; otherwise with the cluster itself. */
  readonly beginsWhole: boolean;
  /** Longer than its own steps take. */
  readonly lastsMs: number;
  /** It is long, and its steps are those of others too: one of so many operations is interrupted. All of them otherwise. */
  readonly oneOf?: number;
  begin(world: World): void;
}

const [A, B, C] = ['a', 'b', 'c'] as [Slot, Slot, Slot];

const later = (world: World, ms: number, run: () => void): void =>
  void world.kernel.schedule(ms, () => {
    world.kernel.stir();
    run();
  });

/** Slot a is the primary when it begins. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'standbys join the guarantee, out of acks 0': { beginsWhole: false, lastsMs: 1_500, begin: () => undefined },
  'a standby leaves the guarantee, and comes back': {
    beginsWhole: true,
    lastsMs: 5_000,
    begin: (world) => {
      world.cutPower(B);
      later(world, 4_000, () => world.powerOn(B));
    },
  },
  'the primary is lost, and comes back behind': {
    beginsWhole: true,
    lastsMs: 5_000,
    begin: (world) => {
      world.cutPower(A);
      later(world, 4_000, () => world.powerOn(A));
    },
  },
  'a living primary is voted out': { beginsWhole: true, lastsMs: 1_500, begin: (world) => world.elect('operator') },
  'the primary is lost with a tail that nobody has, and is rewound': {
    beginsWhole: true,
    lastsMs: 5_000,
    begin: (world) => {
      const senders = world.node(A).machine.server?.walsenders ?? [];
      for (const sender of senders) sender.standStill(60_000);
      later(world, 400, () => world.cutPower(A));
      later(world, 4_000, () => world.powerOn(A));
    },
  },
  'the old primary is elected again, since it alone is complete': {
    beginsWhole: true,
    lastsMs: 5_000,
    begin: (world) => {
      world.cutPower(C);
      const receiver = world.node(B).machine.server?.receiver;
      if (receiver !== undefined) receiver.stoppedUntil = world.kernel.now + 1_000;
      later(world, 300, () => world.elect('operator'));
      later(world, 4_000, () => world.powerOn(C));
    },
  },
  'the primary hands over to the standby that an operator wants': {
    beginsWhole: true,
    lastsMs: 1_500,
    begin: (world) => world.switchOver(C),
  },
  'the primary hands over since its instance goes, and another comes': {
    beginsWhole: true,
    lastsMs: 5_000,
    oneOf: 13,
    begin: (world) => world.node(A).agent?.setLeaving(true),
  },
  'the primary and a standby are lost, an operator accepts loss, and both come back with what was given up': {
    beginsWhole: true,
    lastsMs: 16_000,
    oneOf: 17,
    begin: (world) => {
      world.cutPower(C);
      later(world, 200, () => {
        world.cutPower(A);
        world.cutPower(B);
        world.powerOn(C);
      });
      later(world, 3_000, () => world.acceptLoss());
      later(world, 14_000, () => {
        world.powerOn(A);
        world.powerOn(B);
      });
    },
  },
  'a standby gets an empty disk, and is cloned': {
    beginsWhole: true,
    lastsMs: 2_000,
    begin: (world) => {
      world.cutPower(B);
      world.node(B).machine.replaceVolume(world.newVolumeId());
      world.prepareVolume(world.node(B).machine);
      later(world, 1_000, () => world.powerOn(B));
    },
  },
  'the primary is lost while Lambda is gone, and comes back behind': {
    beginsWhole: true,
    lastsMs: 12_000,
    begin: (world) => {
      world.loseLambda();
      later(world, 8_000, () => world.cutPower(A));
      later(world, 11_000, () => world.powerOn(A));
    },
  },
  "PostgreSQL of the primary dies on a living host, and the writer's record is moved": {
    beginsWhole: true,
    lastsMs: 3_000,
    begin: (world) => world.node(A).machine.server?.kill(),
  },
};
