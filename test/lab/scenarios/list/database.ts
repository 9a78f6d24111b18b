import type { Scenario } from '../support/scenario';

const KEEPS = { elections: 0, primary: 'stays', clients: 'keep writing' } as const;

/** What happens inside PostgreSQL and is no reason to fail over, or must not hold one up. */
export const DATABASE: readonly Scenario[] = [
  {
    id: 'exhausted-connections',
    title: 'a primary whose connections are all taken',
    shows: ['L11'],
    fault: 'ordinary users take every connection of the primary for 20 s',
    usersSee: 'new connections are refused; those that are there go on',
    healedBy: 'no reason to fail over: the probes use reserved connections',
    steps: [{ exhaustConnections: 'primary' }],
    expect: KEEPS,
  },
  {
    id: 'locked-table',
    title: 'a table that somebody has locked',
    shows: ['L11'],
    fault: "`lock table` on the workload's table for 15 s",
    usersSee: 'statements on it wait',
    healedBy: 'no reason to fail over: the probes need no table and no lock',
    steps: [{ sql: 'lock table holdfast_workload.inserted; select pg_sleep(15)', on: 'primary' }],
    expect: KEEPS,
  },
  {
    id: 'paused-replay-then-power-off',
    title: 'a standby whose replay somebody has paused is no obstacle to a failover',
    shows: ['L9'],
    fault: '`pg_wal_replay_pause()` on both standbys, then `power-off` of the primary',
    usersSee: 'as for `power-off`, longer by the replay of what was held up',
    healedBy: 'the pledge resumes replay; election',
    steps: [
      { superuserSql: 'select pg_wal_replay_pause()', on: 'standby' },
      { superuserSql: 'select pg_wal_replay_pause()', on: 'other' },
      { until: 'every client writes' },
      { fault: 'power-off', to: ['primary'] },
    ],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect', replaced: ['primary'] },
  },
  {
    id: 'logical-slot-then-power-off',
    title: 'a logical slot that goes with the role, and is copied to the old primary when that is back',
    shows: ['L10'],
    fault: '`power-off` of the primary, which has a failover slot',
    usersSee: 'as for `power-off`; a consumer of the slot goes on at the new primary where it was, and misses nothing',
    healedBy: 'election; the slot’s copy is a slot there; what the old primary has of it makes way for a new copy',
    steps: [
      {
        superuserSql: "select pg_create_logical_replication_slot('changes', 'test_decoding', false, false, true)",
        on: 'primary',
      },
      { until: 'every standby has a copy of the logical slot' },
      { superuserSql: "select pg_logical_emit_message(true, 'scenario', 'sent before')", on: 'primary' },
      { fault: 'power-off', to: ['primary'] },
      { until: 'the primary has moved' },
      { until: 'every client writes' },
      { superuserSql: "select pg_logical_emit_message(true, 'scenario', 'sent after')", on: 'new primary' },
      {
        superuserSql: `do $$ declare decoded text := string_agg(data, ' ') from pg_logical_slot_get_changes('changes', null, null);
          begin assert decoded like '%sent before%sent after%', 'The slot has: ' || coalesce(decoded, 'nothing'); end $$`,
        on: 'new primary',
      },
      { until: 'every standby has a copy of the logical slot' },
      { superuserSql: "select pg_drop_replication_slot('changes')", on: 'new primary' },
    ],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect', replaced: ['primary'] },
  },
];
