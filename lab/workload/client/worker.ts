import { pause } from './pause';
import type { Route } from './route';
import type { Session } from './session';
import type { Task, Worker } from './tasks';

export interface Pace {
  readonly pauseMs: number;
}

const RECONNECT_MS = 50;

/** Does its task over and over, each time on a connection to the primary as its route finds it, until the run is over. */
export async function work(worker: Worker, route: Route, task: Task, pace: Pace, over: AbortSignal): Promise<void> {
  const { client, recorder } = worker;
  while (!over.aborted) {
    const askedMs = recorder.now();
    const session = await route.open(over);
    if (session === undefined) return;
    const atMs = recorder.now();
    const { host, server } = session;
    recorder.write({ kind: 'connected', client, route: route.name, atMs, tookMs: atMs - askedMs, host, server });
    await useUp(session, task, pace, over);
    if (session.broken !== undefined) {
      recorder.write({ kind: 'lost', client, route: route.name, atMs: recorder.now(), why: session.broken });
    }
    session.close();
    await pause(RECONNECT_MS, over);
  }
}

async function useUp(session: Session, task: Task, { pauseMs }: Pace, over: AbortSignal): Promise<void> {
  while (session.broken === undefined && !over.aborted) {
    await task(session);
    await pause(pauseMs, over);
  }
}
