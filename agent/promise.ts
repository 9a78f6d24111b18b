import { readIfPresent, writeDurably } from './durable';
import type { Layout } from './layout';

/**
 * The term below which this node receives WAL from nobody. On the volume, outside the data directory, and never lower
 * than before. Written before a pledge is reported and before a primary is followed.
 */
export class Promises {
  private term = 0;

  constructor(private readonly layout: Layout) {}

  async load(): Promise<void> {
    this.term = await this.read();
  }

  current(): number {
    return this.term;
  }

  /** Durable when it resolves. A lower term than the present one changes nothing. */
  async raise(term: number): Promise<void> {
    if (term <= this.term) return;
    await writeDurably(this.layout.state.pledge, `${JSON.stringify({ term })}\n`);
    this.term = term;
  }

  /** Asked right before PostgreSQL is told to follow (protocol S10): what stands on the disk decides, not what was remembered. */
  async insistNotAbove(term: number): Promise<void> {
    const promised = await this.read();
    if (promised > term)
      throw new Error(`This node has pledged for term ${promised}; it does not follow term ${term}.`);
  }

  private async read(): Promise<number> {
    const path = this.layout.state.pledge;
    const text = await readIfPresent(path);
    if (text === undefined) return 0;
    const { term } = JSON.parse(text) as { term?: unknown };
    if (typeof term !== 'number' || !Number.isInteger(term) || term < 0)
      throw new Error(`${path} is not a pledge: ${text}`);
    return term;
  }
}
