import type { IMachineImage } from 'aws-cdk-lib/aws-ec2';
import { InstanceArchitecture, InstanceType, MachineImage } from 'aws-cdk-lib/aws-ec2';
import type { PostgresClusterProps } from './postgres-cluster-props';
import { HoldfastPropError } from './prop-error';

/** A version of Debian 13's official image, as Debian's cloud team publishes it. Raised on purpose: each raise replaces every node. */
export const DEFAULT_MACHINE_IMAGE_VERSION = '20260914-2601';

/** What a node boots on. */
export interface Machine {
  readonly instanceType: InstanceType;
  readonly image: IMachineImage;
}

/**
 * The nodes' instance type and image, checked.
 *
 * @throws HoldfastPropError naming the property, its value and what is allowed
 */
export function machineOf(props: PostgresClusterProps): Machine {
  const instanceType = props.instanceType ?? new InstanceType('t4g.medium');
  const architecture = debianArchitecture(instanceType);
  const version = props.machineImageVersion;
  if (props.machineImage !== undefined) {
    if (version !== undefined) {
      throw new HoldfastPropError('machineImageVersion', version, 'nothing when machineImage is given');
    }
    return { instanceType, image: props.machineImage };
  }
  if (version !== undefined && !/^\d{8}-\d+$/.test(version)) {
    throw new HoldfastPropError(
      'machineImageVersion',
      version,
      '<yyyymmdd>-<number>; "latest" would replace every node at an unrelated deploy',
    );
  }
  return { instanceType, image: debianImage(version ?? DEFAULT_MACHINE_IMAGE_VERSION, architecture) };
}

function debianArchitecture(instanceType: InstanceType): 'arm64' | 'amd64' {
  const name = instanceType.toString();
  if (!/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(name)) {
    throw new HoldfastPropError('instanceType', name, 'an EC2 instance type, e.g. t4g.medium');
  }
  return instanceType.architecture === InstanceArchitecture.ARM_64 ? 'arm64' : 'amd64';
}

/**
 * Debian 13 by its public, versioned SSM parameter. The parameter's name is part of the template parameter's logical
 * id, so a raised version takes effect: `cdk deploy` keeps the previous value of a template parameter that it knows.
 */
function debianImage(version: string, architecture: 'arm64' | 'amd64'): IMachineImage {
  return MachineImage.fromSsmParameter(`/aws/service/debian/release/13/${version}/${architecture}`);
}
