/**
 * A position in the write-ahead log, as PostgreSQL's `pg_lsn`: `XXXXXXXX/YYYYYYYY` in hexadecimal.
 * Kept as the 64-bit number it is, so that comparing never compares text.
 */
export type Lsn = bigint & { readonly __brand: 'Lsn' };

const PATTERN = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;

/** @throws Error when the text is not a pg_lsn. */
export function parseLsn(text: string): Lsn {
  const match = PATTERN.exec(text);
  const high = match?.[1];
  const low = match?.[2];
  if (high === undefined || low === undefined) {
    throw new Error(`"${text}" is not a WAL position. Expected hexadecimal HIGH/LOW, for example 0/3000148.`);
  }
  return ((BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)) as Lsn;
}

/** The form PostgreSQL prints: no leading zeros. */
export function formatLsn(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffffffffn).toString(16).toUpperCase()}`;
}

/** Bytes from `from` up to `to`; 0 when `to` is not ahead. */
export function bytesBetween(from: Lsn, to: Lsn): number {
  return to > from ? Number(to - from) : 0;
}

export const ZERO_LSN = 0n as Lsn;
