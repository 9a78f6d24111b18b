import type { Account } from '../account';
import { AwsError, NotEmulatedError } from '../gateway/aws-error';
import type { Call, PreparedCall, Reply, Service } from '../gateway/call';
import { ec2Reply } from '../gateway/dialect';
import { tagContext, type Demand } from '../iam/demand';
import { QueryParameters } from '../wire/query';
import { items, type XmlObject } from '../wire/xml';
import { matchesFilters, type FilterFields } from './filters';
import type { Instance } from './instance';
import type { InstanceStore } from './instances';
import { attachmentView, instanceView, reservationView, stateView, statusView, volumeView } from './views';
import type { Volume } from './volumes';

const INSTANCE_FILTERS: FilterFields<Instance> = {
  'instance-id': (instance) => [instance.instanceId],
  'instance-state-name': (instance) => [instance.state],
  'availability-zone': (instance) => [instance.zone],
  'private-ip-address': (instance) => [instance.address],
  'vpc-id': (instance) => [instance.vpcId],
  'subnet-id': (instance) => [instance.spec.subnetId],
};

const VOLUME_FILTERS: FilterFields<Volume> = {
  'volume-id': (volume) => [volume.volumeId],
  'availability-zone': (volume) => [volume.spec.zone],
  status: (volume) => [volume.attachment === undefined ? 'available' : 'in-use'],
  'attachment.instance-id': (volume) => (volume.attachment === undefined ? [] : [volume.attachment.instanceId]),
  'attachment.status': (volume) => (volume.attachment === undefined ? [] : [volume.attachment.state]),
  'attachment.device': (volume) => (volume.attachment === undefined ? [] : [volume.attachment.device]),
};

interface Operation {
  /** Resources that the call acts on; a description acts on `*`. */
  demands?(parameters: QueryParameters): readonly Pick<Demand, 'resource' | 'context'>[];
  run(parameters: QueryParameters): XmlObject | Promise<XmlObject>;
}

/**
 * EC2's query API, as far as Holdfast calls it. Spec: the EC2 API reference (2016-11-15). Strict: a volume in use, in
 * another zone or on an instance that does not run is not attached; unknown ids, filters and actions are errors.
 * Not modelled: pages (answers are whole), dry runs, eventual consistency.
 */
export class Ec2Service implements Service {
  readonly name = 'ec2';

  constructor(
    private readonly instances: InstanceStore,
    private readonly account: Account,
  ) {}

  prepare(call: Call): PreparedCall {
    const parameters = QueryParameters.parse(new URLSearchParams(call.body.toString('utf8')));
    const name = parameters.text('Action') ?? '';
    const operation = this.operations[name];
    if (operation === undefined) throw new NotEmulatedError(`ec2:${name}`);
    if (parameters.flag('DryRun')) throw new NotEmulatedError(`a dry run of ec2:${name}`);
    const action = `ec2:${name}`;
    const targets = operation.demands?.(parameters) ?? [{ resource: '*', context: {} }];
    return {
      action,
      demands: targets.map((target) => ({ action, ...target })),
      run: async (): Promise<Reply> => ec2Reply(name, call.requestId, await operation.run(parameters)),
    };
  }

