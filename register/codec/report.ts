import * as z from 'zod';
import type { NodeReport } from '../../core/status';
import { parseAs } from './parse';
import { address, member, slot, text } from './scalars';

const report = z.object({
  slot,
  address,
  instanceId: text,
  member: member.nullable(),
  hasHistory: z.boolean(),
});

/** @throws MalformedItemError */
export function decodeReport(value: unknown, what = 'The report'): NodeReport {
  return parseAs(report, what, value);
}
