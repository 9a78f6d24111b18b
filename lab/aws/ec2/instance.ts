/** What an instance is launched from: the launch template's data, merged with the group's choices. */
export interface LaunchSpec {
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  readonly imageId: string;
  readonly instanceType: string;
  /** Decoded. */
  readonly userData: Buffer;
  /** The role behind the instance profile; absent: no credentials in the metadata. */
  readonly roleName?: string;
  readonly instanceProfileArn?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: { readonly tokensRequired: boolean; readonly tagsShown: boolean };
  readonly rootDevice: { readonly name: string; readonly sizeGiB: number };
}

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated';

/** Source: `InstanceState` in the EC2 API reference. */
export const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
};

export interface Instance {
  readonly instanceId: string;
  readonly spec: LaunchSpec;
  readonly address: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly launchedAt: Date;
  readonly privateDnsName: string;
  readonly macAddress: string;
  readonly reservationId: string;
  readonly networkInterfaceId: string;
  state: InstanceState;
  /** When its machine was first seen dead although nobody stopped it. */
  deadSinceMs?: number;
  stateReason?: StateReason;
  /** What EC2 announces to it in its metadata. */
  notice?: Notice;
}

/** A spot interruption, or scheduled maintenance. */
export interface Notice {
  readonly kind: 'spot' | 'maintenance';
  readonly at: Date;
}

/** Why an instance is in its state. Source: `StateReason` in the EC2 API reference. */
export interface StateReason {
  readonly code: string;
  readonly message: string;
}

/** `ip-10-0-1-5.eu-west-1.compute.internal`, IP-based naming, as every subnet has it unless told otherwise. */
export function privateDnsName(address: string, region: string): string {
  return `ip-${address.replaceAll('.', '-')}.${region}.compute.internal`;
}

/** Of the low-memory sizes of the burstable family. */
const SMALL_MIB: Readonly<Record<string, number>> = { nano: 512, micro: 1024, small: 2048, medium: 4096, large: 8192 };
const GIB_PER_LARGE: Readonly<Record<string, number>> = { c: 4, m: 8, r: 16, x: 32, i: 16, z: 16 };

/** Memory of an instance type by AWS's naming rule: the family's ratio times the size. Undefined for an unknown family. */
export function memoryMiBOf(instanceType: string): number | undefined {
  const [family = '', size = ''] = instanceType.split('.');
  if (family.startsWith('t') && SMALL_MIB[size] !== undefined) return SMALL_MIB[size];
  const gibPerLarge = family.startsWith('t') ? 8 : GIB_PER_LARGE[family.charAt(0)];
  const larges = size === 'medium' ? 0.5 : size === 'large' ? 1 : size === 'xlarge' ? 2 : xlarges(size);
  return gibPerLarge === undefined || larges === undefined ? undefined : gibPerLarge * larges * 1024;
}

function xlarges(size: string): number | undefined {
  const match = /^(\d+)xlarge$/.exec(size);
  return match === null ? undefined : 2 * Number(match[1]);
}
