import * as z from 'zod';
import { type Operation, OPERATION_KINDS } from '../../core/operation';
import { parseAs } from './parse';
import { positive, slot, text, whole } from './scalars';

const operation = z.object({
  kind: z.enum(OPERATION_KINDS),
  atMs: whole,
  by: text,
  term: positive,
  reason: text.exactOptional(),
  slot: slot.exactOptional(),
});

/** @throws MalformedItemError */
export function decodeOperation(value: unknown, what = 'The operation'): Operation {
  return parseAs(operation, what, value);
}
