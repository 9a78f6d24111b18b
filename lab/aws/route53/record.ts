import { isIPv4 } from 'node:net';

export type RecordType = 'A' | 'TXT' | 'CNAME' | 'SOA' | 'NS';
export const RECORD_TYPES: readonly RecordType[] = ['A', 'TXT', 'CNAME', 'SOA', 'NS'];

/** A simple resource record set; values as Route 53 holds them, TXT in its quotes. */
export interface RecordSet {
  /** Lower case, with the trailing dot. */
  readonly name: string;
  readonly type: RecordType;
  readonly ttlSeconds: number;
  readonly values: readonly string[];
}

export function normalizeName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower : `${lower}.`;
}

export function recordKey({ name, type }: Pick<RecordSet, 'name' | 'type'>): string {
  return `${name} ${type}`;
}

/** Equal in TTL and in the set of values, which is what DELETE asks for. */
export function isSameRecord(a: RecordSet, b: RecordSet): boolean {
  const sorted = (record: RecordSet) => [...record.values].sort().join('\n');
  return recordKey(a) === recordKey(b) && a.ttlSeconds === b.ttlSeconds && sorted(a) === sorted(b);
}

/** What is wrong with a record set by itself, in Route 53's words. */
export function recordProblems(record: RecordSet): readonly string[] {
  const duplicates = record.values.filter((value, index) => record.values.indexOf(value) !== index);
  const illegal = record.values.flatMap((value) => {
    if (record.type === 'A' && !isIPv4(value)) {
      return [
        `Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '${value}''`,
      ];
    }
    if (record.type === 'TXT' && !/^("[^"]{0,255}")( "[^"]{0,255}")*$/.test(value)) {
      return [
        `Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '${value}''`,
      ];
    }
    return [];
  });
  const several = record.type === 'CNAME' && record.values.length > 1;
  return [
    ...duplicates.map((value) => `Duplicate Resource Record: '${value}'`),
    ...illegal,
    ...(several ? [`CNAME records can have only one value: ${record.name}`] : []),
  ];
}

/** Route 53 lists by name with its labels reversed, then by type. */
export function compareRecords(a: Pick<RecordSet, 'name' | 'type'>, b: Pick<RecordSet, 'name' | 'type'>): number {
  const reversed = (name: string) => name.split('.').reverse().join('.');
  const [x, y] = [`${reversed(a.name)} ${a.type}`, `${reversed(b.name)} ${b.type}`];
  return x < y ? -1 : x > y ? 1 : 0;
}
