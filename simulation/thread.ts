import { Worker } from 'node:worker_threads';
import type { Task } from './world/worker';

type Message = { readonly result: unknown } | { readonly error: string };

/** A thread with the simulated world in it. One task at a time. */
export class Thread {
  tasks = 0;
  private readonly worker: Worker;

  constructor(bundle: string) {
    // Nothing of how this process was started (loaders, options) concerns the bundle.
    this.worker = new Worker(bundle, { execArgv: [] });
  }

  /** @throws Error with what went wrong in the simulation itself. */
  async perform(task: Task): Promise<unknown> {
    this.tasks += 1;
    const message = await new Promise<Message>((resolve, reject) => {
      const settle = (): void => {
        this.worker.off('message', answered);
        this.worker.off('error', failed);
      };
      const answered = (answer: Message): void => {
        settle();
        resolve(answer);
      };
      const failed = (error: Error): void => {
        settle();
        reject(error);
      };
      this.worker.on('message', answered);
      this.worker.on('error', failed);
      this.worker.postMessage(task);
    });
    if ('error' in message) throw new Error(message.error);
    return message.result;
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
