import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isAwsTimesName } from './daemon/aws-times';
import type { UpMessage } from './daemon/api';
import { Lab } from './daemon/lab';
import { createApi, type Startup } from './daemon/server';
import { messageOf } from './host/errors';
import { layout } from './host/layout';

/**
 * The region's daemon: carries one lab from `up` to `down`. Started by lab/cli in a network namespace of its own, which
 * becomes the lab's router; its output is the region's log. It never cleans up after itself: whoever ends it does, by
 * lab/host/cleanup.ts, so that there is one way for all endings.
 */
const { values } = parseArgs({
  options: {
    assembly: { type: 'string' },
    'node-image': { type: 'string' },
    'moto-image': { type: 'string' },
    'aws-times': { type: 'string' },
    'machine-memory': { type: 'string' },
    'timeout-ms': { type: 'string' },
    /** A program that removes this lab, run when the one who asked for it went away before it was up. */
    remover: { type: 'string', multiple: true },
  },
});

function given(name: Exclude<keyof typeof values, 'remover'>): string {
  const value = values[name];
  if (value === undefined) throw new Error(`lab/region.ts needs --${name}.`);
  return value;
}

const began = Date.now();
const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);

class Messages implements Startup {
  readonly messages: UpMessage[] = [];
  private readonly listeners: ((message: UpMessage) => void)[] = [];

  tell(message: UpMessage): void {
    log(
      message.kind === 'ready' ? `ready after ${Date.now() - began} ms` : `${message.kind}: ${JSON.stringify(message)}`,
    );
    this.messages.push(message);
    for (const listener of this.listeners) listener(message);
  }

  onMessage(listener: (message: UpMessage) => void): void {
    this.listeners.push(listener);
  }

  abandon(): void {
    log('whoever asked for the lab is gone; it is removed');
    const [program = 'true', ...args] = values.remover ?? [];
    spawn(program, args, { detached: true, stdio: 'inherit' }).unref();
  }
}

async function main(): Promise<void> {
  const lab = layout();
  const awsTimes = given('aws-times');
  if (!isAwsTimesName(awsTimes)) throw new Error(`There are no AWS times "${awsTimes}".`);
  mkdirSync(lab.runtimeDirectory, { recursive: true, mode: 0o700 });
  const messages = new Messages();
  let running: Lab | undefined;
  createApi(messages, () => running).listen(lab.socket);
  const progress = (text: string) => messages.tell({ kind: 'progress', text });
  try {
    const started = await Lab.start({
      layout: lab,
      assemblyDirectory: given('assembly'),
      nodeImage: given('node-image'),
      motoImage: given('moto-image'),
      machineMemoryMiB: Number(given('machine-memory')),
      awsTimes,
      log,
      progress,
    });
    running = started;
    messages.tell({ kind: 'ready', status: await started.untilHealthy(Number(given('timeout-ms')), progress) });
  } catch (error) {
    log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    messages.tell({ kind: 'failed', message: messageOf(error) });
  }
}

void main();
