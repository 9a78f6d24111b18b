import * as z from 'zod';
import type { FailoverEvent } from '../../core/event';
import { parseAs } from './parse';
import { positive, text, whole } from './scalars';

const event = z.object({
  term: positive,
  reason: text,
  from: text,
  to: text,
  suspectedAtMs: whole,
  convictedAtMs: whole,
  chosenAtMs: whole,
  promotedAtMs: whole,
  acceptedLoss: z.literal(true).exactOptional(),
  flippedAtMs: whole.exactOptional(),
});

/** @throws MalformedItemError */
export function decodeEvent(value: unknown, what = 'The event'): FailoverEvent {
  return parseAs(event, what, value);
}
