import type { Slot } from '../../core/member';
import { DEFAULT_POLICY } from '../../core/policy';
import type { Clock } from '../../coordinator/clock';
import { Coordinator } from '../../coordinator/coordinator';
import { probeNode } from '../../coordinator/node-probes';
import { TIMING } from '../../coordinator/timing';
import { ending } from '../../lambda/health-checker/ending';
import { Overlap } from '../../lambda/health-checker/overlap';
import { Register } from '../../register';
import type { Actor } from '../kernel/actor';
import type { Kernel } from '../kernel/kernel';
import { logInto, type Trace } from './trace';
import type { SimulatedZone } from './zone';

export interface CoordinatorParts {
  readonly kernel: Kernel;
  readonly trace: Trace;
  readonly actor: Actor;
  readonly slots: readonly Slot[];
  readonly zone: SimulatedZone;
}

/** The coordinator's role in one simulated process, whichever program that is. */
export function coordinatorIn({ kernel, trace, actor, slots, zone }: CoordinatorParts, login: string): Coordinator {
  const credentials = {
    get: () => Promise.resolve({ user: login, password: '' }),
    forget: () => undefined,
  };
  return new Coordinator({
    by: actor.name,
    slots,
    zoneName: 'test',
    policy: DEFAULT_POLICY,
    register: new Register({ tableName: 'register', client: { region: actor.name }, timeouts: TIMING.register }),
    makeProbes: (target, onLost) => probeNode({ ...target, ca: actor.name }, credentials, onLost),
    zone: zone.for(actor),
    names: zone.namesFor(actor),
    // Which hosts Auto Scaling holds takes no part in what is safe.
    groups: { held: () => Promise.resolve([]), letGo: () => Promise.resolve() },
    stalledMs: (windowMs) => stalledMs(kernel, actor, windowMs),
    freshEpoch: () => kernel.random.hex(),
    clock: clockOf(kernel, actor),
    log: logInto(trace, actor.name),
  });
}

export interface CoordinatorProcessOptions extends CoordinatorParts {
  readonly lifeMs: number;
}

/** One invocation of the health checker, put together as lambda/health-checker/index.ts does. */
export class CoordinatorProcess {
  private readonly coordinator: Coordinator;
  private readonly overlap: Overlap;
  private readonly isOver: () => boolean;

  constructor(private readonly options: CoordinatorProcessOptions) {
    const { kernel, trace, actor } = options;
    const clock = clockOf(kernel, actor);
    this.coordinator = coordinatorIn(options, 'holdfast_monitor');
    this.overlap = new Overlap({
      register: new Register({ tableName: 'register', client: { region: actor.name }, timeouts: TIMING.register }),
      invocationId: actor.name,
      isReady: () => this.coordinator.hasWatched(TIMING.takeOverAfterMs),
      clock,
      log: logInto(trace, actor.name),
      onOvertaken: () => this.coordinator.wake(),
    });
    const endOf = ending(clock, options.lifeMs, this.overlap, this.coordinator);
    this.isOver = () => !actor.isAlive || endOf() !== undefined;
  }

  isOf(actor: Actor): boolean {
    return this.options.actor === actor;
  }

  get isAlive(): boolean {
    return this.options.actor.isAlive;
  }

  start(): void {
    this.overlap.start();
    void this.coordinator.run(this.isOver).then(() => this.stop());
  }

  /** The invocation ends, or Lambda ends it. */
  stop(): void {
    this.options.actor.isAlive = false;
    void this.overlap.stop();
    this.coordinator.wake();
  }
}

/** Time as one process sees it. */
export function clockOf(kernel: Kernel, actor: Actor): Clock {
  return {
    monotonicMs: () => kernel.now * actor.clockRate,
    wallMs: () => Math.round(1.8e12 + kernel.now + actor.wallOffsetMs),
    sleep: (durationMs, cut) =>
      new Promise((resolve) => {
        if (cut?.aborted === true) return resolve();
        const end = (): void => {
          kernel.stir();
          timer.run = undefined;
          cut?.removeEventListener('abort', end);
          resolve();
        };
        const wake = (): void => {
          if (actor.isAlive && actor.pausedUntil > kernel.now) kernel.schedule(actor.pausedUntil - kernel.now, wake);
          else end();
        };
        const timer = kernel.schedule(Math.max(1, durationMs), wake);
        cut?.addEventListener('abort', end, { once: true });
      }),
  };
}

/** What StallMeter measures. */
function stalledMs(kernel: Kernel, actor: Actor, windowMs: number): number {
  const { endedAt, lasted } = actor.lastPause;
  return kernel.now - endedAt <= windowMs ? lasted : 0;
}
