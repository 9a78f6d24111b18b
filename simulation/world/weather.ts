/** How often small things go wrong, as probabilities for each single message, call or step. */
export interface Weather {
  /** A message between two hosts is lost. */
  readonly lostMessage: number;
  /** A message, or a step of a process of PostgreSQL, takes up to a second. */
  readonly slowMessage: number;
  readonly slowStep: number;
  /** A call of the register goes wrong, in one of all ways. */
  readonly badCall: number;
}

export const CALM: Weather = { lostMessage: 0, slowMessage: 0, slowStep: 0, badCall: 0 };
export const BREEZE: Weather = { lostMessage: 0.03, slowMessage: 0.08, slowStep: 0.03, badCall: 0.08 };
export const STORM: Weather = { lostMessage: 0.12, slowMessage: 0.25, slowStep: 0.1, badCall: 0.25 };
