import type { AwsTimes } from '../../ports';
import type { Background } from '../background';
import type { InstanceStore } from '../ec2/instances';
import { AwsError } from '../gateway/aws-error';
import { AutoScalingGroup, type GroupSpec } from './group';

/** All groups, and the clock that makes them look at their members. */
export class GroupStore {
  private readonly groups = new Map<string, AutoScalingGroup>();

  constructor(
    private readonly ec2: InstanceStore,
    times: AwsTimes,
    private readonly background: Background,
    private readonly log: (line: string) => void,
  ) {
    background.every(
      () => times.groupCheckMs,
      'checking groups',
      () => {
        for (const group of this.groups.values()) group.check();
      },
    );
  }

  create(spec: GroupSpec): AutoScalingGroup {
    const group = new AutoScalingGroup(spec, this.ec2, this.background, this.log);
    this.groups.set(spec.name, group);
    return group;
  }

  /** Of a group that has no instances any more. */
  remove(name: string): void {
    this.groups.delete(name);
  }

  list(): readonly AutoScalingGroup[] {
    return [...this.groups.values()];
  }

  find(name: string): AutoScalingGroup | undefined {
    return this.groups.get(name);
  }

  get(name: string): AutoScalingGroup {
    const group = this.groups.get(name);
    if (group === undefined) {
      throw new AwsError('ValidationError', `AutoScalingGroup name not found - no such group: ${name}`);
    }
    return group;
  }

  holding(instanceId: string): AutoScalingGroup | undefined {
    return this.list().find((group) => group.member(instanceId) !== undefined);
  }
}
