/*
 * The agent's own functions for one server. Imported by a test they act on PostgreSQL; in the bundle of the simulation the
 * same sources act on the simulated one.
 */
export { readIfPresent, removeDurably, writeDurably } from '../../../agent/durable';
export { clone } from '../../../agent/postgres/clone';
export { conninfo, upstreamParameters } from '../../../agent/postgres/conf-text';
export { controlData } from '../../../agent/postgres/control';
export { emitLocal } from '../../../agent/postgres/messages';
export { observe } from '../../../agent/postgres/observe';
export { promote } from '../../../agent/postgres/promote';
export { attachUpstream, detachUpstream } from '../../../agent/postgres/receiver';
export { rewind } from '../../../agent/postgres/rewind';
export { applyRole, reload, shown, writeRole } from '../../../agent/postgres/role';
export { withSession } from '../../../agent/postgres/session';
export { dropFormerSlots, ensureMemberSlots } from '../../../agent/postgres/slots';
export { isMarkedStandby, markStandby, startAndWait, stopToLastProcess } from '../../../agent/postgres/start';
export { enforce } from '../../../agent/postgres/syncstandbys';
export { ancestry, reserveTimelines } from '../../../agent/postgres/timelines';
export { until } from '../../../agent/postgres/wait';
export { endOfReplay, waitForEndOfReplay } from '../../../agent/postgres/wal';
