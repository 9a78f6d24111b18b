import { ROLE } from '../../core/names';
import type { Backend } from './backend';
import { lsnAfter, lsnText } from './wal';

export type Row = Readonly<Record<string, unknown>>;
/** Called once, with rows or with an error of PostgreSQL: its SQLSTATE and words. */
export type Done = (rows: readonly Row[], error?: { readonly code: string; readonly message: string }) => void;

type Statement = (backend: Backend, values: readonly unknown[], done: Done, match: RegExpExecArray) => void;

const IN_RECOVERY = { code: 'XX000', message: 'cannot make new WAL entries during recovery' };

/** Every statement that the agent and the health checker send, by its text. One that is not here is a defect of the simulation. */
const STATEMENTS: readonly (readonly [RegExp, Statement])[] = [
  [
    /^IDENTIFY_SYSTEM$/,
    ({ server }, _values, done) => done([{ systemid: server.cluster.systemId, timeline: String(server.timeline) }]),
  ],
  [/^observe\.sql$/, ({ server }, _values, done) => done([{ observation: observe(server) }])],
  [
    /^select pg_is_in_recovery\(\) as recovery$/,
    ({ server }, _values, done) => done([{ recovery: server.inRecovery }]),
  ],
  [
    /^select pg_is_in_recovery\(\) as recovery, pg_last_wal_replay_lsn\(\) as lsn, .*'walreceiver'/,
    ({ server }, _values, done) =>
      done([
        {
          recovery: server.inRecovery,
          lsn: server.inRecovery ? lsnText(lsnAfter(server.replayed)) : null,
          receivers: server.receiver === undefined ? 0 : 1,
        },
      ]),
  ],
  [
    /^select pg_is_in_recovery\(\) as recovery, \(select coalesce\(json_agg\(pid\), '\[\]'\) .*'walreceiver'\) as receivers$/,
    ({ server }, _values, done) =>
      done([{ recovery: server.inRecovery, receivers: server.receiver === undefined ? [] : [server.receiver.pid] }]),
  ],
  [
    /^select pg_terminate_backend\(pid\) from pg_stat_activity where backend_type = 'client backend' and usename not in/,
    ({ server }, _values, done) => {
      for (const each of [...server.backends]) {
        if (each.options.user !== ROLE.agent && each.options.user !== ROLE.monitor) each.end();
      }
      done([]);
    },
  ],
  [
    /^select pg_wal_replay_resume\(\) where/,
    ({ server }, _values, done) => {
      server.resumeReplay();
      done([]);
    },
  ],
  [
    /^select pg_terminate_backend\(pid\) from pg_stat_activity where application_name = '(\w+)' and pid <> (\d+)$/,
    ({ server }, _values, done, match) => {
      const others = [...server.backends].filter(
        (each) => each.options.applicationName === match[1] && each.pid !== Number(match[2]),
      );
      for (const each of others) each.end();
      done(others.map(() => ({})));
    },
  ],
  [
    /^select pg_reload_conf\(\)$/,
    ({ server }, _values, done) => {
      server.reload();
      done([]);
    },
  ],
  [
    /^select current_setting\('primary_conninfo'\) as conninfo, current_setting\('primary_slot_name'\) as slot,/,
    ({ server: { configuration } }, _values, done) =>
      done([
        {
          conninfo: configuration.primaryConninfo,
          slot: configuration.primarySlotName,
          names: configuration.synchronousStandbyNames,
        },
      ]),
  ],
  [
    /^select current_setting\('synchronous_standby_names'\) as names, .*'walreceiver'\)::int as receivers$/,
    ({ server }, _values, done) =>
      done([
        {
          names: server.configuration.synchronousStandbyNames,
          conninfo: server.configuration.primaryConninfo,
          receivers: server.receiver === undefined ? 0 : 1,
        },
      ]),
  ],
  [
    /^select pg_promote\(false\)$/,
    ({ server }, _values, done) => {
      server.promote();
      done([]);
    },
  ],
  [
    /^select application_name as "member", pid, .* from pg_stat_replication/,
    ({ server }, [members], done) => {
      const named = members as readonly string[];
      done(
        server.walsenders
          .filter((each) => named.length === 0 || named.includes(each.applicationName))
          .map((each) => ({
            member: each.applicationName,
            pid: each.pid,
            sentLsn: lsnText(lsnAfter(each.sent)),
            flushLsn: each.flushed === undefined ? null : lsnText(lsnAfter(each.flushed)),
            syncPriority: each.priority,
          })),
      );
    },
  ],
  [
    /^select pg_terminate_backend\(pid\) from unnest\(\$1::int\[\]\) as pid$/,
    ({ server }, [pids], done) => {
      terminate(server, pids as readonly number[]);
      done([]);
    },
  ],
  [
    /^select pg_terminate_backend\(\$1\)$/,
    ({ server }, [pid], done) => {
      terminate(server, [Number(pid)]);
      done([]);
    },
  ],
  [
    /^select pg_logical_emit_message\(\$1, \$2, \$3, true\) as lsn$/,
    (backend, [isTransactional], done) => emit(backend, isTransactional === true, done),
  ],
  [/^SELECT pg_logical_emit_message\(true, \$1, 'probe'\)$/, (backend, _values, done) => emit(backend, true, done)],
  [
    /^select from pg_stat_activity where pid = (\d+) and wait_event = 'SyncRep'$/,
    ({ server }, _values, done, match) => {
      const found = [...server.backends].find((each) => each.pid === Number(match[1]));
      done(found?.waitsFor !== undefined && server.waitsAt(found.waitsFor) ? [{}] : []);
    },
  ],
  [
    /^select pg_create_physical_replication_slot\(name, true\) from unnest/,
    ({ server }, [members], done) => {
      for (const each of members as readonly string[]) server.cluster.slots.add(each);
      done([]);
    },
  ],
  [
    /^select (pg_terminate_backend\(active_pid\)|pg_drop_replication_slot\(slot_name\))? ?from pg_replication_slots where (.*?)(?: and active_pid is(?: not)? null)?$/,
    (backend, _values, done, match) => slots(backend, String(match[1] ?? ''), String(match[2]), done),
  ],
  [/^checkpoint$/, ({ server }, _values, done) => server.checkpoint(() => done([]))],
  // Segments make no difference to anything that is simulated.
  [/^select pg_switch_wal\(\)$/, (_backend, _values, done) => done([{}])],
  [/^select$/, (_backend, _values, done) => done([{}])],
  [
    /^SELECT pg_is_in_recovery\(\) AS in_recovery$/,
    ({ server }, _values, done) => done([{ in_recovery: server.inRecovery }]),
  ],
  [
    /^SELECT pg_terminate_backend\(pid\) FROM pg_stat_activity WHERE usename = current_user/,
    (_backend, _values, done) => done([]),
  ],
  [/^select sourcefile, sourceline, error from pg_file_settings/, (_backend, _values, done) => done([])],
];

