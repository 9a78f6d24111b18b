import { RULES } from './coordinator-rules';
import { ELECTION_CONDITIONS, ELECTION_PREFERENCES } from './election-rules';
import { CONVICTING, FINDINGS, type FindingCode } from './finding';
import { GUARANTEE_STEPS } from './guarantee-steps';
import { WAYS } from './lineage';
import { NODE_TABLES } from './node';
import { THRESHOLDS } from './policy';
import { STAND_IN_RULES } from './stand-in-rules';

/** The rules as Markdown, by the name that docs/protocol.md calls them by. */
const TABLES: Tables = {
  'node-rules': nodeRules,
  'coordinator-rules': () =>
    table(
      ['rule', 'when', 'does', 'why'],
      Object.entries(RULES).map(([id, { when, does, why }]) => [code(id), when, does, why]),
    ),
  'election-conditions': () =>
    table(
      ['rule', 'must hold', 'why'],
      Object.entries(ELECTION_CONDITIONS).map(([id, { must, why }]) => [code(id), must, why]),
    ),
  'election-preferences': () =>
    table(
      ['rule', 'prefers', 'why'],
      ELECTION_PREFERENCES.map(({ id, prefers, why }) => [code(id), prefers, why]),
    ),
  'guarantee-steps': () =>
    table(
      ['step', 'when', 'changes', 'why'],
      GUARANTEE_STEPS.map(({ id, when, does, why }) => [code(id), when, does, why]),
    ),
  'lineage-ways': () =>
    table(
      ['rule', 'when', 'way', 'why'],
      WAYS.map(({ id, when, way, why }) => [code(id), when, way, why]),
    ),
  findings: () =>
    table(
      ['finding', 'says', 'begins an election'],
      (Object.keys(FINDINGS) as FindingCode[]).map((finding) => [
        code(finding),
        FINDINGS[finding],
        CONVICTING.includes(finding) ? 'yes' : '',
      ]),
    ),
  'stand-in-rules': () =>
    table(
      ['rule', 'when', 'does', 'why'],
      Object.entries(STAND_IN_RULES).map(([id, { when, does, why }]) => [code(id), when, does, why]),
    ),
  thresholds: () =>
    table(
      ['threshold', 'value', 'meaning'],
      Object.entries(THRESHOLDS).map(([name, { value, meaning }]) => [code(name), String(value), meaning]),
    ),
};

const MARKED = /(<!-- generated: ([a-z-]+) -->\n)[^]*?(<!-- end -->)/g;

/** The names of the tables that a document should hold, all of them. */
export const TABLE_NAMES: readonly string[] = Object.keys(TABLES);

/** Tables of Markdown by the name that a document calls them by. */
export type Tables = Readonly<Record<string, () => string>>;

/**
 * The document with every table between `<!-- generated: NAME -->` and `<!-- end -->` as the code has it.
 *
 * @throws Error for a name that is not known
 */
export function withTables(document: string, tables: Tables = TABLES): string {
  return document.replace(MARKED, (_, opening: string, name: string, end: string) => {
    const render = tables[name];
    if (render === undefined) {
      throw new Error(`"${name}" is not a table. Known are: ${Object.keys(tables).join(', ')}.`);
    }
    return `${opening}\n${render()}\n\n${end}`;
  });
}

function nodeRules(): string {
  return NODE_TABLES.map(({ title, rules }) => {
    const rows = rules.map(({ id, when, action, does, discards, why }) => [
      code(id),
      when,
      `${does ?? action}${discards === true ? ', when free' : ''}`,
      why,
    ]);
    return `**${title}**\n\n${table(['rule', 'when', 'does', 'why'], rows)}`;
  }).join('\n\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Columns as wide as their widest cell, as the formatter wants them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, 3, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
