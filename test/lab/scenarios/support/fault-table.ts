import type { Measured } from './measured';
import type { Scenario } from './scenario';

const HEAD = ['fault', 'users see', 'time to write again', 'what heals it', 'scenario'];
const MARKED = /(<!-- generated: faults -->\n)[^]*?(<!-- end -->)/;

/** The document with its table as the scenarios and the measurements have it. @throws Error without the marks */
export function withFaultTable(document: string, scenarios: readonly Scenario[], measured: Measured): string {
  if (!MARKED.test(document)) throw new Error('The document has no "<!-- generated: faults -->" … "<!-- end -->".');
  const rows = scenarios.map((scenario) => [
    scenario.fault,
    scenario.usersSee,
    inSeconds(measured[scenario.id]?.writeAgainMs),
    scenario.healedBy,
    `\`${scenario.id}\`${scenario.quick === true ? ' •' : ''}${(scenario.shows ?? []).map((each) => ` ${each}`).join('')}`,
  ]);
  return document.replace(MARKED, (_, opening: string, end: string) => `${opening}\n${table(HEAD, rows)}\n\n${end}`);
}

function inSeconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '—' : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Columns as wide as their widest cell, as the formatter wants them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, 3, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
