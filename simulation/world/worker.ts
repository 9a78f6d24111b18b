import { parentPort } from 'node:worker_threads';
import { interrupt, type Interruption } from './interruption';
import { live } from './life';
import { SCENARIOS } from './scenarios';

/** What a thread is asked for. */
export type Task =
  | { readonly kind: 'live'; readonly seed: number; readonly isTraced: boolean }
  | { readonly kind: 'interrupt'; readonly interruption: Interruption }
  | { readonly kind: 'scenarios' };

/** What the bundle does when it is loaded as a thread: one task after the other. */
parentPort?.on('message', (task: Task) => {
  perform(task).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) =>
      parentPort?.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

function perform(task: Task): Promise<unknown> {
  switch (task.kind) {
    case 'live':
      return live(task.seed, { isTraced: task.isTraced });
    case 'interrupt':
      return interrupt(task.interruption);
    case 'scenarios':
      return Promise.resolve(Object.keys(SCENARIOS));
  }
}