  private readonly operations: Readonly<Record<string, Operation>> = {
    DescribeInstances: {
      run: (parameters) => {
        const chosen = this.chosenInstances(parameters, 'InstanceId');
        return {
          reservationSet: items(
            chosen.map((instance) =>
              reservationView(
                instance,
                this.account.accountId,
                instanceView(instance, this.volumes.attachedTo(instance.instanceId)),
              ),
            ),
          ),
        };
      },
    },
    DescribeInstanceStatus: {
      run: (parameters) => {
        const all = parameters.flag('IncludeAllInstances');
        const chosen = this.chosenInstances(parameters, 'InstanceId').filter(
          (instance) => all || instance.state === 'running',
        );
        return {
          instanceStatusSet: items(
            chosen.map((instance) => {
              const since = instance.deadSinceMs === undefined ? undefined : new Date(instance.deadSinceMs);
              return statusView(instance, this.instances.isImpaired(instance), since);
            }),
          ),
        };
      },
    },
    DescribeVolumes: {
      run: (parameters) => {
        const matches = matchesFilters(parameters, VOLUME_FILTERS, (volume) => volume.spec.tags);
        const ids = parameters.texts('VolumeId');
        const candidates = ids.length === 0 ? this.volumes.list() : ids.map((id) => this.volumes.get(id));
        return { volumeSet: items(candidates.filter(matches).map(volumeView)) };
      },
    },
    DescribeTags: {
      run: (parameters) => {
        const resources = [
          ...this.instances.list().map(({ instanceId, spec }) => ['instance', instanceId, spec.tags] as const),
          ...this.volumes.list().map(({ volumeId, spec }) => ['volume', volumeId, spec.tags] as const),
        ];
        const entries = resources.flatMap(([resourceType, resourceId, tags]) =>
          Object.entries(tags).map(([key, value]) => ({ resourceId, resourceType, key, value })),
        );
        const matches = matchesFilters<(typeof entries)[number]>(
          parameters,
          {
            'resource-id': (entry) => [entry.resourceId],
            'resource-type': (entry) => [entry.resourceType],
            key: (entry) => [entry.key],
            value: (entry) => [entry.value],
          },
          (entry) => ({ [entry.key]: entry.value }),
        );
        return { tagSet: items(entries.filter(matches)) };
      },
    },
    AttachVolume: {
      demands: (parameters) => this.volumeAndInstance(parameters),
      run: (parameters) => {
        const instance = this.instances.get(required(parameters, 'InstanceId'));
        const volumeId = required(parameters, 'VolumeId');
        return attachmentView(this.volumes.attach(volumeId, instance, required(parameters, 'Device'))) ?? {};
      },
    },
    DetachVolume: {
      demands: (parameters) => this.volumeAndInstance(parameters),
      run: (parameters) => {
        const volumeId = required(parameters, 'VolumeId');
        const holder = this.instances.find(this.volumes.get(volumeId).attachment?.instanceId ?? '');
        const isAlive = holder !== undefined && this.instances.isMachineRunning(holder);
        const volume = this.volumes.detach(volumeId, parameters.text('InstanceId'), parameters.flag('Force'), isAlive);
        return attachmentView(volume) ?? {};
      },
    },
    ModifyVolume: {
      demands: (parameters) => [this.volumeTarget(required(parameters, 'VolumeId'))],
      run: async (parameters) => {
        const volumeId = required(parameters, 'VolumeId');
        const before = this.volumes.get(volumeId).spec;
        const { spec } = await this.volumes.modify(volumeId, {
          ...numeric(parameters, 'Size', 'sizeGiB'),
          ...numeric(parameters, 'Iops', 'iops'),
          ...numeric(parameters, 'Throughput', 'throughput'),
        });
        return {
          volumeModification: {
            volumeId,
            modificationState: 'optimizing',
            originalSize: before.sizeGiB,
            targetSize: spec.sizeGiB,
            progress: 0,
            startTime: new Date(),
          },
        };
      },
    },
    TerminateInstances: {
      demands: (parameters) => parameters.texts('InstanceId').map((id) => this.instanceTarget(id)),
      run: (parameters) => {
        const chosen = parameters.texts('InstanceId').map((id) => this.instances.get(id));
        const before = chosen.map(stateView);
        for (const { instanceId } of chosen) this.instances.terminateInBackground(instanceId);
        return {
          instancesSet: items(
            chosen.map((instance, index) => ({
              instanceId: instance.instanceId,
              currentState: stateView(instance),
              previousState: before[index],
            })),
          ),
        };
      },
    },
  };

  private get volumes() {
    return this.instances.volumes;
  }

  private chosenInstances(parameters: QueryParameters, idsName: string): readonly Instance[] {
    const ids = parameters.texts(idsName);
    const candidates = ids.length === 0 ? this.instances.list() : ids.map((id) => this.instances.get(id));
    return candidates.filter(matchesFilters(parameters, INSTANCE_FILTERS, (instance) => instance.spec.tags));
  }

  private volumeAndInstance(parameters: QueryParameters) {
    const instanceId = parameters.text('InstanceId');
    return [
      this.volumeTarget(required(parameters, 'VolumeId')),
      ...(instanceId === undefined ? [] : [this.instanceTarget(instanceId)]),
    ];
  }

  private volumeTarget(volumeId: string) {
    const tags = this.volumes.find(volumeId)?.spec.tags ?? {};
    return { resource: this.account.arn('ec2', `volume/${volumeId}`), context: tagContext('ec2', tags) };
  }

  private instanceTarget(instanceId: string) {
    const tags = this.instances.find(instanceId)?.spec.tags ?? {};
    return { resource: this.account.arn('ec2', `instance/${instanceId}`), context: tagContext('ec2', tags) };
  }
}

function required(parameters: QueryParameters, name: string): string {
  const value = parameters.text(name);
  if (value === undefined) {
    throw new AwsError('MissingParameter', `The request must contain the parameter ${name}`);
  }
  return value;
}

function numeric<K extends string>(parameters: QueryParameters, name: string, key: K): Partial<Record<K, number>> {
  const value = parameters.text(name);
  return value === undefined ? {} : ({ [key]: Number(value) } as Record<K, number>);
}
