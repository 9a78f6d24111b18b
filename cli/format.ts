/** Milliseconds as people read them. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1_000;
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3_600) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function bytes(count: number): string {
  if (count < 1_024) return `${count} B`;
  let value = count;
  let unit = '';
  for (const next of ['kB', 'MB', 'GB', 'TB']) {
    if (value < 1_024) break;
    value /= 1_024;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `2026-12-01 10:04:31`, in UTC as the logs are. */
export function instant(atMs: number): string {
  return new Date(atMs).toISOString().replace('T', ' ').slice(0, 19);
}

/** `a`, `a or b`, `a, b or c`. */
export function any(names: readonly string[]): string {
  const [last = '', ...others] = [...names].reverse();
  return others.length === 0 ? last : `${others.reverse().join(', ')} or ${last}`;
}

export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** Columns as wide as their widest cell; painted after they are measured. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[], dim: (text: string) => string) {
  const widths = headings.map((heading, at) =>
    Math.max(heading.length, ...rows.map((row) => row[at]?.text.length ?? 0)),
  );
  const line = (cells: readonly Cell[]) =>
    cells
      .map(({ text, paint = same }, at) =>
        at === cells.length - 1 ? paint(text) : paint(text) + ' '.repeat((widths[at] ?? 0) - text.length),
      )
      .join('  ')
      .trimEnd();
  return [dim(line(headings.map((text) => ({ text })))), ...rows.map(line)].join('\n');
}

function same(text: string): string {
  return text;
}
