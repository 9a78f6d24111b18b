import type { Clock } from '../coordinator/clock';
import type { Slot } from '../core/member';
import type { Policy } from '../core/policy';
import { standIn, type StandInView } from '../core/stand-in';
import type { NodeStatus } from '../core/status';
import type { Register } from '../register';
import { BeatWatch } from './beat-watch';
import type { Log } from './log';
import type { Peers } from './peers';
import type { RegisterWatch } from './register-watch';

const LOOK_EVERY_MS = 1_000;

/** One term of the coordinator's role: coordinator/coordinator.ts, and what it holds open. */
export interface Role {
  run(isOver: () => boolean): Promise<void>;
  wake(): void;
  readonly isBusy: boolean;
}

export interface StandInOptions {
  readonly policy: Policy;
  readonly slot: Slot;
  readonly register: Pick<Register, 'readBeat'>;
  readonly watch: Pick<RegisterWatch, 'lastSeen' | 'ageMs'>;
  readonly peers: Pick<Peers, 'views'>;
  /** What this agent says of its node. */
  readonly status: () => NodeStatus;
  /** Makes one; it begins when it runs. */
  readonly takeRole: () => Role;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes the coordinator's role in this agent's process while the health checker is silent, and leaves it when that is
 * back (core/stand-in.ts says when). It has no part in what is safe, and nobody waits for it.
 */
export class StandIn {
  private role: Role | undefined;
  private phase = '';
  private phaseSinceMs = 0;
  private rule = '';
  private readonly beat: BeatWatch;
  private readonly cut = new AbortController();

  constructor(private readonly options: StandInOptions) {
    const { register, log, clock } = options;
    this.beat = new BeatWatch(register, log, () => clock.monotonicMs());
  }

  get isCoordinating(): boolean {
    return this.role !== undefined;
  }

  /** Until {@link stop}. */
  async run(): Promise<void> {
    const { clock, log } = this.options;
    while (!this.cut.signal.aborted) {
      await this.beat.look();
      try {
        this.decide();
      } catch (error) {
        log.error('stand-in-failed', error);
      }
      await clock.sleep(LOOK_EVERY_MS, this.cut.signal);
    }
    this.stepAside();
  }

  /** Leaves the role too. */
  stop(): void {
    this.cut.abort();
    this.stepAside();
  }

  private decide(): void {
    const { log } = this.options;
    if (this.cut.signal.aborted) return;
    const view = this.view();
    const { rule, coordinates } = standIn(view);
    if (coordinates !== this.isCoordinating) {
      const { beatStillMs, recordAgeMs, fedAgeMs } = view;
      log.warning(coordinates ? 'stands-in' : 'steps-aside', { rule, beatStillMs, recordAgeMs, fedAgeMs });
    } else if (rule !== this.rule) log.info('stand-in', { rule });
    this.rule = rule;
    if (coordinates) this.begin();
    else this.stepAside();
  }

  private view(): StandInView {
    const { policy, slot, watch, peers, clock } = this.options;
    const { role, leaving, postgres } = this.options.status();
    const record = watch.lastSeen();
    const phase = `${record?.phase}/${record?.term}`;
    if (phase !== this.phase) this.phaseSinceMs = clock.monotonicMs();
    this.phase = phase;
    const views = peers.views();
    return {
      policy,
      slot,
      role,
      leaving,
      isCoordinating: this.isCoordinating,
      isBusy: this.role?.isBusy === true,
      record,
      recordAgeMs: watch.ageMs() ?? null,
      phaseAgeMs: clock.monotonicMs() - this.phaseSinceMs,
      beatStillMs: this.beat.stillMs(),
      fedAgeMs: postgres.fedAgeMs,
      heardAgeMs: new Map(views.map((each) => [each.slot, each.statusAgeMs])),
      others: views.flatMap(({ status, statusAgeMs }) =>
        status === undefined || statusAgeMs > policy.statusFreshMs ? [] : [status],
      ),
    };
  }

  private begin(): void {
    if (this.role !== undefined) return;
    const role = this.options.takeRole();
    this.role = role;
    role
      .run(() => this.role !== role)
      .catch((error: unknown) => this.options.log.error('coordinating-failed', error))
      .finally(() => {
        // One that failed is begun anew at the next look.
        if (this.role === role) this.role = undefined;
      });
  }

  private stepAside(): void {
    const { role } = this;
    this.role = undefined;
    role?.wake();
  }
}
