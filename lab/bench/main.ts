import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../duration';
import { messageOf } from '../host/errors';
import { LabCommand } from '../workload/lab-command';
import { benchFailover } from './failover';
import { BENCH_FAULTS, type BenchFault } from './measure';
import { benchRejoin, MOST_RATIO, renderRejoin } from './rejoin';
import { render, reportOf } from './report';
import { benchSteady, renderSteady } from './steady';

function valid<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  };
}

const count = valid((text) => {
  if (!/^[1-9]\d*$/.test(text)) throw new Error('Expected a whole number above 0.');
  return Number(text);
});

const megabytes = valid((text) => {
  const [, number, unit] = /^([1-9]\d*)(MB|GB)$/.exec(text) ?? [];
  if (number === undefined) throw new Error('Expected a whole number with MB or GB, for example 2GB.');
  return Number(number) * (unit === 'GB' ? 1024 : 1);
});

interface Common {
  readonly json: boolean;
  readonly awsTimes: 'short' | 'real';
}

interface Outcome {
  readonly report: unknown;
  readonly text: string;
  readonly met: boolean;
}

const progress = (text: string) => process.stderr.write(`${text}\n`);

/** Measures in a lab: the one that is up, or one of its own. */
async function bench({ json, awsTimes }: Common, measure: (lab: LabCommand) => Promise<Outcome>): Promise<void> {
  const lab = new LabCommand();
  let own = false;
  if (await lab.isUp()) {
    progress('A lab is up already: it is used as it is, and left up.');
  } else {
    // One that fails to come up leaves nothing; it may have failed because somebody else's is just coming up.
    await lab.up(awsTimes);
    own = true;
  }
  try {
    const { report, text, met } = await Promise.race([measure(lab), interruption()]);
    process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : text);
    if (!met) process.exitCode = 1;
  } finally {
    if (own) await lab.down();
  }
}

/** Rejects when somebody wants an end: the clients end with this program, and the lab is taken down before. */
function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => reject(new Error(`ended by ${signal}`)));
    }
  });
}

const program = new Command('script/bench').description('Measures the cluster in the lab.').showHelpAfterError();

function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--json', 'print the report as JSON', false)
    .addOption(
      new Option('--aws-times <name>', 'of the lab that is brought up when none is: how slow AWS replaces an instance')
        .choices(['short', 'real'])
        .default('short'),
    );
}

command('failover', 'does the same to the primary again and again, and tells how long clients could not write')
  .addOption(new Option('--fault <name>', 'what is done').choices(BENCH_FAULTS).default('power-off'))
  .option('--runs <count>', 'how often', count, 10)
  .addHelpText('after', '\nExits with 1 when a target is missed through the multi-host DSN, or a write was lost.')
  .action((options: Common & { fault: BenchFault; runs: number }) =>
    bench(options, async (lab) => {
      const report = reportOf(await benchFailover({ lab, fault: options.fault, runs: options.runs, progress }));
      return { report, text: render(report), met: report.target.met && report.violations.length === 0 };
    }),
  );

command('steady', 'pgbench at full load: failovers that nobody had a reason for')
  .option('--for <duration>', 'how long', valid(parseDuration), 3_600_000)
  .action((options: Common & { for: number }) =>
    bench(options, async (lab) => {
      const report = await benchSteady({ lab, forMs: options.for, progress });
      return { report, text: renderSteady(report), met: report.termsBegun === 0 };
    }),
  );

command('rejoin', 'how long a slot takes to be back with its volume, with little and with much data')
  .option('--small <size>', 'the database at first', megabytes, 100)
  .option('--large <size>', 'and then', megabytes, 2048)
  .option('--runs <count>', 'how often, each', count, 3)
  .action((options: Common & { small: number; large: number; runs: number }) =>
    bench(options, async (lab) => {
      const sizes = { smallMb: options.small, largeMb: options.large };
      const report = await benchRejoin({ lab, ...sizes, runs: options.runs, progress });
      return { report, text: renderRejoin(report), met: report.ratio <= MOST_RATIO };
    }),
  );

program
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`script/bench: ${messageOf(error)}\n`);
    process.exitCode = 1;
  })
  // After an interruption measuring is still under way.
  .finally(() => process.exit());
