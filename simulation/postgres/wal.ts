/** One record of the write-ahead log. Shared by all who have it; never changed. */
export interface WalRecord {
  /** Unlike any other's: two logs share a record exactly when it has the same id in both. */
  readonly id: number;
  readonly timeline: number;
  readonly kind: 'commit' | 'message' | 'checkpoint' | 'end of recovery';
  /** What a client wrote. */
  readonly value?: number;
  /** The timeline that ends where this record begins its own. */
  readonly previousTimeline?: number;
}

/** Where initdb's log begins: in the first segment, behind its header. */
const FIRST_LSN = 0x1000028;
const RECORD_BYTES = 0x40;
const SEGMENT_BYTES = 0x1000000;

/** The end of a log that holds so many records. */
export function lsnAfter(records: number): number {
  return FIRST_LSN + records * RECORD_BYTES;
}

/** How many records end at or before a position. */
export function recordsUpTo(lsn: number): number {
  return Math.floor((lsn - FIRST_LSN) / RECORD_BYTES);
}

export function segmentStart(lsn: number): number {
  return lsn - (lsn % SEGMENT_BYTES);
}

export function lsnText(lsn: number): string {
  return `${Math.floor(lsn / 0x1_0000_0000)
    .toString(16)
    .toUpperCase()}/${(lsn % 0x1_0000_0000).toString(16).toUpperCase()}`;
}

export function lsnOf(text: string): number {
  const [high, low] = text.split('/');
  return parseInt(high ?? '', 16) * 0x1_0000_0000 + parseInt(low ?? '', 16);
}

/** The log in one data directory. All records have the same length, so a position is a number of records. */
export class Wal {
  constructor(
    public records: WalRecord[] = [],
    /** So many are on the disk. */
    public flushed = records.length,
  ) {}

  get end(): number {
    return lsnAfter(this.records.length);
  }

  get flushedEnd(): number {
    return lsnAfter(this.flushed);
  }

  append(record: WalRecord): number {
    this.records.push(record);
    return this.records.length;
  }

  timelineAfter(records: number): number {
    return this.records[records - 1]?.timeline ?? 1;
  }

  /** A crash leaves what was flushed, and of the rest a beginning. */
  truncate(records: number): void {
    this.records = this.records.slice(0, Math.max(this.flushed, records));
    this.flushed = this.records.length;
  }

  /** Names of the segments in pg_wal: those that hold a record, and the one that the next record goes to. */
  fileNames(): readonly string[] {
    const names = new Set<string>();
    const first = this.records[0];
    if (first !== undefined) names.add(segmentName(first.timeline, FIRST_LSN));
    this.records.forEach((record, nth) => {
      const lsn = lsnAfter(nth);
      const isFirst = nth === 0 || this.records[nth - 1]?.timeline !== record.timeline;
      if (isFirst || lsn % SEGMENT_BYTES < RECORD_BYTES) names.add(segmentName(record.timeline, lsn));
    });
    return [...names];
  }

  copy(records = this.records.length): Wal {
    return new Wal(this.records.slice(0, records));
  }
}

function segmentName(timeline: number, lsn: number): string {
  const segment = Math.floor(lsn / SEGMENT_BYTES);
  return [timeline, Math.floor(segment / 256), segment % 256]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}
