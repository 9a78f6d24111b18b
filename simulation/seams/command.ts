import {
  CommandError,
  CommandFailed,
  CommandTimeout,
  type CommandOptions,
  type CommandResult,
  type SystemUser,
} from '../../agent/command';
import type { Actor } from '../kernel/actor';
import { currentKernel } from '../kernel/current';

/*
 * agent/command: programs that the agent runs. One of them ends with the agent.
 */

export type { CommandOptions, CommandResult, SystemUser };

export { CommandError, CommandFailed, CommandTimeout };

export interface Call {
  readonly program: string;
  readonly args: readonly string[];
}

/** A step of a program: after `afterMs` it does something, and goes on or ends. */
export type Step = { readonly afterMs: number; readonly next: () => Step } | CommandResult;

export interface Programs {
  /** The process on whose node it runs. */
  actorOf(call: Call): Actor;
  begin(call: Call): Step;
}

let programs: Programs | undefined;

export function setPrograms(next: Programs): void {
  programs = next;
}

export async function run(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  if (programs === undefined) throw new Error('There are no programs.');
  const call = { program: command.slice(command.lastIndexOf('/') + 1), args };
  const actor = programs.actorOf(call);
  const kernel = currentKernel();
  let step = await kernel.operate(actor, call.program, () => programs?.begin(call) as Step);
  while ('next' in step) {
    const { next, afterMs } = step;
    step = await kernel.operate(actor, `${call.program} goes on`, next, { beforeMs: afterMs, afterMs: 0 });
    if (options.signal?.aborted === true) throw new CommandError(`${command} was called off.`);
  }
  return step;
}

export async function succeed(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const result = await run(command, args, options);
  if (result.code !== 0) throw new CommandFailed(command, result);
  return result;
}

export function systemUser(): Promise<SystemUser> {
  return Promise.resolve({ uid: 0, gid: 0 });
}
