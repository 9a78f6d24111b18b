/** Waits longer after each failure, up to a bound; a success forgets them all. Times in milliseconds, monotonic. */
export class Patience {
  private pauseMs: number;
  private until = -Infinity;

  constructor(
    private readonly firstMs: number,
    private readonly lastMs: number,
    private readonly now: () => number,
  ) {
    this.pauseMs = firstMs;
  }

  get isWaiting(): boolean {
    return this.now() < this.until;
  }

  failed(): void {
    this.until = this.now() + this.pauseMs;
    this.pauseMs = Math.min(this.lastMs, this.pauseMs * 2);
  }

  succeeded(): void {
    this.pauseMs = this.firstMs;
    this.until = -Infinity;
  }
}
