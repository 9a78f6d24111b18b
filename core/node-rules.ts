import { names } from './guarantee';
import { hold, type NodeTable } from './node-rule';
import type { NodeView } from './node-view';
import type { BootstrappingRecord, ClusterRecord } from './record';

/** How long an instance that must go waits for its role to move on. */
const LEAVE_ANYWAY_MS = 30_000;

/** Asked before the table of the record's phase; none of them need hold. */
export const ALWAYS: NodeTable<ClusterRecord> = {
  title: 'Any phase, before its own table',
  rules: [
    {
      id: 'N1-older-than-pledge',
      when: 'the record is of an older term than this volume has pledged for or followed',
      holds: ({ pledgedTerm }, { term }) => term < pledgedTerm,
      action: 'hold',
      then: ({ pledgedTerm }, { term }) =>
        hold(
          `the record is of term ${term}, this node has pledged for ${pledgedTerm}: the register was restored from an ` +
            'older state, or the volume is from elsewhere. Restore the newest record, or move the state directory of ' +
            'the volume out of the way and restart the agent',
        ),
      why: 'a pledge binds, whatever is read later',
    },
    {
      id: 'N2-leave',
      when: 'its instance is about to go, and nobody counts on it, or 30 s have passed',
      holds: mayLeave,
      action: 'leave',
      then: () => ({ kind: 'leave', why: 'the instance is about to be terminated' }),
      why: 'the volume goes to the successor sooner. AWS ends the instance in any case',
    },
  ],
};

function mayLeave({ leavingForMs, member }: NodeView, record: ClusterRecord): boolean {
  if (leavingForMs === undefined) return false;
  if (leavingForMs > LEAVE_ANYWAY_MS || member === undefined) return true;
  return (
    record.phase === 'steady' &&
    record.primary.member !== member &&
    !record.guarantees.some((guarantee) => names(guarantee, member))
  );
}

export const BOOTSTRAP: NodeTable<BootstrappingRecord> = {
  title: 'Phase `bootstrapping`',
  rules: [
    {
      id: 'N10-not-named',
      when: 'another slot is named',
      holds: ({ slot }, { bootstrapSlot }) => bootstrapSlot !== slot,
      action: 'hold',
      then: (_, { bootstrapSlot }) => hold(`waiting for slot ${bootstrapSlot} to initialize`),
      why: 'one slot alone may run initdb',
    },
    {
      id: 'N11-initialize',
      when: 'no whole data directory is there',
      holds: ({ directory, postgres }) => directory !== 'ready' || postgres.state === 'absent',
      action: 'initialize',
      then: () => ({ kind: 'initialize' }),
      why: 'before `steady` nothing was acknowledged; a half-made directory is set aside',
    },
    {
      id: 'N12-has-followed',
      when: 'its directory is marked as a standby',
      holds: ({ markedStandby }) => markedStandby,
      action: 'hold',
      then: () => hold('its directory is marked as a standby: it has followed somebody, and declares nothing'),
      why: 'whoever has followed somebody belongs to a cluster that was already there',
    },
    {
      id: 'N13-start',
      when: 'PostgreSQL is down',
      holds: ({ postgres }) => postgres.state === 'down',
      action: 'start',
      does: 'start as a primary',
      then: () => ({ kind: 'start', as: 'primary' }),
      why: 'clients are held out until the record is steady',
    },
    {
      id: 'N14-declare',
      when: 'PostgreSQL is up and writes',
      holds: ({ postgres }) => postgres.state === 'up' && postgres.inRecovery === false,
      action: 'declare',
      then: (_, record) => ({ kind: 'declare', record }),
      why: 'the write makes the record steady only if the bootstrap was not given to another slot meanwhile',
    },
    {
      id: 'N15-starting',
      when: 'otherwise',
      action: 'hold',
      then: () => hold('PostgreSQL is starting'),
      why: 'initdb has just ended',
    },
  ],
};
