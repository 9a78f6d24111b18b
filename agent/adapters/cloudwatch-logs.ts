import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { ShippedLine } from '../log-shipper';
import { AwsCallFailed, calling, type ClientSettings } from './aws';

/** One stream of the nodes' log group; made when the first line is put. */
export class LogStream {
  private readonly client: CloudWatchLogsClient;

  constructor(
    settings: ClientSettings,
    private readonly logGroupName: string,
    private readonly logStreamName: string,
  ) {
    this.client = new CloudWatchLogsClient(settings);
  }

  /** In order of time. @throws AwsCallFailed */
  async put(lines: readonly ShippedLine[]): Promise<void> {
    try {
      await this.putOnce(lines);
    } catch (error) {
      if (!(error instanceof AwsCallFailed && error.code === 'ResourceNotFoundException')) throw error;
      await this.create();
      await this.putOnce(lines);
    }
  }

  private async putOnce(lines: readonly ShippedLine[]): Promise<void> {
    const { logGroupName, logStreamName } = this;
    const logEvents = lines.map(({ atMs, message }) => ({ timestamp: atMs, message }));
    await calling('PutLogEvents', () =>
      this.client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents })),
    );
  }

  private async create(): Promise<void> {
    const { logGroupName, logStreamName } = this;
    await calling('CreateLogStream', () =>
      this.client.send(new CreateLogStreamCommand({ logGroupName, logStreamName })),
    );
  }
}
