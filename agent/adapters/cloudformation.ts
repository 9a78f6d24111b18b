import { CommandFailed, run, type CommandOptions } from '../command';
import type { SignalApi } from '../ready-signal';

const WITHIN_MS = 60_000;

/** What CloudFormation says when nothing of the resource is under way; no call would tell beforehand. */
const NOT_AWAITED = /\(ValidationError\).*cannot be signaled/s;

/**
 * Signals the resource that this instance belongs to, by the image's own `aws`: it is called once in an instance's life,
 * and another client would make every node's bundle larger (docs/decisions/0095).
 */
export class CloudFormationSignal implements SignalApi {
  constructor(
    private readonly options: { readonly region: string; readonly stackId: string; readonly resource: string },
    private readonly aws: (args: readonly string[], options: CommandOptions) => ReturnType<typeof run> = (args, how) =>
      run('aws', args, how),
  ) {}

  async success(uniqueId: string): Promise<'taken' | 'not-awaited'> {
    const { region, stackId, resource } = this.options;
    const args = ['cloudformation', 'signal-resource', '--stack-name', stackId, '--logical-resource-id', resource];
    const result = await this.aws([...args, '--unique-id', uniqueId, '--status', 'SUCCESS'], {
      timeoutMs: WITHIN_MS,
      environment: { AWS_DEFAULT_REGION: region },
    });
    if (result.code === 0) return 'taken';
    if (NOT_AWAITED.test(result.stderr)) return 'not-awaited';
    throw new CommandFailed('aws cloudformation signal-resource', result);
  }
}
