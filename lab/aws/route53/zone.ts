import { AwsError } from '../gateway/aws-error';
import { compareRecords, isSameRecord, recordKey, recordProblems, type RecordSet } from './record';

export interface Change {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  readonly record: RecordSet;
}

/** Route 53 numbers name servers in four top-level domains; only the shape matters here. */
const NAME_SERVERS = [
  'ns-0.awsdns-00.com.',
  'ns-512.awsdns-00.net.',
  'ns-1024.awsdns-00.org.',
  'ns-1536.awsdns-00.co.uk.',
];

/** A private hosted zone. A batch of changes is applied whole or not at all. */
export class HostedZone {
  private records: ReadonlyMap<string, RecordSet>;

  constructor(
    readonly zoneId: string,
    /** Lower case, with the trailing dot. */
    readonly name: string,
  ) {
    const soa = 'ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400';
    const initial: RecordSet[] = [
      { name, type: 'NS', ttlSeconds: 172_800, values: NAME_SERVERS },
      { name, type: 'SOA', ttlSeconds: 900, values: [soa] },
    ];
    this.records = new Map(initial.map((record) => [recordKey(record), record]));
  }

  list(): readonly RecordSet[] {
    return [...this.records.values()].sort(compareRecords);
  }

  apply(changes: readonly Change[]): void {
    const next = new Map(this.records);
    const problems = changes.flatMap((change) => this.step(next, change));
    problems.push(...this.wholeZoneProblems(next));
    if (problems.length > 0) throw new AwsError('InvalidChangeBatch', `[${problems.join(', ')}]`);
    this.records = next;
  }

  /** Carries one change out on `next`; says what forbids it. */
  private step(next: Map<string, RecordSet>, { action, record }: Change): readonly string[] {
    const identity = `resource record set [name='${record.name}', type='${record.type}']`;
    if (record.name !== this.name && !record.name.endsWith(`.${this.name}`)) {
      return [`RRSet with DNS name ${record.name} is not permitted in zone ${this.name}`];
    }
    const existing = next.get(recordKey(record));
    if (action === 'DELETE') {
      if (existing === undefined) return [`Tried to delete ${identity} but it was not found`];
      if (!isSameRecord(existing, record)) {
        return [`Tried to delete ${identity} but the values provided do not match the current values`];
      }
      next.delete(recordKey(record));
      return [];
    }
    const problems = recordProblems(record);
    if (problems.length > 0) return problems;
    if (action === 'CREATE' && existing !== undefined) return [`Tried to create ${identity} but it already exists`];
    next.set(recordKey(record), record);
    return [];
  }

  private wholeZoneProblems(next: ReadonlyMap<string, RecordSet>): readonly string[] {
    const problems: string[] = [];
    for (const type of ['SOA', 'NS'] as const) {
      if (!next.has(recordKey({ name: this.name, type }))) {
        problems.push(`A HostedZone must contain at least one ${type} record for the zone itself.`);
      }
    }
    const names = [...next.values()].filter(({ type }) => type === 'CNAME').map(({ name }) => name);
    for (const name of names) {
      if ([...next.values()].some((other) => other.name === name && other.type !== 'CNAME')) {
        problems.push(
          `RRSet of type CNAME with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${this.name}`,
        );
      }
    }
    return problems;
  }
}
