import { randomUUID } from 'node:crypto';
import type { AwsTimes } from '../../ports';
import type { Account } from '../account';
import type { Background } from '../background';
import type { FunctionStore } from '../functions/store';

const UNIT_MINUTES: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1440 };

export interface RuleTarget {
  readonly functionName: string;
  /** The target's constant input; absent: the scheduled event itself. */
  readonly input: string | undefined;
}

export interface RuleSpec {
  readonly arn: string;
  readonly periodMinutes: number;
  readonly targets: readonly RuleTarget[];
}

/** Minutes of `rate(5 minutes)`. */
export function parseRate(expression: string): number {
  const match = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  const minutes = Number(match?.[1]) * (UNIT_MINUTES[match?.[2] ?? ''] ?? NaN);
  if (!(minutes >= 1)) throw new Error(`the lab knows schedules like rate(1 minute), not ${expression}`);
  return minutes;
}

/**
 * EventBridge schedules: `rate(…)` rules that start functions, if the function's permissions let them. They are not periodic: two starts of a one-minute schedule lie between `scheduleMinMs` and
 * `scheduleMaxMs`. The first comes soon after the rule was made.
 */
export class RuleStore {
  private isDown = false;

  constructor(
    private readonly account: Account,
    private readonly functions: FunctionStore,
    private readonly times: AwsTimes,
    private readonly background: Background,
    private readonly log: (line: string) => void,
    private readonly random: () => number = Math.random,
  ) {}

  /** As when the service itself fails in a region: no schedule fires until it is over, and none is made up for. */
  setOutage(isDown: boolean): void {
    this.isDown = isDown;
  }

  create(rule: RuleSpec): void {
    const { scheduleMinMs, scheduleMaxMs } = this.times;
    this.background.after(this.random() * scheduleMinMs, `the schedule ${rule.arn}`, () => {
      this.fire(rule);
      const wait = () => (scheduleMinMs + this.random() * (scheduleMaxMs - scheduleMinMs)) * rule.periodMinutes;
      this.background.every(wait, `the schedule ${rule.arn}`, () => this.fire(rule));
    });
  }

  private fire(rule: RuleSpec): void {
    if (this.isDown) return;
    const event = {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: this.account.accountId,
      time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      region: this.account.region,
      resources: [rule.arn],
      detail: {},
    };
    for (const { functionName, input } of rule.targets) {
      if (!this.functions.permits(functionName, 'events.amazonaws.com', rule.arn)) {
        this.log(`DENIED lambda:InvokeFunction on ${functionName} to events.amazonaws.com for ${rule.arn}`);
        continue;
      }
      this.functions.invokeAsync(functionName, input === undefined ? event : JSON.parse(input));
    }
  }
}
