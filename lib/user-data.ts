import { Stack } from 'aws-cdk-lib';
import { UserData } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { fillTemplate, readTemplateFile } from './template-file';

/** What a node is told about itself and its cluster, written to `PATH.nodeConfig` (core/names). The agent parses it. */
export interface NodeConfig {
  readonly cluster: string;
  readonly slot: string;
  readonly region: string;
  readonly volumeId: string;
  readonly registerTable: string;
  readonly hostedZoneId: string;
  readonly zoneName: string;
  readonly settingsParameter: string;
  readonly caCertificateParameter: string;
  readonly caSecretArn: string;
  readonly masterSecretArn: string;
  readonly monitorSecretArn: string;
  /** CloudWatch Logs' group that the journal is copied to. */
  readonly logGroup: string;
  /** Whom to tell that the node is ready: CloudFormation waits for it while it replaces nodes. */
  readonly signal: { readonly stackId: string; readonly resource: string };
}

/** Where the node bundle lies. The key contains the bundle's hash, so that another bundle is another launch template. */
export interface BundleLocation {
  readonly bucketName: string;
  readonly objectKey: string;
}

/** The user data of one slot's launch template: writes the node's configuration and starts the unit that fetches the bundle. */
export function nodeUserData(scope: Construct, config: NodeConfig, bundle: BundleLocation): UserData {
  return UserData.custom(
    fillTemplate(readTemplateFile('user-data.sh'), {
      NODE_CONFIG: Stack.of(scope).toJsonString(config),
      REGION: config.region,
      BUNDLE_BUCKET: bundle.bucketName,
      BUNDLE_KEY: bundle.objectKey,
      INSTALL_SCRIPT: readTemplateFile('holdfast-install.sh'),
      INSTALL_UNIT: readTemplateFile('holdfast-install.service'),
    }),
  );
}
