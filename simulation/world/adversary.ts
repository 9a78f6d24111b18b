import { slotOf } from '../../core/member';
import { pause, type Fault } from './faults';
import { CALM } from './weather';
import type { World } from './world';

function strike(world: World, faults: readonly Fault[]): void {
  const total = faults.reduce((sum, { weight }) => sum + weight, 0);
  let left = world.kernel.random.below(total);
  const fault = faults.find(({ weight }) => (left -= weight) < 0);
  if (fault === undefined) return;
  world.tally.count(fault.kind);
  world.trace.tell('fault', () => fault.kind);
  world.kernel.stir();
  fault.strike(world);
}

/** Strikes again and again, about every `everyMs`, until told to stop. */
export function strikeOften(world: World, faults: readonly Fault[], everyMs: number, isOver: () => boolean): void {
  const { kernel } = world;
  kernel.schedule(-Math.log(1 - kernel.random.next()) * everyMs, () => {
    if (isOver()) return;
    strike(world, faults);
    strikeOften(world, faults, everyMs, isOver);
  });
}

/**
 * Strikes when it hurts most: in the moments after the record has changed, while somebody is half-way through something.
 * Besides any fault, those that make the others see an old state for longer.
 */
export function strikeAtChanges(world: World, faults: readonly Fault[], isOver: () => boolean): void {
  const { kernel } = world;
  const soon = (mostMs: number, kind: string, run: () => void): void =>
    void kernel.schedule(kernel.random.between(0, mostMs), () => {
      if (isOver()) return;
      world.tally.count(kind);
      world.trace.tell('fault', () => kind);
      run();
    });
  world.onChange = (after) => {
    for (let nth = 0; nth < 2; nth += 1) {
      if (kernel.random.chance(0.3)) {
        kernel.schedule(
          kernel.random.between(0, kernel.random.pick([10, 60, 400])),
          () => !isOver() && strike(world, faults),
        );
      }
    }
    const servers = world.nodes.flatMap(({ machine }) => machine.server ?? []);
    if (kernel.random.chance(0.3)) {
      const senders = servers.flatMap((each) => each.walsenders);
      if (senders.length > 0)
        soon(20, 'walsender stands still', () =>
          kernel.random.pick(senders).standStill(kernel.random.between(50, 3_000)),
        );
    }
    if (kernel.random.chance(0.2)) {
      soon(20, 'WAL receivers stand still', () => {
        const until = kernel.now + kernel.random.between(100, 2_500);
        for (const { receiver } of servers) if (receiver !== undefined) receiver.stoppedUntil = until;
      });
    }
    if (after.phase === 'electing' && kernel.random.chance(0.5)) {
      const { actor } = world.node(slotOf(after.election.deposed));
      soon(1, 'agent stopped for a while', () => pause(world, actor, kernel.random.between(500, 6_000)));
    }
    if (after.phase === 'electing' && kernel.random.chance(0.4)) {
      const server = servers[kernel.random.below(servers.length)];
      if (server !== undefined)
        soon(
          1,
          'startup process busy',
          () => (server.startupStoppedUntil = kernel.now + kernel.random.between(100, 4_000)),
        );
    }
  };
}

/** All faults end: hosts are on, networks whole, operators gone. */
export function mendAll(world: World): void {
  world.trace.tell('fault', () => 'no more');
  world.network.weather = CALM;
  world.network.mendAll();
  world.table.outageUntil = 0;
  world.setPaused(false);
  for (const { machine, agent } of world.nodes) {
    machine.hangDisk(0);
    agent?.setLeaving(false);
    if (machine.server !== undefined) {
      machine.server.stoppedUntil = 0;
      machine.server.checkpointerStoppedUntil = 0;
      machine.server.startupStoppedUntil = 0;
      machine.server.resumeReplay();
    }
    world.powerOn(machine.slot);
    world.startAgent(machine.slot);
  }
  for (const actor of world.actorsAlive) actor.pausedUntil = 0;
  world.isLambdaDown = false;
  world.invoke();
}
