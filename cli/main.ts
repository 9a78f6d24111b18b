import { Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from './cli-error';
import { coloursFor } from './colours';
import { events } from './commands/events';
import { failover } from './commands/failover';
import { logs } from './commands/logs';
import { pause, resume } from './commands/pause';
import { status } from './commands/status';
import { switchover } from './commands/switchover';
import { explain } from './explain';
import { type GlobalOptions, type Session, withSession } from './session';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d*)([smhd])$/.exec(text) ?? [];
  if (unit === '') throw new InvalidArgumentError('Expected a whole number with s, m, h or d, for example 30s.');
  return Number(count) * (UNITS[unit] ?? 0);
}

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Expected a whole number above 0.');
  return Number(text);
}

const colours = coloursFor({ isTerminal: process.stdout.isTTY, env: process.env });

const program = new Command('holdfast')
  .description('A Holdfast cluster, for those who look after it.')
  .addOption(new Option('--stack <name>', 'stack that made the cluster').env('HOLDFAST_STACK'))
  .addOption(new Option('--cluster <name>', 'cluster, when there are several').env('HOLDFAST_CLUSTER'))
  .option('--region <name>', "region, instead of AWS_REGION or the profile's")
  .option('--profile <name>', 'AWS profile, instead of AWS_PROFILE')
  .showHelpAfterError('(holdfast --help shows all commands)');

// It is told at every call of the command, to people who chose neither the SDK nor its version.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** Runs a command's work on the cluster that is meant. */
async function onCluster(work: (session: Session) => Promise<void | number>): Promise<void> {
  const { profile, ...options } = program.opts<GlobalOptions & { profile?: string }>();
  // Every client of the SDK reads it by itself.
  if (profile !== undefined) process.env['AWS_PROFILE'] = profile;
  process.exitCode = (await withSession(options, colours, work)) ?? 0;
}

program
  .command('status', { isDefault: true })
  .description('who is primary, what each slot does, and what would help; ends with 2 when the cluster is not whole')
  .option('--json', 'as JSON', false)
  .option('-w, --watch', 'again and again', false)
  .action((options: { json: boolean; watch: boolean }) => onCluster((session) => status(session, options)));

program
  .command('events')
  .description('failovers with the time of each step, pauses and other doings of operators; the latest first')
  .option('--json', 'as JSON', false)
  .option('-n, --limit <count>', 'only so many of each', count, 30)
  .action((options: { json: boolean; limit: number }) => onCluster((session) => events(session, options)));

program
  .command('switchover')
  .argument('[slot]', 'who shall be primary; the best standby when left out')
  .option('--no-wait', 'do not wait for the outcome')
  .option('--timeout <duration>', 'how long to wait for it', durationMs, 60_000)
  .description('make another node primary, without an error for clients that wait')
  .action((slot: string | undefined, { wait, timeout: timeoutMs }: { wait: boolean; timeout: number }) =>
    onCluster((session) => switchover(session, slot, { wait, timeoutMs })),
  );

program
  .command('failover')
  .description('the way out when a cluster waits for nodes that do not come back')
  .option('--accept-data-loss', 'give up what the missing nodes alone hold', false)
  .option('--confirm <cluster>', "the cluster's name, instead of typing it")
  .option('--timeout <duration>', 'how long to wait for a primary', durationMs, 60_000)
  .action((options: { acceptDataLoss: boolean; confirm?: string; timeout: number }) =>
    onCluster((session) => failover(session, { ...options, timeoutMs: options.timeout })),
  );

program
  .command('pause')
  .description('no automatic failover until resume; a switchover still works')
  .option('--reason <text>', 'for the history and for whoever looks')
  .action(({ reason }: { reason?: string }) => onCluster((session) => pause(session, reason)));

program
  .command('resume')
  .description('automatic failover again')
  .action(() => onCluster(resume));

program
  .command('logs')
  .argument('[from]', 'a slot, or health-checker', 'health-checker')
  .description('what the health checker says, or the agent and PostgreSQL of a slot')
  .option('-f, --follow', 'go on as lines come', false)
  .option('--since <duration>', 'how far back', durationMs, 600_000)
  .action((from: string, { follow, since: sinceMs }: { follow: boolean; since: number }) =>
    onCluster((session) => logs(session, from, { follow, sinceMs })),
  );

program.parseAsync().catch((thrown: unknown) => {
  const error = explain(thrown);
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`holdfast: ${message}\n`);
  if (error instanceof CliError && error.help !== undefined) process.stderr.write(`${error.help}\n`);
  process.exitCode = 1;
});
