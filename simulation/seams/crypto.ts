import { currentKernel } from '../kernel/current';

/** node:crypto: what the programs call random comes from the seed. */
export function randomBytes(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => currentKernel().random.below(256)));
}

export function randomUUID(): string {
  const { random } = currentKernel();
  return `${random.hex()}-${random.hex()}`;
}

function unused(): never {
  throw new Error('The simulation makes no passwords.');
}

export { unused as createHash, unused as createHmac, unused as pbkdf2Sync };
