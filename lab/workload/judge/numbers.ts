/** The numbers of one writer, from PostgreSQL's text of an int8multirange: `{[1,58),[59,61)}`. */
export class Numbers {
  private constructor(private readonly ranges: readonly (readonly [from: number, to: number])[]) {}

  static readonly none = new Numbers([]);

  /** @throws Error for anything but what range_agg writes: ordered, apart, closed below and open above */
  static parse(text: string): Numbers {
    if (!/^\{(\[\d+,\d+\)(,(?!\})|(?=\})))*\}$/.test(text))
      throw new Error(`"${text}" is no multirange of row numbers.`);
    return new Numbers(
      [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, from, to]) => [Number(from), Number(to)] as const),
    );
  }

  has(n: number): boolean {
    let low = 0;
    let high = this.ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [from, to] = this.ranges[middle] ?? [0, 0];
      if (n < from) high = middle - 1;
      else if (n >= to) low = middle + 1;
      else return true;
    }
    return false;
  }

  *[Symbol.iterator](): Generator<number> {
    for (const [from, to] of this.ranges) for (let n = from; n < to; n += 1) yield n;
  }
}

/** All writers' numbers in one read. */
export function numbersOf(rows: Readonly<Record<string, string>>): (writer: string) => Numbers {
  const parsed = new Map(Object.entries(rows).map(([writer, text]) => [writer, Numbers.parse(text)]));
  return (writer) => parsed.get(writer) ?? Numbers.none;
}
