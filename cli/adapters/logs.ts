import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';

export interface LogLine {
  readonly id: string;
  readonly atMs: number;
  readonly stream: string;
  readonly text: string;
}

export interface LogQuery {
  readonly group: string;
  readonly sinceMs: number;
  /** Only streams whose name begins so. */
  readonly streamPrefix?: string;
}

/** CloudWatch Logs, read side. */
export class Logs {
  private readonly client: CloudWatchLogsClient;

  constructor(region: string) {
    this.client = new CloudWatchLogsClient({ region });
  }

  /** Everything since then, oldest first. */
  async read({ group, sinceMs, streamPrefix }: LogQuery): Promise<readonly LogLine[]> {
    const lines: LogLine[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.client.send(
        new FilterLogEventsCommand({
          logGroupName: group,
          startTime: sinceMs,
          ...(streamPrefix === undefined ? {} : { logStreamNamePrefix: streamPrefix }),
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      );
      for (const { eventId = '', timestamp = 0, logStreamName = '', message = '' } of page.events ?? []) {
        lines.push({ id: eventId, atMs: timestamp, stream: logStreamName, text: message.trimEnd() });
      }
      ({ nextToken } = page);
    } while (nextToken !== undefined);
    return lines.sort((left, right) => left.atMs - right.atMs);
  }

  close(): void {
    this.client.destroy();
  }
}
