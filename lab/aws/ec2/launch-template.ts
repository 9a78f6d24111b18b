import type { LaunchSpec } from './instance';

/** A launch template's one version. */
export interface LaunchTemplateData {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  /** Absent when the group chooses. */
  readonly instanceType: string | undefined;
  readonly userData: Buffer;
  readonly profile: { readonly arn: string; readonly roleName: string } | undefined;
  readonly securityGroupIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: LaunchSpec['metadata'];
  readonly rootDevice: LaunchSpec['rootDevice'];
}

export function launchSpec(
  template: LaunchTemplateData,
  choice: {
    readonly subnetId: string;
    readonly instanceType: string;
    readonly tags: Readonly<Record<string, string>>;
  },
): LaunchSpec {
  const { imageId, userData, securityGroupIds, metadata, rootDevice, profile } = template;
  return {
    ...{ imageId, userData, securityGroupIds, metadata, rootDevice },
    subnetId: choice.subnetId,
    instanceType: choice.instanceType,
    tags: { ...template.tags, ...choice.tags },
    ...(profile === undefined ? {} : { roleName: profile.roleName, instanceProfileArn: profile.arn }),
  };
}
