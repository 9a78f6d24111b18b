import { layout } from '../host/layout';
import { daemon, followDeploy } from './connection';
import { renderStatus } from './render';
import { synthesize } from './synth';

export interface DeployOptions {
  readonly app?: string;
  /** `KEY=VALUE` for `cdk synth`. */
  readonly context: readonly string[];
  readonly json: boolean;
}

/**
 * `cdk deploy` to a lab that is up. Not its own assembly is overwritten: the running one may still be read.
 * @throws Error when the lab does not know how to make a change, or the update failed and was rolled back
 */
export async function deploy({ app, context, json }: DeployOptions): Promise<void> {
  // Before the synthesis, which takes a while.
  await daemon.status();
  const assemblyDirectory = await synthesize(layout().stateDirectory, app, { context, name: `assembly-${Date.now()}` });
  const last = await followDeploy({ assemblyDirectory }, (text) => process.stderr.write(`  ${text}\n`));
  if (last?.kind === 'deployed') {
    process.stdout.write(json ? `${JSON.stringify(last.status, undefined, 2)}\n` : `\n${renderStatus(last.status)}\n`);
    return;
  }
  throw new Error(last?.kind === 'failed' ? last.message : 'The lab ended meanwhile.');
}
