import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CliError } from '../cli-error';

/** The region that the SDK finds: AWS_REGION, or the profile's. @throws CliError when there is none */
export async function defaultRegion(): Promise<string> {
  const client = new CloudFormationClient({});
  try {
    return await client.config.region();
  } catch (error) {
    throw new CliError('No region is chosen.', 'Give --region, or set AWS_REGION or a region in the profile.', error);
  } finally {
    client.destroy();
  }
}
