import type { CommandResult } from '../../agent/command';
import type { Call, Step } from '../seams/command';
import { parameter } from './configuration';
import { clusterIn, DATA, layOut, PG_WAL, type Cluster } from './data-directory';
import type { Machine } from './machine';
import type { Server } from './server';
import { lsnAfter, lsnOf, lsnText, recordsUpTo, Wal } from './wal';

const ok = (stdout = '', stderr = ''): CommandResult => ({ code: 0, stdout, stderr });
const failed = (stderr: string): CommandResult => ({ code: 1, stdout: '', stderr });

/** PostgreSQL's programs, as they are run on one machine. What is copied is copied in two steps, so that it can be interrupted. */
export function begin(machine: Machine, { program, args }: Call): Step {
  switch (program) {
    case 'pg_waldump':
      return dump(machine, args);
    case 'pg_controldata':
      return control(machine);
    case 'postgres':
      return ok('100\n');
    case 'du':
      return ok('1000\tdirectory\n');
    case 'psql':
      return source(machine, option(args, '--dbname')) === undefined
        ? failed('connection to server failed')
        : ok(option(args, '--command').includes('pg_stat_file') ? '1000\n' : 't\n');
    case 'pg_basebackup':
      return baseBackup(machine, args);
    case 'pg_rewind':
      return rewind(machine, args);
    default:
      throw new Error(`The simulation has no program ${program}.`);
  }
}

function option(args: readonly string[], name: string): string {
  return args[args.indexOf(name) + 1] ?? '';
}

/** A primary that accepts this node's connections. */
function source(machine: Machine, conninfo: string): Server | undefined {
  const server = machine.serverAt(parameter(conninfo, 'hostaddr') ?? '');
  if (server?.state !== 'up' || server.isStopped) return undefined;
  return machine.travelMs(server.machine.host) === undefined ? undefined : server;
}

function dump(machine: Machine, args: readonly string[]): CommandResult {
  const cluster = clusterIn(machine.files);
  const segment = args.find((each) => /^[0-9A-F]{24}$/.test(each)) ?? '';
  const timeline = parseInt(segment.slice(0, 8), 16);
  const from = option(args, '-s');
  const record = cluster?.wal.records[recordsUpTo(lsnOf(from))];
  if (record?.timeline !== timeline) return failed(`pg_waldump: error: could not find a valid record after ${from}`);
  if (record.kind !== 'end of recovery') return ok('record\n');
  return ok(
    `rmgr: XLOG desc: END_OF_RECOVERY tli ${timeline}; prev tli ${record.previousTimeline}; time moment ${record.id}\n`,
  );
}

function control(machine: Machine): CommandResult {
  const cluster = clusterIn(machine.files);
  if (cluster === undefined) return failed('no control file');
  return ok(
    [
      `Database system identifier:           ${cluster.systemId}`,
      `Database cluster state:               ${cluster.state}`,
      `Latest checkpoint location:           ${lsnText(lsnAfter(cluster.redo))}`,
      `Latest checkpoint's TimeLineID:       ${cluster.wal.timelineAfter(cluster.redo)}`,
    ].join('\n'),
  );
}

function baseBackup(machine: Machine, args: readonly string[]): Step {
  const from = source(machine, option(args, '--dbname'));
  if (from === undefined) return failed('pg_basebackup: error: connection to server failed');
  if (clusterIn(machine.files) !== undefined) return failed('pg_basebackup: error: directory exists but is not empty');
  const broken = emptyCluster(from.cluster.systemId);
  layOut(machine.files, broken);
  const redo = from.inRecovery ? from.replayed : from.wal.flushed;
  return {
    afterMs: machine.delayMs('copy'),
    next: () => {
      const still = source(machine, option(args, '--dbname'));
      if (still !== from) return failed('pg_basebackup: error: server closed the connection unexpectedly');
      // It waits for the log up to the end of the backup, so the copy is whole by itself.
      copyInto(machine, from, broken, redo);
      broken.consistentFrom = broken.wal.records.length;
      return ok();
    },
  };
}

function rewind(machine: Machine, args: readonly string[]): Step {
  const from = source(machine, option(args, '--source-server'));
  if (from === undefined) return failed('pg_rewind: error: connection to server failed');
  const mine = clusterIn(machine.files);
  if (mine === undefined || mine.isBroken || !mine.state.startsWith('shut down'))
    return failed('pg_rewind: fatal: target server must be shut down cleanly');
  if (from.inRecovery) return failed('pg_rewind: error: source server is in recovery');
  const timeline = mine.wal.timelineAfter(mine.wal.records.length);
  // Equal numbers are all that it looks at (protocol S6).
  if (timeline === from.timeline) return ok('pg_rewind: no rewind required\n');
  if (args.includes('--dry-run')) return ok();
  mine.isBroken = true;
  machine.files.remove(`${DATA}/standby.signal`);
  machine.files.flushNames();
  const parted = mine.wal.records.findIndex((record, nth) => from.wal.records[nth]?.id !== record.id);
  return {
    afterMs: machine.delayMs('copy'),
    next: () => {
      if (source(machine, option(args, '--source-server')) !== from)
        return failed('pg_rewind: error: server closed the connection unexpectedly');
      copyInto(machine, from, mine, parted < 0 ? mine.wal.records.length : parted);
      // What it would not copy it removes.
      mine.slots.clear();
      return ok();
    },
  };
}

/** What the source has on its disk. Consistent when all that was written by the end of the copy is replayed, flushed there or not. */
function copyInto(machine: Machine, from: Server, into: Cluster, redo: number): void {
  into.wal = from.wal.copy(from.wal.flushed);
  into.redo = Math.min(redo, into.wal.records.length);
  into.consistentFrom = from.wal.records.length;
  into.state = 'in production';
  into.isBroken = false;
  for (const name of from.machine.files.list(PG_WAL)) {
    machine.files.put(`${PG_WAL}/${name}`, from.machine.files.get(`${PG_WAL}/${name}`)?.text ?? '');
  }
  machine.files.put(`${DATA}/postgresql.auto.conf`, '');
}

function emptyCluster(systemId: string): Cluster {
  return {
    systemId,
    wal: new Wal(),
    redo: 0,
    state: 'in production',
    consistentFrom: 0,
    isBroken: true,
    slots: new Set(),
  };
}
