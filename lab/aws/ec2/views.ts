import { items, type XmlObject, type XmlValue } from '../wire/xml';
import { STATE_CODES, type Instance } from './instance';
import type { Volume } from './volumes';

/** How instances and volumes are written in EC2's answers. */

export function tagSet(tags: Readonly<Record<string, string>>): XmlValue {
  return items(Object.entries(tags).map(([key, value]) => ({ key, value })));
}

export function attachmentView(volume: Volume): XmlObject | undefined {
  const { attachment } = volume;
  if (attachment === undefined) return undefined;
  return {
    volumeId: volume.volumeId,
    instanceId: attachment.instanceId,
    device: attachment.device,
    status: attachment.state,
    attachTime: attachment.attachedAt,
    deleteOnTermination: attachment.deleteOnTermination,
  };
}

export function volumeView(volume: Volume): XmlObject {
  const { spec } = volume;
  const attachment = attachmentView(volume);
  return {
    volumeId: volume.volumeId,
    size: spec.sizeGiB,
    snapshotId: '',
    availabilityZone: spec.zone,
    status: attachment === undefined ? 'available' : 'in-use',
    createTime: volume.createdAt,
    attachmentSet: items(attachment === undefined ? [] : [attachment]),
    tagSet: tagSet(spec.tags),
    volumeType: spec.volumeType,
    iops: spec.iops,
    throughput: spec.throughput,
    encrypted: spec.encrypted,
    multiAttachEnabled: false,
  };
}

export function stateView(instance: Instance): XmlObject {
  return { code: STATE_CODES[instance.state], name: instance.state };
}

export function instanceView(instance: Instance, volumes: readonly Volume[]): XmlObject {
  const { spec } = instance;
  const isGone = instance.state === 'terminated';
  return {
    instanceId: instance.instanceId,
    imageId: spec.imageId,
    instanceState: stateView(instance),
    privateDnsName: isGone ? '' : instance.privateDnsName,
    dnsName: '',
    reason: instance.stateReason?.message ?? '',
    amiLaunchIndex: 0,
    instanceType: spec.instanceType,
    launchTime: instance.launchedAt,
    placement: { availabilityZone: instance.zone, groupName: '', tenancy: 'default' },
    monitoring: { state: 'disabled' },
    subnetId: isGone ? undefined : spec.subnetId,
    vpcId: isGone ? undefined : instance.vpcId,
    privateIpAddress: isGone ? undefined : instance.address,
    sourceDestCheck: true,
    groupSet: items(spec.securityGroupIds.map((groupId) => ({ groupId }))),
    stateReason:
      instance.stateReason === undefined
        ? undefined
        : { code: instance.stateReason.code, message: instance.stateReason.message },
    architecture: 'arm64',
    rootDeviceType: 'ebs',
    rootDeviceName: spec.rootDevice.name,
    blockDeviceMapping: items(
      volumes.map((volume) => ({
        deviceName: volume.attachment?.device,
        ebs: {
          volumeId: volume.volumeId,
          status: volume.attachment?.state,
          attachTime: volume.attachment?.attachedAt,
          deleteOnTermination: volume.attachment?.deleteOnTermination,
        },
      })),
    ),
    virtualizationType: 'hvm',
    tagSet: tagSet(spec.tags),
    hypervisor: 'xen',
    iamInstanceProfile: spec.instanceProfileArn === undefined ? undefined : { arn: spec.instanceProfileArn },
    ebsOptimized: true,
    enaSupport: true,
    metadataOptions: {
      state: 'applied',
      httpTokens: spec.metadata.tokensRequired ? 'required' : 'optional',
      httpEndpoint: 'enabled',
    },
  };
}

export function reservationView(instance: Instance, ownerId: string, view: XmlObject): XmlObject {
  return {
    reservationId: instance.reservationId,
    ownerId,
    groupSet: items([]),
    instancesSet: items([view]),
  };
}

/** Both checks fail together: the lab knows one way for a host to die. */
export function statusView(instance: Instance, isImpaired: boolean, impairedSince: Date | undefined): XmlObject {
  const status = instance.state !== 'running' ? 'not-applicable' : isImpaired ? 'impaired' : 'ok';
  const check = {
    status,
    details:
      status === 'not-applicable'
        ? undefined
        : items([
            {
              name: 'reachability',
              status: isImpaired ? 'failed' : 'passed',
              impairedSince: isImpaired ? impairedSince : undefined,
            },
          ]),
  };
  return {
    instanceId: instance.instanceId,
    availabilityZone: instance.zone,
    instanceState: stateView(instance),
    systemStatus: check,
    instanceStatus: check,
  };
}
