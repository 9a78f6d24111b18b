import type { Member } from '../../core/member';
import type { PostgresContext } from './context';
import { PostgresRefused } from './errors';

/** On the primary: exactly one physical slot for each of `members`; those of other members are dropped, a walsender on them ended. Slots that are not members' stay. */
export function ensureMemberSlots(_ctx: PostgresContext, _members: readonly Member[]): Promise<void> {
  throw new PostgresRefused('not yet');
}

/** On a standby: drops what it had as a primary: physical slots, and logical ones that are not copies (protocol L10). */
export function dropFormerSlots(_ctx: PostgresContext): Promise<void> {
  throw new PostgresRefused('not yet');
}
