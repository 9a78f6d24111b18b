import { AssetHashType } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { withBundleDirectory } from './bundling';
import type { BundleLocation } from './user-data';

/** The oldest Node that runs the agent: Debian 13's own. */
const AGENT_TARGET = 'node20';

/** The program of every node with its files, as one zip in the account's asset bucket. */
export function nodeBundle(scope: Construct, id: string): BundleLocation {
  const program = { entry: 'agent/main.ts', outfile: 'agent.js', target: AGENT_TARGET };
  const asset = withBundleDirectory(
    program,
    { files: 'agent/files' },
    ({ path, digest }) => new Asset(scope, id, { path, assetHash: digest, assetHashType: AssetHashType.CUSTOM }),
  );
  return { bucketName: asset.s3BucketName, objectKey: asset.s3ObjectKey };
}
