import type { IMachineImage, InstanceType } from 'aws-cdk-lib/aws-ec2';
import { InstanceArchitecture, MachineImage } from 'aws-cdk-lib/aws-ec2';

/** A version of Debian 13's official image, as Debian's cloud team publishes it. Raised on purpose: each raise replaces every node. */
export const DEFAULT_MACHINE_IMAGE_VERSION = '20260914-2601';

/**
 * Debian 13 by its public, versioned SSM parameter. The parameter's name is part of the template parameter's logical
 * id, so a raised version takes effect: `cdk deploy` keeps the previous value of a template parameter that it knows.
 */
export function debianImage(version: string, instanceType: InstanceType): IMachineImage {
  const architecture = instanceType.architecture === InstanceArchitecture.ARM_64 ? 'arm64' : 'amd64';
  return MachineImage.fromSsmParameter(`/aws/service/debian/release/13/${version}/${architecture}`);
}
