import { CloudFormationClient, paginateDescribeStacks, type Stack as AwsStack } from '@aws-sdk/client-cloudformation';
import type { Stack } from '../cluster';

/** CloudFormation's stacks with their outputs: where clusters are found. */
export class Stacks {
  private readonly client: CloudFormationClient;

  constructor(region: string) {
    this.client = new CloudFormationClient({ region });
  }

  /** One by its name, or all of the region. @throws what AWS says, also when there is none of that name */
  async describe(name: string | undefined): Promise<readonly Stack[]> {
    const found: Stack[] = [];
    const pages = paginateDescribeStacks({ client: this.client }, name === undefined ? {} : { StackName: name });
    for await (const { Stacks: stacks = [] } of pages) found.push(...stacks.map(stackOf));
    return found;
  }

  close(): void {
    this.client.destroy();
  }
}

function stackOf({ StackName = '', Outputs = [] }: AwsStack): Stack {
  return {
    name: StackName,
    outputs: Object.fromEntries(Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue])),
  };
}
