import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabCommand } from '../workload/lab-command';
import { spread, type Spread } from './report';

export interface RejoinOptions {
  readonly lab: LabCommand;
  readonly smallMb: number;
  readonly largeMb: number;
  readonly runs: number;
  readonly progress: (line: string) => void;
}

export interface RejoinResult {
  readonly small: Sized;
  readonly large: Sized;
  /** Of the medians: 1 when the amount of data does not matter. */
  readonly ratio: number;
}

interface Sized {
  readonly megabytes: number;
  /** From the boot of the new machine until the slot streams as the same member. */
  readonly rejoinMs: Spread;
}

const GIVE_UP_MS = 1_200_000;
/** Some difference is noise: the machine's own boot is most of it. */
export const MOST_RATIO = 1.5;

/** A standby's machine is lost again and again; its replacement gets the retained volume. A lab must be up. */
export async function benchRejoin(options: RejoinOptions): Promise<RejoinResult> {
  const small = await measureAt(options, options.smallMb);
  const large = await measureAt(options, options.largeMb);
  return { small, large, ratio: large.rejoinMs.medianMs / small.rejoinMs.medianMs };
}

async function measureAt({ lab, runs, progress }: RejoinOptions, megabytes: number): Promise<Sized> {
  await lab.untilWhole(GIVE_UP_MS);
  progress(`filling the database to ${megabytes} MB`);
  await fill(lab, megabytes);
  const times: number[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const took = await rejoin(lab);
    times.push(took);
    progress(`${megabytes} MB, ${run} of ${runs}: back ${(took / 1000).toFixed(1)} s after the boot`);
  }
  return { megabytes, rejoinMs: spread(times) };
}

/** @throws Error when it came back as another member: then its data was copied */
async function rejoin(lab: LabCommand): Promise<number> {
  const before = await lab.untilWhole(GIVE_UP_MS);
  const { slot, instanceId } = await lab.fault('power-off', 'standby');
  const find = ({ slots }: typeof before) => slots.find((each) => each.slot === slot);
  let bootedAtMs: number | undefined;
  const deadline = Date.now() + GIVE_UP_MS;
  for (;;) {
    const status = await lab.status();
    const now = find(status);
    const isNew = now?.instanceId !== instanceId && now?.leaderPid !== undefined;
    if (isNew) bootedAtMs ??= Date.now();
    if (isNew && bootedAtMs !== undefined && status.healthy) {
      if (now.member === find(before)?.member) return Date.now() - bootedAtMs;
      throw new Error(`Slot ${slot ?? '?'} is back as ${now.member ?? 'nobody'}: its data was copied.`);
    }
    if (Date.now() > deadline) throw new Error(`Slot ${slot ?? '?'} is not back: ${status.unhealthy.join('; ')}`);
    await pause(100);
  }
}

/** A table of the wanted size; rows of a kilobyte that do not compress. */
async function fill(lab: LabCommand, megabytes: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    const sql = `
      create table if not exists holdfast_filler (id bigserial, filler bytea not null);
      alter table holdfast_filler alter filler set storage external;
      insert into holdfast_filler (filler)
        select decode(repeat(md5(random()::text), 31), 'hex') || decode(repeat(md5(random()::text), 31), 'hex')
        from generate_series(1, greatest(0, ${megabytes} * 1024 - (select count(*) from holdfast_filler)))`;
    const child = lab.client(directory)(
      ['psql', '--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', `--command=${sql}`],
      ['ignore', 'inherit', 'inherit'],
    );
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`The database could not be filled: psql ended with ${code ?? 'a signal'}.`);
  } finally {
    await rm(directory, { recursive: true });
  }
}

export function renderRejoin({ small, large, ratio }: RejoinResult): string {
  const row = ({ megabytes, rejoinMs: { minMs, medianMs, maxMs } }: Sized) =>
    `  ${String(megabytes).padStart(6)} MB: ${[minMs, medianMs, maxMs].map((each) => `${(each / 1000).toFixed(1)} s`).join(', ')}`;
  return [
    'From the boot of the replacement until its slot streams as the same member (least, median, most):',
    row(small),
    row(large),
    `The medians' ratio is ${ratio.toFixed(2)}. Target: at most ${MOST_RATIO}: ${ratio <= MOST_RATIO ? 'met' : 'MISSED'}.`,
    '',
  ].join('\n');
}
