import { DEFAULT_AWS_TIMES } from '../aws/times';
import type { AwsTimes } from '../ports';

/** How slow AWS is in the lab: as slow as it is, or shortened for tests. What is in force is on every status screen. */
export const AWS_TIMES = {
  real: DEFAULT_AWS_TIMES,
  short: {
    impairedAfterMs: 10_000,
    groupCheckMs: 2_000,
    shuttingDownMs: 5_000,
    pendingMs: 500,
    dnsPropagationMs: 500,
    scheduleMinMs: 5_000,
    scheduleMaxMs: 20_000,
    templateTimeFactor: 0.05,
  },
} as const satisfies Record<string, AwsTimes>;

export type AwsTimesName = keyof typeof AWS_TIMES;

export function isAwsTimesName(name: string): name is AwsTimesName {
  return name in AWS_TIMES;
}
