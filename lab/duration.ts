const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `10s`, `500ms`, `2m`, `1h` in milliseconds. @throws Error */
export function parseDuration(text: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  const value = Number(match?.[1]);
  if (unit === undefined || value === 0) {
    throw new Error(`"${text}" is not a duration. Expected a whole number with ms, s, m or h, for example 10s.`);
  }
  return value * unit;
}

/** Milliseconds as people read them. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 120_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
