import { setTimeout as pause } from 'node:timers/promises';
import type { FailoverEvent } from '../../core/event';
import { parseSlot, slotOf } from '../../core/member';
import { requestSwitchover } from '../../core/operator';
import { changeRecord, tell } from '../change-record';
import { CliError } from '../cli-error';
import { followElection } from '../follow-election';
import { duration } from '../format';
import type { Session } from '../session';

export interface SwitchoverOptions {
  /** Do not wait for the outcome. */
  readonly wait: boolean;
  readonly timeoutMs: number;
}

const EVENT_LOOKS = 12;
const EVENT_EVERY_MS = 250;

/** `switchover [SLOT]`: asks the primary to hand over, and says what became of it. */
export async function switchover(session: Session, to: string | undefined, options: SwitchoverOptions): Promise<void> {
  const { cluster, register, print, note, operation } = session;
  const wanted = to === undefined ? {} : { to: slotNamed(to, session) };
  const { found } = await register.readReports(cluster.slots);
  const changed = await changeRecord(register, (record) =>
    requestSwitchover(record, { ...wanted, by: 'operator', wallClockMs: Date.now() }, [...found.values()]),
  );
  if (changed.kind === 'already') return print(`${changed.reason}\n`);
  const { record } = changed;
  await tell(register, operation('switchover', record.term, to === undefined ? {} : { slot: to }), note);
  if (!options.wait) return print('A switchover is asked for. Its course: holdfast status --watch\n');
  note(`A switchover is asked for${to === undefined ? '' : `, to ${to}`}.`);
  const outcome = await followElection(register, { from: record, giveUpMs: options.timeoutMs, note });
  switch (outcome.kind) {
    case 'over':
      return print(await told(session, outcome.record.term, slotOf(outcome.record.primary.member), outcome.tookMs, to));
    case 'given-up':
      throw new CliError(
        'The switchover was given up: the primary goes on, since no standby could have taken over in time.',
        'See holdfast status: a standby that is behind or not there. Then ask again.',
      );
    case 'late':
      throw new CliError(
        `After ${duration(options.timeoutMs)} the switchover is not over.`,
        'It is not called off. Its course: holdfast status --watch',
      );
  }
}

/** With the times that the coordinator measured, once they are there. */
async function told(session: Session, term: number, now: string, tookMs: number, wanted: string | undefined) {
  const event = await eventOf(session, term);
  const steps =
    event === undefined
      ? ''
      : ` (${duration(event.promotedAtMs - event.suspectedAtMs)} of it from the moment the old one let nobody in to the new one's promotion)`;
  const other = wanted === undefined || wanted === now ? '' : ` It is not ${wanted}, which could not have taken over.`;
  return `${now} is primary, in term ${term}, ${duration(tookMs)} after the wish${steps}.${other}\n`;
}

/** The coordinator writes it when it has seen the new primary, within its next beats. */
async function eventOf({ register }: Session, term: number): Promise<FailoverEvent | undefined> {
  for (let look = 0; look < EVENT_LOOKS; look += 1) {
    const event = (await register.readEvents(1)).find((each) => each.term === term);
    if (event !== undefined) return event;
    await pause(EVENT_EVERY_MS);
  }
  return undefined;
}

function slotNamed(name: string, { cluster }: Session) {
  if (!cluster.slots.some((slot) => slot === name)) {
    throw new CliError(`There is no slot "${name}".`, `The slots are ${cluster.slots.join(', ')}.`);
  }
  return parseSlot(name);
}
