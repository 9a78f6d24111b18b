import { z } from 'zod';
import type { Account } from '../account';
import { AwsError, NotEmulatedError } from '../gateway/aws-error';
import type { Call, PreparedCall, Reply, Service } from '../gateway/call';
import { parseJsonCall } from '../proxied/json-call';
import type { LogStore } from './store';

const stream = z.object({ logGroupName: z.string().min(1), logStreamName: z.string().min(1) });
const event = z.object({ timestamp: z.int().nonnegative(), message: z.string().min(1) });
const put = stream.extend({ logEvents: z.array(event).min(1) });
const filter = z.object({
  logGroupName: z.string().min(1),
  startTime: z.int().nonnegative().default(0),
  logStreamNamePrefix: z.string().default(''),
  nextToken: z.string().regex(/^\d+$/).default('0'),
});

/** Limits of PutLogEvents: events in a batch, bytes in a batch, and what each event costs beside its text. */
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_048_576;
const EVENT_BYTES = 26;
/** Events older or younger than this are rejected, the others are taken. */
const TOO_OLD_MS = 14 * 86_400_000;
const TOO_NEW_MS = 2 * 3_600_000;
const PAGE = 1_000;

/** CloudWatch Logs, as far as Holdfast calls it. Spec: its API reference (2014-03-28). Not modelled: filter patterns. */
export class LogsService implements Service {
  readonly name = 'logs';

  constructor(
    private readonly logs: LogStore,
    private readonly account: Account,
  ) {}

  prepare(call: Call): PreparedCall {
    const { operation, input } = parseJsonCall(call);
    switch (operation) {
      case 'CreateLogStream': {
        const { logGroupName, logStreamName } = parse(stream, input);
        return this.prepared(operation, logGroupName, logStreamName, () => {
          this.logs.createStream(logGroupName, logStreamName);
          return {};
        });
      }
      case 'PutLogEvents': {
        const wanted = parse(put, input);
        return this.prepared(operation, wanted.logGroupName, wanted.logStreamName, () => this.put(wanted));
      }
      case 'FilterLogEvents': {
        const wanted = parse(filter, input);
        return this.prepared(operation, wanted.logGroupName, '', () => this.filter(wanted));
      }
      default:
        throw new NotEmulatedError(`logs:${operation}`);
    }
  }

  private prepared(operation: string, group: string, streamName: string, answer: () => object): PreparedCall {
    const action = `logs:${operation}`;
    const resource = this.account.arn('logs', `log-group:${group}:log-stream:${streamName}`);
    return {
      action,
      demands: [{ action, resource, context: {} }],
      run: (): Promise<Reply> =>
        Promise.resolve({
          status: 200,
          headers: { 'content-type': 'application/x-amz-json-1.1' },
          body: JSON.stringify(answer()),
        }),
    };
  }

  private put({ logGroupName, logStreamName, logEvents }: z.infer<typeof put>): object {
    const bytes = logEvents.reduce((sum, { message }) => sum + Buffer.byteLength(message) + EVENT_BYTES, 0);
    if (logEvents.length > MOST_EVENTS || bytes > MOST_BYTES) {
      throw new AwsError('InvalidParameterException', 'Upload too large: more than 10000 events or 1048576 bytes');
    }
    if (logEvents.some(({ timestamp }, at) => timestamp < (logEvents[at - 1]?.timestamp ?? 0))) {
      throw new AwsError('InvalidParameterException', 'Log events in a single PutLogEvents request must be in order.');
    }
    const nowMs = Date.now();
    const taken = logEvents.filter(({ timestamp }) => timestamp > nowMs - TOO_OLD_MS && timestamp < nowMs + TOO_NEW_MS);
    const events = taken.map(({ timestamp, message }) => ({ atMs: timestamp, message }));
    this.logs.put(logGroupName, logStreamName, events);
    return taken.length === logEvents.length ? {} : { rejectedLogEventsInfo: {} };
  }

  private filter({ logGroupName, startTime, logStreamNamePrefix, nextToken }: z.infer<typeof filter>): object {
    const all = this.logs.filter(logGroupName, { sinceMs: startTime, streamPrefix: logStreamNamePrefix });
    const from = Number(nextToken);
    const page = all.slice(from, from + PAGE);
    return {
      events: page.map(({ id, atMs, stream: logStreamName, message }) => ({
        ...{ eventId: id, timestamp: atMs, ingestionTime: atMs, logStreamName, message },
      })),
      ...(all.length > from + PAGE ? { nextToken: String(from + PAGE) } : {}),
    };
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new AwsError('InvalidParameterException', z.prettifyError(parsed.error));
}
