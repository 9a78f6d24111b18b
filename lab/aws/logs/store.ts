import { AwsError } from '../gateway/aws-error';
import { newSuffix } from '../ids';

export interface LogEvent {
  readonly id: string;
  readonly atMs: number;
  readonly stream: string;
  readonly message: string;
}

export interface LogFilter {
  readonly sinceMs: number;
  readonly streamPrefix: string;
}

interface Group {
  readonly streams: Set<string>;
  readonly events: LogEvent[];
}

/** Of each group; older ones are forgotten. AWS forgets by age. */
const KEPT_EVENTS = 20_000;

/** CloudWatch Logs' groups, with what was written into them. */
export class LogStore {
  private readonly groups = new Map<string, Group>();

  createGroup(name: string): void {
    if (!this.groups.has(name)) this.groups.set(name, { streams: new Set(), events: [] });
  }

  createStream(group: string, stream: string): void {
    const { streams } = this.group(group);
    if (streams.has(stream)) {
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
    }
    streams.add(stream);
  }

  put(group: string, stream: string, events: readonly { readonly atMs: number; readonly message: string }[]): void {
    const { streams, events: kept } = this.group(group);
    if (!streams.has(stream)) {
      throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    }
    kept.push(...events.map((event) => ({ ...event, stream, id: newSuffix(24) })));
    kept.splice(0, kept.length - KEPT_EVENTS);
  }

  /** As a service of AWS itself writes: it makes what is missing. */
  append(group: string, stream: string, message: string): void {
    this.createGroup(group);
    this.group(group).streams.add(stream);
    this.put(group, stream, [{ atMs: Date.now(), message }]);
  }

  filter(group: string, { sinceMs, streamPrefix }: LogFilter): readonly LogEvent[] {
    return this.group(group)
      .events.filter(({ atMs, stream }) => atMs >= sinceMs && stream.startsWith(streamPrefix))
      .sort((left, right) => left.atMs - right.atMs);
  }

  private group(name: string): Group {
    const found = this.groups.get(name);
    if (found === undefined) {
      throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    }
    return found;
  }
}
