import type { Slot } from '../../core/member';
import { DEFAULT_POLICY } from '../../core/policy';
import type { Clock } from '../../coordinator/clock';
import { ending } from '../../lambda/health-checker/ending';
import { EndpointKeeper } from '../../coordinator/endpoint-keeper';
import { Loop } from '../../coordinator/loop';
import { probeNode } from '../../coordinator/node-probes';
import { Observer } from '../../coordinator/observer';
import { Overlap } from '../../lambda/health-checker/overlap';
import type { Zone } from '../../coordinator/endpoint-change';
import { TIMING } from '../../coordinator/timing';
import { Register } from '../../register';
import type { Actor } from '../kernel/actor';
import type { Kernel } from '../kernel/kernel';
import { logInto, type Trace } from './trace';

export interface CoordinatorProcessOptions {
  readonly kernel: Kernel;
  readonly trace: Trace;
  readonly actor: Actor;
  readonly slots: readonly Slot[];
  readonly zone: Zone;
  readonly lifeMs: number;
}

/** One invocation of the health checker, put together as lambda/health-checker/index.ts does. */
export class CoordinatorProcess {
  private readonly loop: Loop;
  private readonly observer: Observer;
  private readonly overlap: Overlap;
  private readonly endpoints: EndpointKeeper;
  private readonly isOver: () => boolean;

  constructor(private readonly options: CoordinatorProcessOptions) {
    const { kernel, trace, actor, slots } = options;
    const clock = clockOf(kernel, actor);
    const log = logInto(trace, actor.name);
    const register = new Register({ tableName: 'register', client: { region: actor.name }, timeouts: TIMING.register });
    const credentials = {
      get: () => Promise.resolve({ user: 'holdfast_monitor', password: '' }),
      forget: () => undefined,
    };
    this.observer = new Observer({
      slots,
      zoneName: 'test',
      register,
      makeProbes: (target, onLost) => probeNode({ ...target, ca: actor.name }, credentials, onLost),
      clock,
      log,
      onNews: () => this.loop.wake(),
    });
    this.endpoints = new EndpointKeeper({
      zone: options.zone,
      clock,
      log,
      onWriterInPlace: (guardVersion, wallMs) => this.loop.tellFlip(guardVersion, wallMs),
    });
    this.loop = new Loop({
      slots,
      policy: DEFAULT_POLICY,
      register,
      observer: this.observer,
      endpoints: this.endpoints,
      // What names resolve to, and which hosts Auto Scaling holds, take no part in what is safe.
      dns: { check: () => undefined },
      healer: { heal: () => undefined },
      stalledMs: (windowMs) => stalledMs(kernel, actor, windowMs),
      freshEpoch: () => kernel.random.hex(),
      clock,
      log,
    });
    this.overlap = new Overlap({
      register,
      invocationId: actor.name,
      isReady: () => this.observer.hasWatched(TIMING.takeOverAfterMs),
      clock,
      log,
      onOvertaken: () => this.loop.wake(),
    });
    const endOf = ending(clock, options.lifeMs, this.overlap, this.loop);
    this.isOver = () => !actor.isAlive || endOf() !== undefined;
  }

  isOf(actor: Actor): boolean {
    return this.options.actor === actor;
  }

  get isAlive(): boolean {
    return this.options.actor.isAlive;
  }

  start(): void {
    this.observer.start();
    this.overlap.start();
    void this.loop.run(this.isOver).then(() => this.stop());
  }

  /** The invocation ends, or Lambda ends it. */
  stop(): void {
    this.options.actor.isAlive = false;
    void Promise.all([this.overlap.stop(), this.observer.stop(), this.endpoints.stop()]);
    this.loop.wake();
  }
}

function clockOf(kernel: Kernel, actor: Actor): Clock {
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
