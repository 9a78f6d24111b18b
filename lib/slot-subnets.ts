import type { ISubnet, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { HoldfastPropError } from './prop-error';

/**
 * One subnet for each slot, each in another zone, in the order that the VPC has them.
 *
 * While a VPC still has to be looked up it is a dummy with two zones, in which a selection by name or id finds
 * nothing. An error would stop the CLI from looking it up, so the dummy's subnets are used, and used twice: that template
 * is thrown away.
 *
 * @throws HoldfastPropError when there are fewer zones than slots
 */
export function slotSubnets(vpc: IVpc, selection: SubnetSelection | undefined, slotCount: number): readonly ISubnet[] {
  if (selection === undefined && vpc.privateSubnets.length === 0) {
    throw new HoldfastPropError(
      'vpc',
      'one without private subnets that reach the internet',
      'one that has them, or others that reach AWS by vpcSubnets',
    );
  }
  const selected = vpc.selectSubnets(selection ?? { subnetType: SubnetType.PRIVATE_WITH_EGRESS });
  const pending = selected.isPendingLookup === true;
  const candidates = pending && selected.subnets.length === 0 ? vpc.privateSubnets : selected.subnets;
  const byZone = new Map<string, ISubnet>();
  for (const subnet of candidates) {
    if (!byZone.has(subnet.availabilityZone)) {
      byZone.set(subnet.availabilityZone, subnet);
    }
  }
  const subnets = [...byZone.values()];
  if (subnets.length < slotCount && !pending) {
    throw new HoldfastPropError(
      'slots',
      slotCount,
      `at most as many slots as zones: the subnets lie in ${subnets.length} (a stack without account and region knows two zones: name them with the VPC's availabilityZones)`,
    );
  }
  return Array.from({ length: slotCount }, (_, index) => {
    const subnet = subnets[index % subnets.length];
    if (subnet === undefined) {
      throw new HoldfastPropError('vpcSubnets', selection, 'a selection of at least one subnet');
    }
    return subnet;
  });
}
