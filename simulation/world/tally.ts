/** How many faults of each kind there were. */
export class Tally {
  readonly byKind = new Map<string, number>();
  total = 0;

  count(kind: string): void {
    this.total += 1;
    this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + 1);
  }
}
