import type { Background } from '../background';
import { RegionClosed } from '../background';
import type { Instance, LaunchSpec } from '../ec2/instance';
import type { InstanceStore } from '../ec2/instances';
import { AwsError } from '../gateway/aws-error';
import { LifecycleAction, type LifecycleHook } from './hook';

export interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagateAtLaunch: boolean;
}

export interface GroupSpec {
  readonly name: string;
  readonly arn: string;
  readonly logicalId: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  readonly subnetIds: readonly string[];
  readonly zones: readonly string[];
  readonly healthCheckGraceMs: number;
  readonly launchTemplate: { readonly id: string; readonly name: string; readonly version: string };
  readonly tags: readonly GroupTag[];
  /** What to launch in a subnet; types to try, in order, when one has no capacity. */
  readonly launchSpecs: (subnetId: string) => readonly LaunchSpec[];
}

export type LifecycleState =
  'Pending' | 'InService' | 'Terminating' | 'Terminating:Wait' | 'Terminating:Proceed' | 'Terminated';

export interface Member {
  readonly instance: Instance;
  /** What it was launched from; the group may have another one by now. */
  readonly launchTemplate: GroupSpec['launchTemplate'];
  lifecycleState: LifecycleState;
  healthStatus: 'Healthy' | 'Unhealthy';
  inServiceSinceMs?: number;
  readonly actions: LifecycleAction[];
}

/**
 * An Auto Scaling group.
 *
 * Pending ── running ──► InService ── unhealthy or told to ──► Terminating:Wait ── hooks let go ──► Terminating:Proceed ── EC2 has terminated it ──► gone
 *
 * A member that leaves InService no longer counts, so its replacement is launched at once, beside it: that one meets
 * `VolumeInUse` until the old one has terminated. The hook also runs for a dead host, which can't complete it. A failed
 * launch is tried again at the next check.
 */
export class AutoScalingGroup {
  hooks: LifecycleHook[] = [];
  private readonly byId = new Map<string, Member>();
  readonly createdAt: Date;
  private isActive = false;

  constructor(
    private current: GroupSpec,
    private readonly ec2: InstanceStore,
    private readonly background: Background,
    private readonly log: (line: string) => void,
    private readonly now: () => number = Date.now,
  ) {
    this.createdAt = new Date(now());
  }

  get spec(): GroupSpec {
    return this.current;
  }

  /** From here on; instances that run stay as they are, and those beyond the size go. */
  update(spec: GroupSpec): void {
    this.current = spec;
    const surplus = this.inService().slice(spec.desiredCapacity);
    for (const { instance } of surplus) this.terminate(instance.instanceId, 'the group was made smaller');
    this.replaceMissing();
  }

  /** Instances that were launched from another launch template, or another version, than the group has now. */
  outdated(): readonly Member[] {
    const { id, version } = this.current.launchTemplate;
    return this.inService().filter(({ launchTemplate: own }) => own.id !== id || own.version !== version);
  }

  /** Newest first. */
  get members(): readonly Member[] {
    return [...this.byId.values()].reverse();
  }

  member(instanceId: string): Member | undefined {
    return this.byId.get(instanceId);
  }

  /** Launches what is wanted; rejects when a first launch fails. Resolves when the instances boot. */
  async start(): Promise<void> {
    this.isActive = true;
    await Promise.all(this.launchMissing());
  }

  /** The metadata service's `autoscaling/target-lifecycle-state`. */
  targetLifecycleState(instanceId: string): string | undefined {
    const member = this.byId.get(instanceId);
    if (member === undefined) return undefined;
    return member.lifecycleState.startsWith('Terminat') ? 'Terminated' : 'InService';
  }

  /** One look at the members' health, and at how many are missing. */
  check(): void {
    if (!this.isActive) return;
    for (const member of this.byId.values()) {
      if (member.lifecycleState !== 'InService') continue;
      const reason = this.unhealthyReason(member);
      if (reason === undefined) continue;
      member.healthStatus = 'Unhealthy';
      this.terminate(member.instance.instanceId, reason);
    }
    this.replaceMissing();
  }

  setHealth(instanceId: string, status: 'Healthy' | 'Unhealthy', respectGrace: boolean): void {
    const member = this.require(instanceId);
    if (respectGrace && this.inGrace(member)) return;
    member.healthStatus = status;
  }

  /** Begins a member's termination through its hooks and launches its replacement. A second call changes nothing. */
  terminate(instanceId: string, reason: string): void {
    const member = this.require(instanceId);
    if (member.lifecycleState !== 'InService' && member.lifecycleState !== 'Pending') return;
    this.log(`${this.spec.name} terminates ${instanceId}: ${reason}`);
    member.lifecycleState = 'Terminating';
    member.actions.push(...this.hooks.map((hook) => new LifecycleAction(hook, this.background)));
    if (member.actions.length > 0) member.lifecycleState = 'Terminating:Wait';
    this.background.run(`terminating ${instanceId}`, () => this.carryOut(member, reason));
    this.replaceMissing();
  }

