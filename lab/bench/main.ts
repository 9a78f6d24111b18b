import { Command, InvalidArgumentError, Option } from 'commander';
import { LabCommand } from '../workload/lab-command';
import { benchFailover } from './failover';
import { render, reportOf } from './report';

const count = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Expected a whole number above 0.');
  return Number(text);
};

interface Options {
  readonly runs: number;
  readonly json: boolean;
  readonly awsTimes: 'short' | 'real';
}

async function bench({ runs, json, awsTimes }: Options): Promise<void> {
  const lab = new LabCommand();
  const progress = (text: string) => process.stderr.write(`${text}\n`);
  let own = false;
  if (await lab.isUp()) {
    progress('A lab is up already: it is used as it is, and left up.');
  } else {
    // One that fails to come up leaves nothing; it may have failed because somebody else's is just coming up.
    await lab.up(awsTimes);
    own = true;
  }
  try {
    const report = reportOf(await Promise.race([benchFailover({ lab, runs, progress }), interruption()]));
    process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : render(report));
    if (!report.target.met || report.violations.length > 0) process.exitCode = 1;
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

new Command('script/bench-failover')
  .description("Cuts the power of the lab's primary again and again, and tells how long clients could not write.")
  .option('--runs <count>', 'how often', count, 10)
  .option('--json', 'print the report as JSON', false)
  .addOption(
    new Option('--aws-times <name>', 'of the lab that is brought up when none is: how slow AWS replaces an instance')
      .choices(['short', 'real'])
      .default('short'),
  )
  .addHelpText(
    'after',
    '\nExits with 1 when the median through the multi-host DSN misses its target, or a write was lost.',
  )
  .action(bench)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`script/bench-failover: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  })
  // After an interruption measuring is still under way.
  .finally(() => process.exit());