const known = new Map<string, readonly [RegExp, Statement]>();

export function execute(backend: Backend, text: string, values: readonly unknown[], done: Done): void {
  const sql = text.trim().replace(/\s+/g, ' ');
  const entry = known.get(sql) ?? STATEMENTS.find(([pattern]) => pattern.test(sql));
  if (entry === undefined) throw new Error(`The simulated PostgreSQL does not know the statement: ${sql}`);
  // Texts with an id in them are never asked again.
  if (!/\d{3}/.test(sql)) known.set(sql, entry);
  const match = entry[0].exec(sql);
  if (match === null) throw new Error(`No match: ${sql}`);
  entry[1](backend, values, done, match);
}

function emit(backend: Backend, isTransactional: boolean, done: Done): void {
  const { server } = backend;
  if (server.inRecovery) return done([], IN_RECOVERY);
  if (isTransactional) {
    server.commit(undefined, backend.options.isSynchronous, () => done([{ lsn: lsnText(lsnAfter(position)) }]));
    const position = server.wal.records.length;
    backend.waitsFor = position;
    return;
  }
  const position = server.insert({ kind: 'message', timeline: server.timeline });
  server.flush(position, () => done([{ lsn: lsnText(lsnAfter(position)) }]));
}

function terminate(server: Backend['server'], pids: readonly number[]): void {
  for (const pid of pids) {
    [...server.backends].find((each) => each.pid === pid)?.end();
    server.walsenders.find((each) => each.pid === pid)?.terminate();
  }
}

/** The three statements of agent/postgres/slots.ts: look, end who uses it, drop. */
function slots({ server }: Backend, action: string, which: string, done: Done): void {
  const kept = /<> all \('\{(.*)\}'\)/.exec(which)?.[1];
  const isFormer = which.startsWith('pg_is_in_recovery()');
  if (isFormer && !server.inRecovery) return done([]);
  const names = [...server.cluster.slots].filter((name) => isFormer || kept?.split(',').includes(name) === false);
  const user = (name: string) => server.walsenders.find((each) => each.slot === name);
  if (action.startsWith('pg_terminate')) for (const name of names) user(name)?.terminate();
  if (action.startsWith('pg_drop'))
    for (const name of names) if (user(name) === undefined) server.cluster.slots.delete(name);
  done([...server.cluster.slots].filter((name) => names.includes(name)).map(() => ({})));
}

/** agent/files/postgres/observe.sql */
function observe(server: Backend['server']): unknown {
  const { receiver, inRecovery, wal, configuration, machine } = server;
  const at = (records: number) => lsnText(lsnAfter(records));
  const isSeen = receiver?.state === 'streaming';
  return {
    inRecovery,
    lsn: at(inRecovery ? server.replayed : wal.flushed),
    insertLsn: inRecovery ? null : at(wal.records.length),
    receivedLsn: inRecovery && server.receivedEnd !== undefined ? lsnText(server.receivedEnd) : null,
    uptimeMs: server.uptimeMs,
    replayPaused: server.isReplayPaused,
    replayHeld: false,
    receiverPids: receiver === undefined ? [] : [receiver.pid],
    receiver: isSeen
      ? {
          pid: receiver.pid,
          streaming: true,
          flushedLsn: server.receivedEnd === undefined ? null : lsnText(server.receivedEnd),
          timeline: wal.timelineAfter(wal.flushed),
          lastMessageAgeMs: Math.floor(machine.kernel.now - receiver.heardAt),
          slotName: receiver.slotName,
          senderHost: receiver.host ?? null,
        }
      : null,
    replication: server.walsenders.map((each) => ({
      applicationName: each.applicationName,
      pid: each.pid,
      state: each.state,
      sentLsn: at(each.sent),
      flushLsn: each.flushed === undefined ? null : at(each.flushed),
      replayLsn: each.flushed === undefined ? null : at(each.flushed),
      syncPriority: each.priority,
      replyAgeMs: Math.floor(machine.kernel.now - each.replyAt),
    })),
    slots: [...server.cluster.slots].map((name) => ({
      name,
      kind: 'physical',
      activePid: server.walsenders.find((each) => each.slot === name)?.pid ?? null,
      temporary: false,
      restartLsn: null,
      walStatus: 'reserved',
      failover: false,
      synced: false,
    })),
    shown: {
      primaryConninfo: configuration.primaryConninfo,
      primarySlotName: configuration.primarySlotName,
      synchronousStandbyNames: configuration.synchronousStandbyNames,
    },
  };
}