  /** The active action of a hook on an instance, as CompleteLifecycleAction and RecordLifecycleActionHeartbeat name it. */
  action(hookName: string, instanceId: string | undefined, token: string | undefined): LifecycleAction {
    for (const member of this.byId.values()) {
      const found = member.actions.find(
        (action) =>
          action.isActive &&
          action.hook.name === hookName &&
          (token === undefined || action.token === token) &&
          (instanceId === undefined || member.instance.instanceId === instanceId),
      );
      if (found !== undefined) return found;
    }
    throw new AwsError(
      'ValidationError',
      instanceId === undefined
        ? `No active Lifecycle Action found with token ${token ?? ''}`
        : `No active Lifecycle Action found with instance ID ${instanceId}`,
    );
  }

  private require(instanceId: string): Member {
    const member = this.byId.get(instanceId);
    if (member === undefined) {
      throw new AwsError(
        'ValidationError',
        `Instance Id not found - No managed instance found for instance ID: ${instanceId}`,
      );
    }
    return member;
  }

  private async carryOut(member: Member, reason: string): Promise<void> {
    const { instanceId } = member.instance;
    for (const action of member.actions) {
      const how = await this.background.orClosed(action.done);
      this.log(`${instanceId}: lifecycle hook ${action.hook.name} ${how}`);
    }
    member.lifecycleState = 'Terminating:Proceed';
    await this.ec2.terminate(instanceId, {
      code: 'Client.UserInitiatedShutdown',
      message: `Client.UserInitiatedShutdown: Auto Scaling, ${reason}`,
    });
    member.lifecycleState = 'Terminated';
    this.byId.delete(instanceId);
  }

  private unhealthyReason(member: Member): string | undefined {
    const { instance } = member;
    if (instance.state === 'shutting-down' || instance.state === 'terminated') {
      return 'an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped';
    }
    if (this.inGrace(member)) return undefined;
    if (this.ec2.isImpaired(instance)) {
      return 'an instance was taken out of service in response to an EC2 instance status checks failure';
    }
    return member.healthStatus === 'Unhealthy'
      ? 'an instance was taken out of service in response to a user health-check'
      : undefined;
  }

  private inGrace(member: Member): boolean {
    return this.now() - (member.inServiceSinceMs ?? Infinity) < this.spec.healthCheckGraceMs;
  }

  private inService(): readonly Member[] {
    return [...this.byId.values()].filter(
      ({ lifecycleState }) => lifecycleState === 'Pending' || lifecycleState === 'InService',
    );
  }

  private launchMissing(): readonly Promise<void>[] {
    const present = this.inService().length;
    const missing = Math.max(0, this.spec.desiredCapacity - present);
    return Array.from({ length: missing }, (_, index) => this.launch(present + index));
  }

  /** What AWS refuses was logged with its reason; the next check tries again. */
  private replaceMissing(): void {
    for (const launch of this.launchMissing()) {
      this.background.run(`launching in ${this.spec.name}`, async () => {
        try {
          await launch;
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
        }
      });
    }
  }

  private async launch(ordinal: number): Promise<void> {
    const subnetId = this.spec.subnetIds[ordinal % this.spec.subnetIds.length] ?? '';
    const { instance, running } = this.launchFirstWithCapacity(subnetId);
    const { launchTemplate } = this.spec;
    const member: Member = {
      ...{ instance, launchTemplate, actions: [] },
      ...{ lifecycleState: 'Pending', healthStatus: 'Healthy' },
    };
    this.byId.set(instance.instanceId, member);
    try {
      await running;
    } catch (error) {
      this.byId.delete(instance.instanceId);
      if (error instanceof RegionClosed) throw error;
      await this.ec2.terminate(instance.instanceId, {
        code: 'Server.InternalError',
        message: 'Server.InternalError: Internal error on launch',
      });
      throw error;
    }
    if (member.lifecycleState !== 'Pending') return;
    member.lifecycleState = 'InService';
    member.inServiceSinceMs = this.now();
  }

  private launchFirstWithCapacity(subnetId: string) {
    let refusal: unknown;
    for (const spec of this.spec.launchSpecs(subnetId)) {
      try {
        return this.ec2.launch(spec);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        this.log(`${this.spec.name} could not launch a ${spec.instanceType}: ${error.code}: ${error.message}`);
        refusal = error;
      }
    }
    throw refusal;
  }
}
