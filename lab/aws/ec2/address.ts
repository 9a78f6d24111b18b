/** IPv4 arithmetic on dotted text. */
export function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

export interface Cidr {
  readonly first: number;
  readonly last: number;
}

export function parseCidr(text: string): Cidr {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text);
  if (match === null) throw new Error(`${text} is no IPv4 block like 10.0.0.0/16`);
  const size = 2 ** (32 - Number(match[2]));
  const first = Math.floor(toNumber(match[1] ?? '') / size) * size;
  return { first, last: first + size - 1 };
}

export function contains(block: Cidr, address: string): boolean {
  const value = toNumber(address);
  return value >= block.first && value <= block.last;
}
