import type { FinalRead, Get, History, Insert, Outcome, Put, Scan } from '../../../../lab/workload/history';
import { judge, type Verdict } from '../../../../lab/workload/judge/judge';

/** Slot a is the primary of timeline 1, b of timeline 2. */
const ADDRESS: Readonly<Record<number, string>> = { 1: '10.0.0.1', 2: '10.0.0.2', 3: '10.0.0.3' };

interface Deviation {
  readonly outcome?: Outcome;
  readonly address?: string;
}

/** A history written line by line: what was done when, on which timeline. Times in milliseconds. */
export class Story {
  private readonly inserts: Insert[] = [];
  private readonly puts: Put[] = [];
  private readonly gets: Get[] = [];
  private readonly scans: Scan[] = [];
  private finals: FinalRead[] = [];
  private lastMs = 0;

  insert(n: number, timeline: number, startMs: number, endMs: number, deviation: Deviation = {}): this {
    const operation = this.operation('dsn/insert-1', timeline, startMs, endMs, deviation);
    this.inserts.push({ kind: 'insert', writer: 'w', n, outcome: deviation.outcome ?? 'ok', ...operation });
    return this;
  }

  put(value: string, timeline: number, startMs: number, endMs: number, deviation: Deviation = {}): this {
    const operation = this.operation('dsn/put-1', timeline, startMs, endMs, deviation);
    this.puts.push({ kind: 'put', key: 'x', value, outcome: deviation.outcome ?? 'ok', ...operation });
    return this;
  }

  get(value: string, timeline: number, startMs: number, endMs: number, synchronous = true): this {
    const operation = this.operation('dsn/get-1', timeline, startMs, endMs, {});
    this.gets.push({ kind: 'get', key: 'x', value, synchronous, ...operation });
    return this;
  }

  scan(rows: string, timeline: number, startMs: number, endMs: number): this {
    this.scans.push({ kind: 'scan', rows: { w: rows }, ...this.operation('dsn/scan-1', timeline, startMs, endMs, {}) });
    return this;
  }

  /** What the servers hold afterwards: the primary on this timeline, and the standbys `b` and `c`. */
  ends(
    timeline: number,
    rows: string,
    value = '',
    deviations: Readonly<Record<string, Partial<FinalRead>>> = {},
  ): this {
    const holds = { rows: { w: rows }, registers: { x: value } };
    this.finals = ['a', 'b', 'c'].map((host, index) => ({
      host,
      address: `10.0.0.${index + 1}`,
      inRecovery: index > 0,
      timeline: index > 0 ? null : timeline,
      ...holds,
      ...deviations[host],
    }));
    return this;
  }

  get history(): History {
    const { inserts, puts, gets, scans, lastMs } = this;
    return { epochMs: 0, endMs: lastMs + 1, inserts, puts, gets, scans, connections: [], losses: [] };
  }

  get verdict(): Verdict {
    return judge({ history: this.history, finals: this.finals });
  }

  private operation(client: string, timeline: number, startMs: number, endMs: number, { address }: Deviation) {
    this.lastMs = Math.max(this.lastMs, endMs);
    const server = { address: address ?? ADDRESS[timeline] ?? '', timeline };
    return { client, route: 'dsn', startMs, endMs, server };
  }
}
