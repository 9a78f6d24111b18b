import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SignalBoard } from '../../../lab/aws/cloudformation/signals';
import type { Template } from '../../../lab/aws/template/assembly';
import { planUpdate } from '../../../lab/aws/template/plan';
import { StackProvisioner } from '../../../lab/aws/template/provision';
import { RESOURCE_TYPES } from '../../../lab/aws/template/resources';
import { parseDuration } from '../../../lab/aws/template/rolling-update';
import { TestRegion } from './support/test-region';
import { until } from './support/until';

type Resources = Template['Resources'];

/** Far below what a test may take; as a pause it is over when nobody signals. */
const SOON = 'PT1S';

interface Shape {
  readonly userData?: string;
  readonly size?: number;
  readonly pause?: string;
  readonly slots?: readonly string[];
}

/** One slot after the other, as lib/ chains them. */
function cluster({ userData = 'one', size = 20, pause = 'PT1H', slots = ['A'] }: Shape = {}): Resources {
  const shared: Resources = {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
    Subnet: {
      Type: 'AWS::EC2::Subnet',
      Properties: {
        VpcId: { Ref: 'Vpc' },
        CidrBlock: '10.0.1.0/24',
        AvailabilityZone: { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] },
      },
    },
    Nodes: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'nodes', VpcId: { Ref: 'Vpc' } } },
  };
  return Object.assign(
    shared,
    ...slots.map((slot, index) => slotResources(slot, slots[index - 1], { userData, size, pause })),
  ) as Resources;
}

function slotResources(
  slot: string,
  before: string | undefined,
  { userData, size, pause }: Required<Omit<Shape, 'slots'>>,
): Resources {
  return {
    [`Data${slot}`]: {
      Type: 'AWS::EC2::Volume',
      Properties: { AvailabilityZone: 'eu-west-1a', Size: size, VolumeType: 'gp3' },
      DeletionPolicy: 'Retain',
    },
    [`Template${slot}`]: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: {
        LaunchTemplateData: {
          ImageId: 'ami-1',
          InstanceType: 't4g.small',
          SecurityGroupIds: [{ Ref: 'Nodes' }],
          UserData: { 'Fn::Base64': `${userData} ${slot}` },
        },
      },
    },
    [`Group${slot}`]: {
      Type: 'AWS::AutoScaling::AutoScalingGroup',
      ...(before === undefined ? {} : { DependsOn: `Group${before}` }),
      Properties: {
        MinSize: '1',
        MaxSize: '1',
        LaunchTemplate: {
          LaunchTemplateId: { Ref: `Template${slot}` },
          Version: { 'Fn::GetAtt': [`Template${slot}`, 'LatestVersionNumber'] },
        },
        VPCZoneIdentifier: [{ Ref: 'Subnet' }],
        LifecycleHookSpecificationList: [
          {
            LifecycleHookName: 'holdfast-terminating',
            LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
            HeartbeatTimeout: 300,
            DefaultResult: 'CONTINUE',
          },
        ],
      },
      UpdatePolicy: {
        AutoScalingRollingUpdate: {
          MinInstancesInService: 0,
          MaxBatchSize: 1,
          WaitOnResourceSignals: true,
          PauseTime: pause,
        },
      },
    },
  };
}

describe('a plan', () => {
  const plan = (old: Resources, next: Resources) => planUpdate(old, next, RESOURCE_TYPES);

  test('of the same template changes nothing', () => {
    expect(plan(cluster(), cluster())).toEqual({ made: [], changed: [], removed: [], kept: [] });
  });

  test('names what is made, changed, removed and kept', () => {
    const old = cluster({ slots: ['A', 'B'] });
    const next = cluster({ slots: ['A', 'C'], size: 30 });
    expect(plan(old, next)).toEqual({
      made: ['DataC', 'TemplateC', 'GroupC'],
      changed: ['DataA'],
      removed: ['TemplateB', 'GroupB'],
      kept: ['DataB'],
    });
  });

  test('refuses, all at once, what the lab does not know how to do', () => {
    const old = cluster();
    const { Vpc, ...rest } = cluster();
    const other: Resources = {
      ...rest,
      Subnet: { Type: 'AWS::EC2::Subnet', Properties: { ...rest['Subnet']?.Properties, CidrBlock: '10.0.2.0/24' } },
      Nodes: { Type: 'AWS::EC2::Volume' },
    };
    expect(Vpc).toBeDefined();
    expect(() => plan(old, other)).toThrow(
      [
        'Nodes: CloudFormation does not make a AWS::EC2::SecurityGroup into a AWS::EC2::Volume',
        'Subnet: the lab does not know how to update AWS::EC2::Subnet',
        'Vpc: the lab does not know how to delete AWS::EC2::VPC',
      ].join('\n'),
    );
  });
});

