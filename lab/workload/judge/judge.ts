import type { Outcome } from '../history';
import { acknowledged, type Case, type Violation } from './case';
import { olderPrimariesAreSilent, onePrimaryInTheEnd, oneServerOnATimeline } from './primaries';
import { registersAreLinearizable, stalePlainReads, valuesWereSent } from './registers';
import {
  acknowledgedRowsStay,
  rowsWereSent,
  scansShowWhatWasAcknowledged,
  standbysHoldWhatThePrimaryHolds,
} from './rows';

export interface Rule {
  readonly id: string;
  readonly check: (evidence: Case) => readonly Violation[];
}

/** What must hold of every history (docs: the guarantees of Holdfast). The id stands before each violation. */
export const RULES: readonly Rule[] = [
  { id: 'saw-something', check: sawSomething },
  { id: 'acknowledged-rows-stay', check: acknowledgedRowsStay },
  { id: 'rows-were-sent', check: rowsWereSent },
  { id: 'scans-show-what-was-acknowledged', check: scansShowWhatWasAcknowledged },
  { id: 'standbys-hold-what-the-primary-holds', check: standbysHoldWhatThePrimaryHolds },
  { id: 'older-primaries-are-silent', check: olderPrimariesAreSilent },
  { id: 'one-server-on-a-timeline', check: oneServerOnATimeline },
  { id: 'one-primary-in-the-end', check: onePrimaryInTheEnd },
  { id: 'values-were-sent', check: valuesWereSent },
  { id: 'registers-are-linearizable', check: registersAreLinearizable },
];

export interface Verdict {
  /** `<rule>: <sentence>`; empty when everything held. */
  readonly violations: readonly string[];
  readonly counts: Readonly<Record<Outcome, number>> & { readonly stalePlainReads: number };
}

/** A judge without evidence must not say that all is well. */
function sawSomething({ history, finals }: Case): Violation[] {
  return [
    ...(acknowledged(history).length === 0 ? ['Nothing was acknowledged, so nothing can be judged.'] : []),
    ...(finals.length === 0 ? ['No server was read in the end.'] : []),
  ];
}

export function judge(evidence: Case): Verdict {
  const writes = [...evidence.history.inserts, ...evidence.history.puts];
  const count = (wanted: Outcome) => writes.filter(({ outcome }) => outcome === wanted).length;
  return {
    violations: RULES.flatMap(({ id, check }) => check(evidence).map((each) => `${id}: ${each}`)),
    counts: {
      ok: count('ok'),
      failed: count('failed'),
      unknown: count('unknown'),
      stalePlainReads: stalePlainReads(evidence),
    },
  };
}
