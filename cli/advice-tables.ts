import { FINDINGS, type FindingCode } from '../core/finding';
import { table, withTables } from '../core/protocol-tables';
import { ADVICE, type Advice, OWN_ADVICE, type OwnCode } from './advice';

const URGENCY = {
  1: 'nobody can write',
  2: 'soon nobody could',
  3: 'less than whole',
  4: 'to know',
} as const satisfies Record<Advice['urgency'], string>;

/** What the command line's own codes say, in general; `status` says it with names and figures. */
const OWN_MEANING = {
  'nobody-coordinates': 'Neither the health checker nor a stand-in was heard for ten seconds.',
  'stand-in': 'The health checker is silent, and an agent coordinates in its place.',
  'endpoint-behind': 'Route 53 has not confirmed yet that the writer name leads to the primary.',
  'register-unreadable-item': 'An item of the register is not what this version knows.',
  bootstrapping: 'The cluster is being made.',
  electing: 'A successor is being chosen.',
  promoting: 'The chosen one is being promoted.',
  'election-waits': 'The primary was lost, and those who are left may lack acknowledged commits.',
  'nobody-electable': 'The primary was lost, and nobody complete can serve.',
  'no-standby': 'The primary is alone: no standby takes part in its commits.',
  'slot-not-healthy': 'A node does not serve its role; its row says why.',
  'slot-not-covered': 'A slot takes no part in commits yet.',
  'guarantee-changing': 'The list of standbys that confirm commits is being changed.',
} as const satisfies Record<OwnCode, string>;

const TABLES = {
  findings: () =>
    rows(
      Object.keys(FINDINGS) as FindingCode[],
      (code) => FINDINGS[code],
      (code) => ADVICE[code],
    ),
  'own-findings': () =>
    rows(
      Object.keys(OWN_ADVICE) as OwnCode[],
      (code) => OWN_MEANING[code],
      (code) => OWN_ADVICE[code],
    ),
};

/** docs/operations.md with its tables as the code has them. @throws Error for a name that is not known */
export function withAdvice(document: string): string {
  return withTables(document, TABLES);
}

function rows<Code extends string>(
  codes: readonly Code[],
  meaning: (code: Code) => string,
  advice: (code: Code) => Advice,
): string {
  const byUrgency = [...codes].sort((left, right) => advice(left).urgency - advice(right).urgency);
  return table(
    ['finding', 'what it says', 'how bad', 'what helps'],
    byUrgency.map((code) => [`\`${code}\``, meaning(code), URGENCY[advice(code).urgency], advice(code).helps]),
  );
}
