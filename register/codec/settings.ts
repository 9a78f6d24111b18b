import * as z from 'zod';
import type { Settings } from '../../core/settings';
import { parseJsonAs } from './parse';
import { positive, slot, text, whole } from './scalars';

const settings = z.object({
  slots: z.array(slot).min(1),
  databaseName: text,
  masterUsername: text,
  extensions: z.array(text),
  parameters: z.record(z.string(), z.string()),
  acks: whole,
  whenNoStandby: z.enum(['degrade', 'block']),
  postgresVersion: text,
  maxStorageGiB: positive.optional(),
});

/** Reads the value of the settings parameter. @throws MalformedItemError */
export function parseSettings(json: string, what = 'The settings parameter'): Settings {
  return parseJsonAs(settings, what, json);
}
