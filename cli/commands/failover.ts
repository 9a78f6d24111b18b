import { createInterface } from 'node:readline/promises';
import { slotOf } from '../../core/member';
import { acceptLoss } from '../../core/operator';
import { changeRecord, tell } from '../change-record';
import { CliError } from '../cli-error';
import { followElection } from '../follow-election';
import { duration } from '../format';
import { lossOf, lossText } from '../needs';
import { readSituation } from '../read-situation';
import type { Session } from '../session';
import { currentView, primaryOf, type Situation } from '../situation';

export interface FailoverOptions {
  readonly acceptDataLoss: boolean;
  /** The cluster's name, for scripts; asked for on a terminal. */
  readonly confirm?: string | undefined;
  readonly timeoutMs: number;
}

/** `failover --accept-data-loss`: the way out when more has failed than the guarantees cover. */
export async function failover(session: Session, options: FailoverOptions): Promise<void> {
  const { cluster, register, print, note, operation } = session;
  if (!options.acceptDataLoss) {
    throw new CliError(
      'A failover comes by itself.',
      'For planned work: holdfast switchover. When a cluster waits for nodes that do not come back: holdfast failover --accept-data-loss.',
    );
  }
  const situation = await readSituation(register, cluster);
  const ask = (record: NonNullable<Situation['record']>) =>
    acceptLoss(record, { wallClockMs: Date.now(), primaryServes: primaryServes(situation) });
  // What is refused or done already needs no confirmation.
  if (situation.record !== undefined) {
    const preview = ask(situation.record);
    if (preview.kind === 'refused') throw new CliError(preview.reason);
    if (preview.kind === 'already') return print(`${preview.reason}\n`);
  }
  note(whatItCosts(situation));
  await confirm(session, options.confirm);
  const changed = await changeRecord(register, ask);
  if (changed.kind === 'already') return print(`${changed.reason}\n`);
  await tell(register, operation('accept-data-loss', changed.record.term), note);
  note('The loss is accepted: the best of those who answer becomes primary.');
  const outcome = await followElection(register, { from: changed.record, giveUpMs: options.timeoutMs, note });
  if (outcome.kind === 'over') {
    const { term, primary } = outcome.record;
    return print(`${slotOf(primary.member)} is primary, in term ${term}, after ${duration(outcome.tookMs)}.\n`);
  }
  throw new CliError(
    `After ${duration(options.timeoutMs)} nobody is primary.`,
    'Somebody has to answer to be chosen: holdfast status says who does. The acceptance stands; nothing more needs to be asked for.',
  );
}

/** As a coordinator saw it a moment ago; without one, nobody knows. */
function primaryServes(situation: Situation): boolean {
  const primary = primaryOf(situation);
  const seen = currentView(situation)?.slots.find(({ slot }) => slot === primary?.slot);
  return seen?.role === 'primary' && seen.healthy && seen.statusAgeMs !== null && seen.statusAgeMs < 5_000;
}

function whatItCosts(situation: Situation): string {
  const { record } = situation;
  if (record?.phase !== 'electing') {
    return 'An election begins in which what the missing nodes alone hold is given up. What that is, is not known before the others have pledged: `holdfast status` says it while the election waits.';
  }
  return `What it costs: ${lossText(lossOf(situation, record))}. A node that comes back later with more keeps its data aside, but it is never used again by itself.`;
}

async function confirm({ cluster, note }: Session, given: string | undefined): Promise<void> {
  const name = given ?? (await typed(cluster.name));
  if (name === cluster.name) return;
  note('');
  throw new CliError(`"${name}" is not this cluster's name, "${cluster.name}": nothing was done.`);
}

async function typed(name: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new CliError('There is no terminal to confirm at.', `In a script: --confirm ${name}`);
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(`Type the cluster's name, ${name}, to accept the loss: `)).trim();
  } finally {
    lines.close();
  }
}
