import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/command';
import { PROJECT } from './daemon-process';

/**
 * `cdk synth` of this project, or of somebody's own app where they stand, with `KEY=VALUE` of context. Needs neither AWS
 * nor a network. Gives the assembly's directory. @throws CommandFailed with what the CDK said
 */
export async function synthesize(
  stateDirectory: string,
  app: string | undefined,
  options: { readonly context?: readonly string[]; readonly name?: string } = {},
): Promise<string> {
  const output = join(stateDirectory, options.name ?? 'assembly');
  await rm(output, { recursive: true, force: true });
  await mkdir(stateDirectory, { recursive: true });
  const cdk = join(PROJECT, 'node_modules/aws-cdk/bin/cdk');
  const args = ['synth', '--quiet', '--no-notices', '--output', output, ...(app === undefined ? [] : ['--app', app])];
  for (const each of options.context ?? []) args.push('--context', each);
  await run(process.execPath, [cdk, ...args], {
    cwd: app === undefined ? PROJECT : process.cwd(),
    env: { CDK_DISABLE_CLI_TELEMETRY: 'true' },
  });
  return output;
}
