import { PARTITION, URL_SUFFIX, type Account } from '../account';
import type { Instance, Notice } from '../ec2/instance';
import type { VpcNetwork } from '../ec2/network';

/** A directory of the metadata, or the text of a leaf. `undefined` leaves are answered with 404, as if never there. */
export type MetadataNode = string | { readonly [name: string]: MetadataNode | undefined };

export interface MetadataSources {
  readonly account: Account;
  readonly network: VpcNetwork;
  /** `InService`, `Terminated`; undefined for an instance of no group. */
  readonly targetLifecycleState: (instanceId: string) => string | undefined;
  /** The JSON that `iam/security-credentials/<role>` answers. */
  readonly credentials: (instance: Instance) => string;
}

/** Everything an instance sees of itself, built anew for each request. Source: "Instance metadata categories" in the EC2 user guide. */
export function metadataTree(instance: Instance, sources: MetadataSources): MetadataNode {
  return {
    'meta-data': metaData(instance, sources),
    'user-data': instance.spec.userData.length === 0 ? undefined : instance.spec.userData.toString('utf8'),
    dynamic: { 'instance-identity': { document: identityDocument(instance, sources.account) } },
  };
}

function metaData(instance: Instance, sources: MetadataSources): MetadataNode {
  const { spec } = instance;
  const groupNames = spec.securityGroupIds.map((id) => sources.network.securityGroups.get(id)?.groupName ?? id);
  const lifecycle = sources.targetLifecycleState(instance.instanceId);
  return {
    'ami-id': spec.imageId,
    'ami-launch-index': '0',
    'ami-manifest-path': '(unknown)',
    autoscaling: lifecycle === undefined ? undefined : { 'target-lifecycle-state': lifecycle },
    'block-device-mapping': { ami: spec.rootDevice.name, root: spec.rootDevice.name },
    events: { maintenance: { history: '[]', scheduled: JSON.stringify(maintenance(instance.notice)) } },
    hostname: instance.privateDnsName,
    iam: iam(instance, sources),
    'instance-action': 'none',
    'instance-id': instance.instanceId,
    'instance-life-cycle': 'on-demand',
    'instance-type': spec.instanceType,
    'local-hostname': instance.privateDnsName,
    'local-ipv4': instance.address,
    mac: instance.macAddress,
    network: { interfaces: { macs: { [instance.macAddress]: networkInterface(instance, sources, groupNames) } } },
    placement: {
      'availability-zone': instance.zone,
      'availability-zone-id': zoneId(instance.zone),
      region: sources.account.region,
    },
    profile: 'default-hvm',
    'reservation-id': instance.reservationId,
    'security-groups': groupNames.join('\n'),
    services: { domain: URL_SUFFIX, partition: PARTITION },
    spot: spotAction(instance.notice),
    tags: spec.metadata.tagsShown ? { instance: spec.tags } : undefined,
  };
}

/** Source: "Spot Instance interruption notices" in the EC2 user guide; nothing is there until one is given. */
function spotAction(notice: Notice | undefined): MetadataNode | undefined {
  if (notice?.kind !== 'spot') return undefined;
  const time = notice.at.toISOString().replace(/\.\d+Z$/, 'Z');
  return { 'instance-action': JSON.stringify({ action: 'terminate', time }), 'termination-time': time };
}

/** Source: "View the scheduled events for your instances" in the EC2 user guide, with its form of dates. */
function maintenance(notice: Notice | undefined): object[] {
  if (notice?.kind !== 'maintenance') return [];
  const at = (date: Date) => {
    const [, day = '', month = '', year = '', time = ''] =
      /, (\d+) (\w+) (\d+) ([\d:]+) GMT/.exec(date.toUTCString()) ?? [];
    return `${Number(day)} ${month} ${year} ${time} GMT`;
  };
  return [
    {
      ...{ NotBefore: at(notice.at), NotAfter: at(new Date(notice.at.getTime() + 2 * 3600_000)) },
      ...{
        Code: 'system-reboot',
        Description: 'scheduled reboot',
        EventId: 'instance-event-0d59937288b749b32',
        State: 'active',
      },
    },
  ];
}

/** `eu-west-1b` is `euw1-az2`; which letter is which number differs between accounts. */
function zoneId(zone: string): string {
  const [area = '', direction = '', last = ''] = zone.split('-');
  return `${area}${direction.charAt(0)}${last.slice(0, -1)}-az${last.charCodeAt(last.length - 1) - 96}`;
}

function iam(instance: Instance, sources: MetadataSources): MetadataNode | undefined {
  const { roleName, instanceProfileArn } = instance.spec;
  if (roleName === undefined) return undefined;
  const info = { Code: 'Success', LastUpdated: new Date().toISOString(), InstanceProfileArn: instanceProfileArn };
  return { info: JSON.stringify(info), 'security-credentials': { [roleName]: sources.credentials(instance) } };
}

function networkInterface(instance: Instance, sources: MetadataSources, groupNames: readonly string[]): MetadataNode {
  const subnet = sources.network.subnet(instance.spec.subnetId);
  const vpcCidr = sources.network.vpcs.get(subnet.vpcId)?.cidr;
  return {
    'device-number': '0',
    'interface-id': instance.networkInterfaceId,
    'local-hostname': instance.privateDnsName,
    'local-ipv4s': instance.address,
    mac: instance.macAddress,
    'owner-id': sources.account.accountId,
    'security-group-ids': instance.spec.securityGroupIds.join('\n'),
    'security-groups': groupNames.join('\n'),
    'subnet-id': subnet.subnetId,
    'subnet-ipv4-cidr-block': subnet.cidr,
    'vpc-id': subnet.vpcId,
    'vpc-ipv4-cidr-block': vpcCidr,
    'vpc-ipv4-cidr-blocks': vpcCidr,
  };
}

function identityDocument(instance: Instance, account: Account): string {
  return JSON.stringify(
    {
      accountId: account.accountId,
      architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
      availabilityZone: instance.zone,
      billingProducts: null,
      imageId: instance.spec.imageId,
      instanceId: instance.instanceId,
      instanceType: instance.spec.instanceType,
      kernelId: null,
      pendingTime: instance.launchedAt.toISOString().replace(/\.\d+Z$/, 'Z'),
      privateIp: instance.address,
      ramdiskId: null,
      region: account.region,
      version: '2017-09-30',
    },
    undefined,
    2,
  );
}

/** What a path answers: a leaf's text, a directory's entries one a line (directories with a slash), or nothing. */
export function lookUp(tree: MetadataNode, path: readonly string[]): string | undefined {
  let node: MetadataNode | undefined = tree;
  for (const part of path) {
    if (typeof node !== 'object' || !Object.hasOwn(node, part)) return undefined;
    node = node[part];
  }
  if (typeof node !== 'object') return node;
  return Object.entries(node)
    .filter(([, child]) => child !== undefined)
    .map(([name, child]) => (typeof child === 'object' ? `${name}/` : name))
    .join('\n');
}
