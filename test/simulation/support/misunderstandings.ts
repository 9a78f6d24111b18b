import type { Change } from '../../../simulation/build';

/** What one might believe of PostgreSQL: the simulated one made so, and the script that tells it from the real one. */
export interface Misunderstanding {
  readonly belief: string;
  readonly change: Change;
  /** The beginning of its name. */
  readonly noticedBy: string;
}

const postgres = (file: string, from: string, to: string): Change => ({
  file: `simulation/postgres/${file}.ts`,
  from,
  to,
});

export const MISUNDERSTANDINGS: readonly Misunderstanding[] = [
  {
    belief: 'commits wait as soon as names are shown',
    change: postgres(
      'server',
      '!isSynchronous || !this.isSyncDefined ||',
      '!isSynchronous || !this.configuration.quorum ||',
    ),
    noticedBy: 'a commit is acknowledged by nobody',
  },
  {
    belief: 'a stopped process ends when it is told to',
    change: postgres(
      'walsender',
      '  terminate(): void {\n    this.after(() => this.end());',
      '  terminate(): void {\n    this.end();',
    ),
    noticedBy: 'nothing shows that a walsender',
  },
  {
    belief: "a row's priority follows the names at once",
    change: postgres(
      'statements',
      'syncPriority: each.priority,\n      replyAgeMs',
      'syncPriority: server.configuration.quorum?.members.has(each.applicationName) === true ? 1 : 0,\n      replyAgeMs',
    ),
    noticedBy: "a removed standby's row",
  },
  {
    belief: 'names are counted, not walsenders',
    change: postgres(
      'walsender',
      '.filter((each) => each.priority > 0 &&',
      '.filter((each, nth, all) => all.findIndex((one) => one.applicationName === each.applicationName) === nth && each.priority > 0 &&',
    ),
    noticedBy: 'one standby with two streams',
  },
  {
    belief: 'a slot takes any number of streams',
    change: postgres(
      'receiver',
      "if (there.walsenders.some((each) => each.slot === this.slot)) return 'replication slot is active';",
      '',
    ),
    noticedBy: 'a second stream on a slot',
  },
  {
    belief: 'the view shows every receiver',
    change: postgres(
      'statements',
      "const isSeen = receiver?.state === 'streaming';",
      'const isSeen = receiver !== undefined;',
    ),
    noticedBy: 'a receiver that is connecting',
  },
  {
    belief: 'a reload reaches the receiver while replay is paused',
    change: postgres(
      'server',
      'if (this.isReplayPaused || this.replayed < this.wal.records.length)',
      'if (this.replayed < this.wal.records.length)',
    ),
    noticedBy: 'with the upstream taken away',
  },
  {
    belief: 'whoever was told of a key can use it for ever',
    change: postgres('receiver', 'if (this.server.machine.files.get(inside) === undefined) return this.end();', ''),
    noticedBy: 'a receiver that was overlooked cannot connect',
  },
  {
    belief: 'a promotion makes the next number',
    change: postgres('server', 'while (taken.has(timeline)) timeline += 1;', 'void taken;'),
    noticedBy: 'a promotion makes the first number',
  },
  {
    belief: 'pg_rewind tells two timelines of the same number apart',
    change: postgres(
      'programs',
      'if (timeline === from.timeline) return',
      'if (mine.wal.records.every((each, nth) => from.wal.records[nth]?.id === each.id)) return',
    ),
    noticedBy: 'two promotions from one point',
  },
  {
    belief: 'a walsender tells two timelines of the same number apart',
    change: postgres(
      'receiver',
      'if (switchedAt === undefined) return',
      'if (switchedAt === undefined || wal.records.some((each, nth) => there.wal.records[nth]?.id !== each.id)) return',
    ),
    noticedBy: 'two promotions from one point',
  },
  {
    belief: 'a follower asks only for the history of the last timeline',
    change: postgres(
      'receiver',
      'if (history === undefined) return `',
      'if (history === undefined && number === there.timeline) return `',
    ),
    noticedBy: 'a follower cannot follow',
  },
  {
    belief: 'whoever has the same timeline streams',
    change: postgres(
      'receiver',
      'if (start > Math.min(switchedAt, there.wal.flushed)) return',
      'if (start > there.wal.records.length + 1_000) return',
    ),
    noticedBy: 'a standby with a tail',
  },
  {
    belief: 'systems are not compared',
    change: postgres('receiver', ' || mine.systemId !== theirs.systemId', ''),
    noticedBy: 'a standby of another system',
  },
  {
    belief: 'pg_rewind leaves standby.signal',
    change: postgres('programs', '  machine.files.remove(`${DATA}/standby.signal`);\n', ''),
    noticedBy: 'pg_rewind takes standby.signal away',
  },
  {
    belief: 'a clean stop waits for nobody',
    change: postgres('server', 'if (!isDrained || this.receiver !== undefined)', 'if (!isDrained && this.isStopped)'),
    noticedBy: 'a clean stop sends',
  },
  {
    belief: 'what was received is known after a restart',
    change: postgres('server', 'receivedEnd: number | undefined;', 'receivedEnd: number | undefined = 2 ** 40;'),
    noticedBy: 'after a restart on a later timeline',
  },
];
