import * as z from 'zod';
import { formatLsn } from '../../core/lsn';
import type { Pledge } from '../../core/pledge';
import { ancestry, encodeAncestor } from './lineage';
import { parseAs } from './parse';
import { address, lsn, member, positive, text } from './scalars';

const pledge = z.object({
  member,
  term: positive,
  endLsn: lsn,
  ancestry,
  electable: z.boolean(),
  reason: text.exactOptional(),
  address,
});

/** @throws MalformedItemError */
export function decodePledge(value: unknown, what = 'The pledge'): Pledge {
  return parseAs(pledge, what, value);
}

export function encodePledge(pledge: Pledge): Record<string, unknown> {
  return { ...pledge, endLsn: formatLsn(pledge.endLsn), ancestry: pledge.ancestry.map(encodeAncestor) };
}
