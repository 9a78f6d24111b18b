import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Imds } from './imds';
import { describeError, type Log } from './log';

/** The instance is about to go. */
export interface Leaving {
  readonly kind: 'terminating' | 'spot' | 'maintenance';
  /** For people. */
  readonly reason: string;
}

/** Metadata shows only the state that Auto Scaling is heading for, and this one when the instance is to go. */
const TERMINATED = 'Terminated';

/** A switchover takes seconds; a node that stands aside days before a reboot leaves the cluster without its guarantee. */
const MAINTENANCE_LEAD_MS = 15 * 60_000;

const spotAction = z.object({ action: z.string(), time: z.string() });
const scheduledEvents = z.array(
  z.object({
    Code: z.string(),
    NotBefore: z.string(),
    NotAfter: z.string().optional(),
    Description: z.string().default(''),
    State: z.string(),
  }),
);

/**
 * Asks instance metadata whether the instance is about to go: Auto Scaling's terminating hook, a spot interruption,
 * scheduled maintenance that is near.
 *
 * @throws MetadataUnavailable
 */
export async function leavingOf(imds: Imds, nowMs: number): Promise<Leaving | undefined> {
  const [target, spot, events] = await Promise.all([
    imds.get('autoscaling/target-lifecycle-state'),
    imds.get('spot/instance-action'),
    imds.get('events/maintenance/scheduled'),
  ]);
  if (target === TERMINATED) return { kind: 'terminating', reason: 'Auto Scaling terminates this instance.' };
  if (spot !== undefined) {
    const { action, time } = spotAction.parse(JSON.parse(spot));
    return { kind: 'spot', reason: `EC2 takes this spot instance back: ${action} at ${time}.` };
  }
  return events === undefined || events === '' ? undefined : nearMaintenance(events, nowMs);
}

function nearMaintenance(json: string, nowMs: number): Leaving | undefined {
  const near = scheduledEvents
    .parse(JSON.parse(json))
    .find(
      ({ State, NotBefore, NotAfter }) =>
        State === 'active' &&
        Date.parse(NotBefore) - nowMs < MAINTENANCE_LEAD_MS &&
        (NotAfter === undefined || nowMs < Date.parse(NotAfter)),
    );
  if (near === undefined) return undefined;
  return { kind: 'maintenance', reason: `EC2 maintenance ${near.Code} from ${near.NotBefore}. ${near.Description}` };
}

/**
 * A termination that waits for others is longer than any replacement on a retained volume takes, and short enough that a
 * stack whose nodes all go, one after the other, is deleted in the end.
 */
const HELD_AT_MOST_MS = 15 * 60_000;

/**
 * Whether this node stays for the sake of the others. A termination that a hook holds waits until the register counts on
 * every other slot: until then this node goes on as if nothing were. A spot or maintenance notice cannot be held.
 */
export class HoldBack {
  private sinceMs: number | undefined;
  private told = '';

  constructor(
    /** What of the rest of the cluster is missing; empty when it is whole. */
    private readonly missing: () => readonly string[],
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
  ) {}

  holds(leaving: Leaving): boolean {
    if (leaving.kind !== 'terminating') return false;
    this.sinceMs ??= this.now();
    const missing = this.missing().join(', ');
    if (missing === '') return false;
    if (this.now() - this.sinceMs > HELD_AT_MOST_MS) {
      this.log.warning('termination-held-long-enough', { missing });
      return false;
    }
    if (missing !== this.told) this.log.warning('termination-held', { reason: leaving.reason, missing });
    this.told = missing;
    return true;
  }
}

/** The hook that holds this instance's termination back. */
export interface TerminationHook {
  readonly group: string;
  readonly name: string;
  readonly heartbeatSeconds: number;
}

/** What the agent needs of Auto Scaling. */
export interface GroupApi {
  /** Undefined when the instance is in no group, or the group has no terminating hook. */
  terminationHook(instanceId: string): Promise<TerminationHook | undefined>;
  heartbeat(hook: TerminationHook, instanceId: string): Promise<void>;
  /** Lets the instance go. `not-held`: the hook does not hold it, no longer or not yet. */
  complete(hook: TerminationHook, instanceId: string): Promise<'completed' | 'not-held'>;
}

const RETRY_MS = 2_000;

/**
 * This instance's termination, once it is under way: held back by heartbeats until the node has handed over what it
 * is responsible for, then let go. Without a heartbeat it goes when the hook's time is over: a dead agent holds nothing.
 */
export class Termination {
  private hook: TerminationHook | undefined;
  private lastHeartbeatMs = Number.NEGATIVE_INFINITY;
  private isLetGo = false;

  constructor(
    private readonly api: GroupApi,
    private readonly instanceId: string,
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
    private readonly retryMs = RETRY_MS,
  ) {}

  /** Call it as often as you like; a heartbeat is sent when a third of the hook's time has passed. */
  async holdBack(): Promise<void> {
    if (this.isLetGo) return;
    const hook = await this.find();
    if (hook === undefined || this.now() - this.lastHeartbeatMs < (hook.heartbeatSeconds * 1_000) / 3) return;
    await this.api.heartbeat(hook, this.instanceId);
    this.lastHeartbeatMs = this.now();
  }

  /**
   * Tries until it has let go: metadata tells of the termination a moment before the hook holds the instance. Where
   * somebody else was faster, the instance's end ends this.
   */
  async letGo(): Promise<void> {
    let last = '';
    while (!this.isLetGo) {
      const obstacle = await this.complete().catch(describeError);
      if (obstacle === undefined) return;
      if (obstacle !== last) this.log.warning('termination-not-let-go', { reason: obstacle });
      last = obstacle;
      await pause(this.retryMs);
    }
  }

  /** What stands in the way. */
  private async complete(): Promise<string | undefined> {
    const hook = await this.find();
    if (hook !== undefined && (await this.api.complete(hook, this.instanceId)) === 'not-held') {
      return `The hook ${hook.name} does not hold ${this.instanceId}.`;
    }
    this.isLetGo = true;
    return undefined;
  }

  private async find(): Promise<TerminationHook | undefined> {
    this.hook ??= await this.api.terminationHook(this.instanceId);
    return this.hook;
  }
}
