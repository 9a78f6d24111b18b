import { pauseFailover, resumeFailover } from '../../core/operator';
import { changeRecord, tell } from '../change-record';
import type { Session } from '../session';

/** `pause`: no automatic failover until `resume`. */
export async function pause(session: Session, reason: string | undefined): Promise<void> {
  const { register, print, note, operation } = session;
  const changed = await changeRecord(register, pauseFailover);
  if (changed.kind === 'already') return print(`${changed.reason}\n`);
  await tell(register, operation('pause', changed.record.term, reason === undefined ? {} : { reason }), note);
  print('Automatic failover is paused. A lost primary stays lost until: holdfast resume\n');
}

export async function resume({ register, print, note, operation }: Session): Promise<void> {
  const changed = await changeRecord(register, resumeFailover);
  if (changed.kind === 'already') return print(`${changed.reason}\n`);
  await tell(register, operation('resume', changed.record.term), note);
  print('Automatic failover is on again.\n');
}
