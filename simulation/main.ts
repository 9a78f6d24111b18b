import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { MUTATIONS } from './mutations';
import { search } from './search';
import { Runner } from './runner';
import { Totals } from './totals';

const USAGE = `Runs the real agents and health checkers in a simulated cluster, with faults, and checks that nothing is lost.

  npm run simulate                         a minute, with fresh seeds
  npm run simulate -- --for 1h             longer (s, m, h)
  npm run simulate -- --seed 17            one history, told line by line; the same seed tells the same
  npm run simulate -- --from 1 --to 5000   those seeds
  npm run simulate -- --mutations          takes one rule after the other out of the code, and finds what that breaks
  npm run simulate -- --mutation ID        one of them; with --seed the history in which it shows

  --workers N                              threads; as many as there are processors
`;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

interface Wishes {
  readonly durationMs: number | undefined;
  readonly seeds: Iterator<number>;
  readonly workers: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      for: { type: 'string' },
      seed: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      workers: { type: 'string' },
      mutations: { type: 'boolean' },
      mutation: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const workers = values.workers === undefined ? cpus().length : wholeNumber('--workers', values.workers);
  const mutation = values.mutation === undefined ? undefined : mutationOf(values.mutation);
  if (values.seed !== undefined) return tell(wholeNumber('--seed', values.seed), mutation?.changes ?? []);
  if (values.mutations === true || mutation !== undefined) {
    return hunt(mutation === undefined ? MUTATIONS : [mutation], workers);
  }
  const from = values.from === undefined ? undefined : wholeNumber('--from', values.from);
  const to = values.to === undefined ? Infinity : wholeNumber('--to', values.to);
  const durationMs = values.for === undefined ? (from === undefined ? 60_000 : undefined) : milliseconds(values.for);
  // Fresh seeds each time; the first one is told, so that the run can be repeated.
  return simulate({ durationMs, seeds: counting(from ?? Date.now() % 1_000_000_000, to), workers });
}

async function simulate({ durationMs, seeds, workers }: Wishes): Promise<number> {
  const runner = await Runner.create();
  const totals = new Totals();
  const began = performance.now();
  let toldAt = began;
  try {
    await runner.liveMany(seeds, workers, (life) => {
      totals.add(life);
      if (life.violation !== undefined) return 'enough';
      const now = performance.now();
      if (now - toldAt > 10_000) {
        toldAt = now;
        console.error(totals.line((now - began) / 1_000));
      }
      return durationMs !== undefined && now - began >= durationMs ? 'enough' : 'more';
    });
  } finally {
    runner.end();
  }
  console.log(totals.line((performance.now() - began) / 1_000));
  console.log(totals.kinds());
  const { violation } = totals;
  if (violation === undefined) return 0;
  console.log(
    `\nSeed ${violation.seed}: ${violation.message}\nThe history: npm run simulate -- --seed ${violation.seed}`,
  );
  return 1;
}

async function tell(seed: number, changes: Parameters<typeof Runner.create>[0]): Promise<number> {
  const runner = await Runner.create(changes);
  try {
    const life = await runner.live(seed, true);
    for (const line of life.trace) console.log(line);
    console.log(
      `\n${life.faults} faults, ${life.commits} commits acknowledged, ${life.terms} elections. ${life.violation?.message ?? 'Nothing was lost.'}`,
    );
    return life.violation === undefined ? 0 : 1;
  } finally {
    runner.end();
  }
}

/** Every mutation must be noticed. */
async function hunt(mutations: typeof MUTATIONS, workers: number): Promise<number> {
  let missed = 0;
  for (const mutation of mutations) {
    const found = await search(mutation, { workers });
    if (found.violation === undefined) missed += 1;
    const how = found.violation === undefined ? 'NOT NOTICED' : `${found.violation.rule}, seed ${found.violation.seed}`;
    console.log(
      `${mutation.finding.padEnd(4)} ${mutation.id.padEnd(30)} ${String(found.faults).padStart(8)} faults  ${how}`,
    );
  }
  console.log(`${mutations.length - missed} of ${mutations.length} mutations noticed`);
  return missed === 0 ? 0 : 1;
}

function mutationOf(id: string): (typeof MUTATIONS)[number] {
  const found = MUTATIONS.find((each) => each.id === id);
  if (found !== undefined) return found;
  throw new Error(`There is no mutation "${id}". There are: ${MUTATIONS.map((each) => each.id).join(', ')}.`);
}

function* counting(from: number, to: number): Generator<number> {
  for (let seed = from; seed <= to; seed += 1) yield seed;
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${option} is "${text}"; it must be a whole number.`);
  return Number(text);
}

function milliseconds(text: string): number {
  const match = /^(\d+)([smh])$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (match?.[1] === undefined || unit === undefined)
    throw new Error(`--for is "${text}"; for example 90s, 10m or 1h.`);
  return Number(match[1]) * unit;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  },
);
