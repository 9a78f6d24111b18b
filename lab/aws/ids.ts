import { randomBytes } from 'node:crypto';

/** An id as EC2 makes them: `i-0123456789abcdef0`. */
export function newResourceId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString('hex')}`;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The random tail of names that CloudFormation makes, of access keys and of hosted zones. */
export function newSuffix(length: number): string {
  return Array.from(randomBytes(length), (byte) => LETTERS.charAt(byte % LETTERS.length)).join('');
}
