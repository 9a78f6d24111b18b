import * as z from 'zod';
import { parseAs } from './parse';
import { positive, text, whole } from './scalars';

/**
 * The health checker's sign of life. Each invocation takes the beat over from the one before by raising `generation`;
 * the older one's next beat is then refused, which ends it. No clocks are compared: who judges whether the beat has
 * stopped watches `count` by its own clock.
 */
export interface Beat {
  readonly invocationId: string;
  /** One more with every invocation. */
  readonly generation: number;
  /** One more with every beat of an invocation. */
  readonly count: number;
  /** Wall clocks, milliseconds since 1970, for people. */
  readonly startedAtMs: number;
  readonly atMs: number;
}

const beat = z.object({ invocationId: text, generation: positive, count: whole, startedAtMs: whole, atMs: whole });

/** @throws MalformedItemError */
export function decodeBeat(value: unknown, what = 'The beat'): Beat {
  return parseAs(beat, what, value);
}
