import type { Life } from './world/life';

/** What many lives came to. */
export class Totals {
  lives = 0;
  faults = 0;
  commits = 0;
  elections = 0;
  simulatedMs = 0;
  waiting = 0;
  violation: { readonly seed: number; readonly rule: string; readonly message: string } | undefined;
  private firstSeed = Infinity;
  private lastSeed = -Infinity;
  private readonly byKind = new Map<string, number>();

  add(life: Life): void {
    this.lives += 1;
    this.faults += life.faults;
    this.commits += life.commits;
    this.elections += life.terms;
    this.simulatedMs += life.simulatedMs;
    if (life.isWaitingForMore) this.waiting += 1;
    this.firstSeed = Math.min(this.firstSeed, life.seed);
    this.lastSeed = Math.max(this.lastSeed, life.seed);
    for (const [kind, count] of life.faultsByKind) this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + count);
    if (life.violation !== undefined) this.violation ??= { seed: life.seed, ...life.violation };
  }

  line(seconds: number): string {
    const days = this.simulatedMs / 86_400_000;
    return [
      `${thousands(this.faults)} faults in ${thousands(this.lives)} histories (seeds ${this.firstSeed} to ${this.lastSeed})`,
      `${days.toFixed(2)} days of a cluster's life`,
      `${thousands(this.elections)} elections`,
      `${thousands(this.commits)} commits acknowledged`,
      `${this.waiting} ended with more lost than the guarantees cover`,
      `${thousands(Math.round(this.faults / Math.max(seconds, 0.001)))} faults a second`,
      this.violation === undefined ? 'nothing lost' : this.violation.rule,
    ].join(', ');
  }

  kinds(): string {
    return [...this.byKind]
      .sort(([, left], [, right]) => right - left)
      .map(([kind, count]) => `${thousands(count).padStart(12)}  ${kind}`)
      .join('\n');
  }
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}