test.each([
  ['PT1H', 3_600_000],
  ['PT5M30S', 330_000],
  ['PT0S', 0],
])('the pause time %s is %d ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

describe('an update', () => {
  let region: TestRegion;
  let progress: string[];
  let stack: StackProvisioner;

  const assembly = (resources: Resources) => ({ stackName: 'Stack', template: { Resources: resources }, assets: [] });
  const begin = async (shape: Shape = {}) => {
    stack = new StackProvisioner(assembly(cluster(shape)), region.cloud, (line) => progress.push(line));
    await stack.run();
  };
  const update = (shape: Shape) => stack.update(assembly(cluster(shape)));
  const group = (slot = 'A') => {
    const found = region.cloud.groups.list().find(({ spec }) => spec.logicalId === `Group${slot}`);
    if (found === undefined) throw new Error(`there is no group ${slot}`);
    return found;
  };
  const inService = (slot = 'A') => group(slot).members.filter(({ lifecycleState }) => lifecycleState === 'InService');
  const userDataOf = (slot = 'A') => inService(slot).map(({ instance }) => instance.spec.userData.toString());
  /** The nodes' part: each lets go of its termination, and the one that takes its place says that it is ready. */
  const behave = (signals: (userData: string) => boolean) =>
    region.cloud.background.every(
      () => 2,
      'nodes',
      () => {
        for (const each of region.cloud.groups.list()) {
          for (const { instance, lifecycleState, actions } of each.members) {
            if (lifecycleState === 'Terminating:Wait') for (const action of actions) action.complete();
            if (lifecycleState !== 'InService' || !signals(instance.spec.userData.toString())) continue;
            try {
              region.cloud.signals.signal('Stack', each.spec.logicalId, instance.instanceId, 'SUCCESS');
            } catch (error) {
              expect((error as Error).message).toContain('cannot be signaled');
            }
          }
        }
      },
    );

  beforeEach(() => {
    region = new TestRegion();
    progress = [];
  });
  afterEach(() => region.close());

  test('that changes nothing about the nodes replaces none', async () => {
    await begin({ slots: ['A', 'B'] });
    const before = region.host.started.length;
    await update({ slots: ['A', 'B'], size: 30 });
    expect(region.host.started).toHaveLength(before);
    expect(region.host.calls.filter((call) => call.startsWith('grow'))).toEqual([
      expect.stringMatching(/ 30$/),
      expect.stringMatching(/ 30$/),
    ]);
  });

  test('of the launch templates takes one group after the other, each when the new node before has signaled', async () => {
    await begin({ slots: ['A', 'B'] });
    const allowed = new Set<string>();
    behave((userData) => allowed.has(userData));
    const done = update({ slots: ['A', 'B'], userData: 'two' });
    await until(() => userDataOf('A').includes('two A'));
    expect(userDataOf('B')).toEqual(['one B']);
    allowed.add('two A');
    await until(() => userDataOf('B').includes('two B'));
    allowed.add('two B');
    await done;
    expect([userDataOf('A'), userDataOf('B')]).toEqual([['two A'], ['two B']]);
    expect(group().outdated()).toEqual([]);
  });

  test('whose new node never signals stops there, and is rolled back', async () => {
    await begin({ slots: ['A', 'B'], pause: SOON });
    const [untouched] = inService('B');
    behave((userData) => userData.startsWith('one'));
    await expect(update({ slots: ['A', 'B'], pause: SOON, userData: 'broken' })).rejects.toThrow(
      'The update was rolled back: GroupA (AWS::AutoScaling::AutoScalingGroup): no new instance has signaled within 1 s',
    );
    expect(userDataOf('A')).toEqual(['one A']);
    expect(inService('B')).toEqual([untouched]);
    // As if nothing had been: the next one works.
    behave(() => true);
    await update({ slots: ['A', 'B'], pause: SOON, userData: 'three' });
    expect([userDataOf('A'), userDataOf('B')]).toEqual([['three A'], ['three B']]);
  });

  test('that is rolled back leaves those groups alone whose launch template alone was changed, also the next time', async () => {
    const templatesFirst = (shape: Shape) => {
      const entries = Object.entries(cluster({ slots: ['A', 'B'], pause: SOON, ...shape }));
      const isTemplate = ([id]: (typeof entries)[number]) => Number(id.startsWith('Template'));
      return assembly(Object.fromEntries(entries.sort((left, right) => isTemplate(right) - isTemplate(left))));
    };
    stack = new StackProvisioner(templatesFirst({}), region.cloud, (line) => progress.push(line));
    await stack.run();
    const [untouched] = inService('B');
    behave((userData) => userData.startsWith('one'));
    await expect(stack.update(templatesFirst({ userData: 'broken' }))).rejects.toThrow('was rolled back: GroupA');
    expect(progress.some((line) => line.startsWith('AWS::EC2::LaunchTemplate TemplateB'))).toBe(true);
    const [rolledBack] = inService('A');
    await stack.update(templatesFirst({ size: 30 }));
    expect([inService('A'), inService('B')]).toEqual([[rolledBack], [untouched]]);
  });

  test('takes a slot away through its hook, and keeps its volume', async () => {
    await begin({ slots: ['A', 'B'] });
    const [leaving] = inService('B');
    const done = update({ slots: ['A'] });
    await until(() => leaving?.lifecycleState === 'Terminating:Wait');
    behave(() => true);
    await done;
    expect(region.cloud.groups.list().map(({ spec }) => spec.logicalId)).toEqual(['GroupA']);
    expect(region.cloud.volumes.list().filter(({ isRoot }) => !isRoot)).toHaveLength(2);
    expect(region.host.calls.some((call) => call.startsWith('delete'))).toBe(false);
  });

  test('adds slots', async () => {
    await begin();
    const stackNow = await update({ slots: ['A', 'B', 'C'] });
    expect(Object.keys(stackNow.resources).filter((id) => id.startsWith('Group'))).toEqual([
      'GroupA',
      'GroupB',
      'GroupC',
    ]);
    expect(userDataOf('C')).toEqual(['one C']);
  });

  test('that makes a volume smaller fails as on AWS, and what was made for it is taken away again', async () => {
    await begin({ size: 30 });
    behave(() => true);
    await expect(update({ size: 20, slots: ['A', 'B'] })).rejects.toThrow('New size cannot be smaller');
    expect(region.cloud.groups.list().map(({ spec }) => spec.logicalId)).toEqual(['GroupA']);
  });

  test('of something that the lab cannot update changes nothing before it says so', async () => {
    await begin();
    const next = cluster({ size: 30 });
    const changed: Resources = { ...next, Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.1.0.0/16' } } };
    await expect(stack.update(assembly(changed))).rejects.toThrow(
      'Vpc: the lab does not know how to update AWS::EC2::VPC',
    );
    expect(region.host.calls.some((call) => call.startsWith('grow'))).toBe(false);
  });
});

test('a signal is taken only while somebody waits for it, of the stack that there is', () => {
  const signals = new SignalBoard();
  signals.adopt({ name: 'Stack', id: 'arn:stack' });
  const signal = (stack: string) => () => signals.signal(stack, 'GroupA', 'i-1', 'SUCCESS');
  expect(signal('Stack')).toThrow('cannot be signaled');
  const window = signals.await('GroupA');
  expect(signal('arn:stack')).not.toThrow();
  window.close();
  expect(signal('Stack')).toThrow('cannot be signaled');
  expect(signal('Other')).toThrow('does not exist');
});
