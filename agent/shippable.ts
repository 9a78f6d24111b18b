/** One entry of the machine's journal. */
export interface JournalEntry {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Who wrote it, by its syslog identifier: `holdfast-agent`, `postgres`. */
  readonly from: string;
  readonly message: string;
  /** Where it stands in the journal. */
  readonly cursor: string;
}

/** PostgreSQL tells the statement that failed in lines of their own; a tab begins what goes on from the line before. */
const STATEMENT_LINE = /^\t| (STATEMENT|QUERY|CONTEXT|DETAIL): {2}/;
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // SQL, also with an escape string or dollar quotes, and when the line ends inside of it.
  [/(\bpassword\s+)(e?'.*|\$.*)$/gi, '$1***'],
  [/(\bpassword\s*=\s*)('[^']*'|"[^"]*"|[^\s,;)]+)/gi, '$1***'],
  [/("password"\s*:\s*)"[^"]*"?/gi, '$1"***"'],
  [/(\/\/[^\s:/@]+:)[^\s@]+@/g, '$1***@'],
  [/SCRAM-SHA-256\$\S+/g, 'SCRAM-SHA-256$***'],
  [/\bmd5[0-9a-f]{32}\b/g, 'md5***'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*/g, '-----BEGIN PRIVATE KEY-----***'],
];
/** CloudWatch Logs takes 256 kB in one event; nobody reads that much. */
const LONGEST = 8_192;

/**
 * What of an entry may leave the machine, or nothing. PostgreSQL repeats statements that failed, and people write
 * passwords into statements (`ALTER ROLE … PASSWORD '…'`) and other people's data too, so neither leaves: lines that
 * hold nothing but a statement stay in the journal, and in all others what looks like a secret is blotted out.
 */
export function shippable({ from, message }: JournalEntry): string | undefined {
  if (from === 'postgres' && STATEMENT_LINE.test(message)) return undefined;
  const clean = SECRETS.reduce((text, [secret, blot]) => text.replace(secret, blot), message).trimEnd();
  if (clean === '') return undefined;
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)} … (${clean.length} characters)` : clean;
}
