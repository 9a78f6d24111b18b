import type { AwsTimes } from '../ports';

/**
 * AWS's own orders of magnitude. Sources: an impaired host is noticed after minutes and its volume came free about ten
 * minutes after it died; Route 53 promises propagation "generally within 60 seconds" and is usually far quicker in a
 * private zone; two starts of a one-minute schedule can lie almost two minutes apart.
 */
export const DEFAULT_AWS_TIMES: AwsTimes = {
  impairedAfterMs: 180_000,
  groupCheckMs: 30_000,
  shuttingDownMs: 120_000,
  pendingMs: 5_000,
  dnsPropagationMs: 2_000,
  scheduleMinMs: 5_000,
  scheduleMaxMs: 115_000,
};
