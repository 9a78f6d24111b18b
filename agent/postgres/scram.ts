import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** PostgreSQL's own default (scram_iterations). */
const ITERATIONS = 4096;

const VERIFIER = /^SCRAM-SHA-256\$4096:([A-Za-z0-9+/=]+)\$/;

/** The verifier that stands already when it is of this password, else a new one: what need not change does not. */
export function verifierOf(password: string, standing: string | null | undefined): string {
  const salt = VERIFIER.exec(standing ?? '')?.[1];
  if (salt !== undefined && scramVerifier(password, Buffer.from(salt, 'base64')) === standing) return standing;
  return scramVerifier(password);
}

/**
 * What PostgreSQL keeps of a password (RFC 5803, as in pg_authid). The server never sees the password, so neither its
 * log nor its statistics can hold it.
 *
 * @throws Error for characters outside printable ASCII: those would need SASLprep, by which drivers differ.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  if (!/^[\x20-\x7e]+$/.test(password)) {
    throw new Error('A password must have one or more characters, of printable ASCII only.');
  }
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
