import { totalmem } from 'node:os';
import pc from 'picocolors';
import { baseImages, MOTO_IMAGE, NODE_IMAGE } from '../base-images';
import type { AwsTimesName } from '../daemon/aws-times';
import type { StatusReport } from '../daemon/api';
import { cleanUp } from '../host/cleanup';
import { endRunning } from '../host/command';
import { layout } from '../host/layout';
import { waitFor } from '../host/wait';
import { followStartup, isUp, LabIsDown } from './connection';
import { daemonLog, daemonLogTail, startDaemon } from './daemon-process';
import { formatDuration } from '../duration';
import { Progress } from './progress';
import { renderStatus } from './render';
import { synthesize } from './synth';

export interface UpOptions {
  readonly app?: string;
  /** `KEY=VALUE` for `cdk synth`. */
  readonly context: readonly string[];
  readonly json: boolean;
  readonly awsTimes: AwsTimesName;
  readonly timeoutMs: number;
}

/** Three nodes, the moto server, health checkers and their clients share the host; more than this a node never needs here. */
function machineMemoryMiB(): number {
  return Math.min(2048, Math.max(384, Math.floor(totalmem() / 2 ** 20 / 6)));
}

/** Brings the lab up, or leaves nothing behind. */
export async function up(options: UpOptions): Promise<void> {
  const lab = layout();
  if (await isUp())
    throw new Error('The lab is up already. See it with script/lab status, end it with script/lab down.');
  const progress = new Progress();
  let removing: Promise<void> | undefined;
  const remove = () => (removing ??= cleanUp(lab));
  const interrupted = (signal: NodeJS.Signals) => {
    process.stderr.write(`\n${signal}: removing the lab\n`);
    endRunning();
    void remove().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted).on('SIGHUP', interrupted);
  try {
    // What a lab left that was killed together with its daemon.
    await cleanUp(lab, { logs: true });
    const assemblyDirectory = await progress.step('template synthesized', () =>
      synthesize(lab.stateDirectory, options.app, { context: options.context }),
    );
    const [nodeImage = '', motoImage = ''] = await ensureImages(progress);
    const status = await progress.step('cluster booted', async () => {
      const daemon = await startDaemon({
        ...{ lab, assemblyDirectory, nodeImage, motoImage },
        ...{ awsTimes: options.awsTimes, timeoutMs: options.timeoutMs, machineMemoryMiB: machineMemoryMiB() },
      });
      let ended = false;
      daemon.on('exit', () => (ended = true));
      const outcome = await waitFor(
        () =>
          ended
            ? Promise.reject(new Error('The region could not be started.'))
            : followStartup((text) => progress.note(text)).then(
                (message) => ({ message }),
                (error: unknown) => (error instanceof LabIsDown ? undefined : Promise.reject(error as Error)),
              ),
        { what: 'The region answers', timeoutMs: 30_000 },
      );
      daemon.unref();
      if (outcome.message?.kind === 'ready') return outcome.message.status;
      throw new Error(outcome.message?.kind === 'failed' ? outcome.message.message : 'The region ended.');
    });
    finish(status, options.json, progress);
  } catch (error) {
    if (removing === undefined) await tellEnd();
    await remove();
    throw error;
  }
}

/** Both at once: one downloads while the other unpacks. */
async function ensureImages(progress: Progress): Promise<string[]> {
  const images = baseImages();
  const specs = [NODE_IMAGE, MOTO_IMAGE];
  const cached = await Promise.all(specs.map((spec) => images.cached(spec)));
  const text = cached.includes(undefined) ? 'base images made of Debian packages (once)' : 'base images from the cache';
  return progress.step(text, () => Promise.all(specs.map((spec) => images.ensure(spec, () => undefined))));
}

async function tellEnd(): Promise<void> {
  const lab = layout();
  const tail = await daemonLogTail(lab, 15).catch(() => undefined);
  if (tail === undefined) return;
  process.stderr.write(`\n${pc.dim(`The region's last words (${daemonLog(lab)}):`)}\n${tail}\n\n`);
}

function finish(status: StatusReport, json: boolean, progress: Progress): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`);
    return;
  }
  process.stdout.write(`\n${renderStatus(status)}\n`);
  process.stdout.write(
    [
      `Up after ${formatDuration(progress.elapsedMs())}. Next:`,
      `  ${pc.bold('script/lab psql')}                            SQL on the primary`,
      `  ${pc.bold('script/lab fault power-off primary')}         pull its plug …`,
      `  ${pc.bold('script/lab watch')}                           … and look on (script/lab down ends it all)`,
      '',
    ].join('\n'),
  );
}
