import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { AWS_TIMES, type AwsTimesName } from '../daemon/aws-times';
import { FAULT_LIST, FAULTS, HEAL, type FaultName } from '../daemon/fault-list';
import { cleanUp } from '../host/cleanup';
import { messageOf } from '../host/errors';
import { layout } from '../host/layout';
import { daemon } from './connection';
import { parseDuration } from '../duration';
import { deploy } from './deploy';
import { execInMachine, execOnClient, holdfast, psql } from './inside';
import { logs } from './logs';
import { renderEvents, renderStatus } from './render';
import { up } from './up';
import { watch } from './watch';

/** Everything after `--` belongs to the command that is run, whatever it looks like. */
const cut = process.argv.indexOf('--');
const own = cut === -1 ? process.argv : process.argv.slice(0, cut);
const rest = cut === -1 ? [] : process.argv.slice(cut + 1);

const duration = (text: string): number => {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
};

const count = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Expected a whole number above 0.');
  return Number(text);
};

const contextValue = (text: string, before: readonly string[]): readonly string[] => {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('Expected KEY=VALUE.');
  return [...before, text];
};

function commandAfterDashes(): string[] {
  if (rest.length === 0) throw new Error('No command was given. Write it after two dashes: -- COMMAND');
  return rest;
}

function print(json: boolean, value: unknown, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(value, undefined, 2)}\n` : text);
}

const program = new Command('script/lab')
  .description('A region in a box: boots the template that `cdk synth` writes, with real Debian machines.')
  .enablePositionalOptions()
  .showHelpAfterError('(script/lab --help shows all commands)');

program
  .command('up', { isDefault: true })
  .description('bring the cluster up; ends when all slots are healthy, or says which is not and why')
  .option('--app <command>', "somebody's own CDK app, run in the current directory, instead of this project's")
  .option('-c, --context <key=value>', 'context for cdk synth, as often as wanted', contextValue, [])
  .option('--json', 'print the status as JSON at the end', false)
  .addOption(
    new Option('--aws-times <name>', 'how slow AWS is: as it is, or shortened for tests; every status shows which')
      .choices(Object.keys(AWS_TIMES))
      .default('real'),
  )
  .option('--timeout <duration>', 'how long the slots may take to be healthy', duration, 300_000)
  .action((options: { app?: string; context: string[]; json: boolean; awsTimes: AwsTimesName; timeout: number }) => {
    const { app, context, json, awsTimes, timeout: timeoutMs } = options;
    return up({ context, json, awsTimes, timeoutMs, ...(app === undefined ? {} : { app }) });
  });

program
  .command('deploy')
  .option('--app <command>', "somebody's own CDK app, run in the current directory, instead of this project's")
  .option('-c, --context <key=value>', 'context for cdk synth, as often as wanted', contextValue, [])
  .option('--json', 'print the status as JSON at the end', false)
  .description(
    'redeploy: synthesize again and change the running stack as CloudFormation would, with rolls and rollback',
  )
  .action(({ app, ...options }: { app?: string; context: string[]; json: boolean }) =>
    deploy({ ...options, ...(app === undefined ? {} : { app }) }),
  );

program
  .command('status')
  .description('term, phase, primary, every slot, the endpoints')
  .option('--json', 'as JSON', false)
  .action(async ({ json }: { json: boolean }) => {
    const status = await daemon.status();
    print(json, status, `${renderStatus(status)}`);
  });

program
  .command('psql')
  .argument('[target]', 'writer, reader or a slot', 'writer')
  .description('SQL from the application machine; psql\'s own arguments after "--"')
  .action(async (target: string) => {
    process.exitCode = await psql(target, rest);
  });

program
  .command('exec')
  .argument('<slot>', 'a slot, primary or standby')
  .description('run the command after "--" in the slot\'s machine, as root')
  .action(async (slot: string) => {
    process.exitCode = await execInMachine(slot, commandAfterDashes());
  });

program
  .command('client')
  .description('run the command after "--" on the application machine, with the PG* variables set')
  .action(async () => {
    process.exitCode = await execOnClient(commandAfterDashes(), () => ({}));
  });

program
  .command('holdfast')
  .argument('[arguments...]', "of the operators' command line")
  .description('what operators use on AWS, with their permissions: status, switchover, pause …')
  .passThroughOptions()
  .allowUnknownOption()
  .helpOption(false)
  .action(async (args: string[]) => {
    process.exitCode = await holdfast([...args, ...rest]);
  });

program
  .command('fault')
  .addArgument(new Argument('<name>', 'what happens; see below').choices(FAULTS).argRequired())
  .argument('<target>', 'slots (a,b), primary, standby or all; a service of AWS, as dynamodb or lambda, for its faults')
  .option('--for <duration>', 'end it again after this time', duration)
  .option('--from <peers>', 'only to and from these: slots, health-checker, client, aws, dns (a,client)')
  .option('--json', 'as JSON', false)
  .description('do harm, and end it again')
  .addHelpText('after', () => `\nFaults:\n${faultHelp()}`)
  .action(async (name: FaultName, target: string, options: { for?: number; from?: string; json: boolean }) => {
    const report = await daemon.fault({
      ...{ name, target },
      ...(options.for === undefined ? {} : { forMs: options.for }),
      ...(options.from === undefined ? {} : { peers: options.from.split(',') }),
    });
    const machines = Object.entries(report.machines ?? {}).map(([slot, id]) => `slot ${slot} (${id})`);
    print(options.json, report, `${report.name} on ${report.service ?? machines.join(', ')}\n`);
  });

function faultHelp(): string {
  const lines = Object.entries(FAULT_LIST).map(([name, { on, lasting, what }]) => {
    const end = lasting ? '; --for or heal' : '';
    return `  ${name.padEnd(20)}${on === 'service' ? 'AWS: ' : ''}${what}${end}`;
  });
  return [...lines, `  ${HEAL.padEnd(20)}ends what can be ended on the target`].join('\n');
}

program
  .command('logs')
  .argument('<target>', 'a slot, primary, standby or health-checker')
  .option('-f, --follow', 'go on as lines come', false)
  .option('-n, --lines <count>', 'only the last lines', count)
  .description("a machine's journal, or the Lambda function's log")
  .action(async (target: string, options: { follow: boolean; lines?: number }) => {
    process.exitCode = await logs(target, options);
  });

program
  .command('events')
  .option('--json', 'as JSON', false)
  .description('the failovers, with the time of each step, the latest first')
  .action(async ({ json }: { json: boolean }) => {
    const events = await daemon.events();
    print(json, events, renderEvents(events));
  });

program.command('watch').description('live view').action(watch);

program
  .command('down')
  .description('end everything; leaves no process, mount, namespace or loop device. The base images stay cached')
  .action(() => cleanUp(layout()));

program.parseAsync(own).catch((error: unknown) => {
  process.stderr.write(`script/lab: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
