import type { Slot } from '../core/member';
import type { Policy } from '../core/policy';
import type { Clock } from './clock';
import { DnsCheck, type Names } from './dns-check';
import type { Zone } from './endpoint-change';
import { EndpointKeeper } from './endpoint-keeper';
import { Healer, type ScalingGroups } from './healer';
import type { Log } from './log';
import { Loop, type LoopOptions } from './loop';
import { Observer, type ObserverOptions } from './observer';
import { TIMING } from './timing';
import { ViewKeeper, type ViewKeeperOptions } from './view-keeper';

/** What the role needs of whoever takes it. */
export interface CoordinatorOptions {
  /** Who takes it, for people. */
  readonly by: string;
  readonly slots: readonly Slot[];
  readonly zoneName: string;
  readonly policy: Policy;
  readonly register: LoopOptions['register'] & ObserverOptions['register'] & ViewKeeperOptions['register'];
  readonly makeProbes: ObserverOptions['makeProbes'];
  readonly zone: Zone;
  readonly names: Names;
  readonly groups: ScalingGroups;
  /** The longest delay of this process within the last so many milliseconds. */
  readonly stalledMs: (windowMs: number) => number;
  /** Random. */
  readonly freshEpoch: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The coordinator's role, whoever takes it: the health checker in Lambda, or an agent while that is silent. Any number may
 * run at once.
 *
 * Nothing outside can stop it: the loop waits for the register alone. What it asks nodes, Route 53, the resolver, Auto
 * Scaling and Secrets Manager is asked beside it, each in its own time, and an answer that never comes is no evidence.
 */
export class Coordinator {
  private readonly loop: Loop;
  private readonly observer: Observer;
  private readonly endpoints: EndpointKeeper;
  private readonly dns: DnsCheck;
  private readonly healer: Healer;
  private readonly view: ViewKeeper;

  constructor(options: CoordinatorOptions) {
    const { slots, zoneName, policy, register, makeProbes, zone, names, groups, clock, log } = options;
    this.observer = new Observer({
      slots,
      zoneName,
      register,
      makeProbes,
      clock,
      log,
      onNews: () => this.loop.wake(),
    });
    this.endpoints = new EndpointKeeper({
      zone,
      clock,
      log,
      onWriterInPlace: (guardVersion, wallMs) => this.loop.tellFlip(guardVersion, wallMs),
    });
    this.dns = new DnsCheck({ names, zoneName, clock, log, onMismatch: () => this.endpoints.doubt() });
    this.healer = new Healer({ policy, groups, clock, log });
    this.view = new ViewKeeper({
      ...{ register, by: options.by, clock, log },
      isReady: () => this.observer.hasWatched(TIMING.takeOverAfterMs),
    });
    this.loop = new Loop({
      slots,
      policy,
      register,
      observer: this.observer,
      endpoints: this.endpoints,
      dns: this.dns,
      healer: this.healer,
      view: this.view,
      stalledMs: options.stalledMs,
      freshEpoch: options.freshEpoch,
      clock,
      log,
    });
  }

  /** The next beat comes now. */
  wake(): void {
    this.loop.wake();
  }

  /** A failover is under way that it has seen: whoever takes over would see only half of it. */
  get isBusy(): boolean {
    return this.loop.isBusy;
  }

  /** Whether it has watched every node that has reported for this long. */
  hasWatched(durationMs: number): boolean {
    return this.observer.hasWatched(durationMs);
  }

  /** Coordinates until told to end, and ends everything it has begun. */
  async run(isOver: () => boolean): Promise<void> {
    this.observer.start();
    try {
      await this.loop.run(isOver);
    } finally {
      const { observer, endpoints, dns, healer, view } = this;
      await Promise.all([observer.stop(), endpoints.stop(), dns.stop(), healer.stop(), view.stop()]);
    }
  }
}
