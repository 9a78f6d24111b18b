import * as z from 'zod';
import type { CoordinatorView } from '../../core/coordinator-view';
import { parseAs } from './parse';
import { address, lsnText, member, positive, slot, text, whole } from './scalars';

const finding = z.object({ code: text, detail: z.string(), slot: slot.exactOptional() });

const slotView = z.object({
  slot,
  statusAgeMs: whole.nullable(),
  instanceId: text.exactOptional(),
  address: address.exactOptional(),
  member: member.exactOptional(),
  role: z.enum(['none', 'standby', 'primary']),
  healthy: z.boolean(),
  reason: z.string().exactOptional(),
  activity: z.string(),
  leaving: z.boolean(),
  pledgedTerm: whole,
  postgres: z.enum(['absent', 'down', 'starting', 'frozen', 'up']),
  streaming: z.boolean(),
  timeline: positive.exactOptional(),
  lsn: lsnText.exactOptional(),
  lagBytes: whole.exactOptional(),
});

const view = z.object({
  by: text,
  atMs: whole,
  version: whole,
  findings: z.array(finding),
  waiting: text.exactOptional(),
  slots: z.array(slotView),
  endpoints: z
    .object({
      guardVersion: positive,
      writerAddress: address,
      readerAddresses: z.array(address),
      writerInPlace: z.boolean(),
    })
    .exactOptional(),
});

/** @throws MalformedItemError */
export function decodeView(value: unknown, what = 'The view'): CoordinatorView {
  return parseAs(view, what, value);
}
