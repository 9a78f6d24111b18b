import * as z from 'zod';
import { parseAs } from './parse';
import { text } from './scalars';

/** The cluster's certificate authority: what everyone may know of it. */
export interface CaItem {
  /** PEM. */
  readonly certificate: string;
  /** Version of the CA's secret that holds the matching key; whoever lost the race to make the CA left another one. */
  readonly secretVersionId: string;
}

const ca = z.object({
  certificate: z.string().startsWith('-----BEGIN CERTIFICATE-----', 'expected a PEM certificate'),
  secretVersionId: text,
});

/** @throws MalformedItemError */
export function decodeCa(value: unknown, what = 'The CA item'): CaItem {
  return parseAs(ca, what, value);
}
