import type { Recorder } from './recorder';
import { byWriterName, hostsAtOnce, hostsInTurn, type Route, type RouteOptions } from './route';
import { getting, inserting, putting, scanning, type Task, type Worker } from './tasks';

/** One kind of worker: how it finds the primary, what it does, and how long it rests between two operations. */
export interface Position {
  readonly route: RouteName;
  readonly does: keyof typeof TASKS;
  readonly count: number;
  readonly pauseMs: number;
}

const TASKS = {
  insert: inserting,
  put: putting,
  get: (worker: Worker) => getting(worker, true),
  'plain-get': (worker: Worker) => getting(worker, false),
  scan: scanning,
} satisfies Record<string, (worker: Worker) => Task>;

const ROUTES = {
  dsn: hostsAtOnce,
  'dsn-in-turn': hostsInTurn,
  writer: (options: RouteOptions): Route => {
    const { writer } = options.settings;
    if (writer === undefined) throw new Error('The variable HOLDFAST_WRITER is not set.');
    return byWriterName(options, writer);
  },
} satisfies Record<string, (options: RouteOptions) => Route>;

export type RouteName = keyof typeof ROUTES;

/** Who works in a run. `judged` reads and writes everything; `bench` only writes, often, and equally through each route. */
export const CREWS: Readonly<Record<'judged' | 'bench', readonly Position[]>> = {
  judged: [
    { route: 'dsn', does: 'insert', count: 2, pauseMs: 20 },
    { route: 'dsn-in-turn', does: 'insert', count: 1, pauseMs: 20 },
    { route: 'writer', does: 'insert', count: 1, pauseMs: 20 },
    { route: 'dsn', does: 'put', count: 1, pauseMs: 30 },
    { route: 'writer', does: 'put', count: 1, pauseMs: 30 },
    { route: 'dsn', does: 'get', count: 2, pauseMs: 30 },
    { route: 'writer', does: 'get', count: 1, pauseMs: 30 },
    { route: 'dsn', does: 'plain-get', count: 1, pauseMs: 30 },
    { route: 'dsn', does: 'scan', count: 1, pauseMs: 500 },
  ],
  bench: [
    { route: 'dsn', does: 'insert', count: 2, pauseMs: 10 },
    { route: 'dsn-in-turn', does: 'insert', count: 2, pauseMs: 10 },
    { route: 'writer', does: 'insert', count: 2, pauseMs: 10 },
  ],
};

export interface Hand {
  readonly worker: Worker;
  readonly route: Route;
  readonly task: Task;
  readonly pauseMs: number;
}

/** The workers, each with its task. Those of one route share it, and with it the search for the primary. */
export function muster(positions: readonly Position[], options: RouteOptions, recorder: Recorder): Hand[] {
  const routes = new Map<RouteName, Route>();
  return positions.flatMap(({ route: name, does, count, pauseMs }) => {
    const route = routes.get(name) ?? ROUTES[name](options);
    routes.set(name, route);
    return Array.from({ length: count }, (_, index): Hand => {
      const worker: Worker = { client: `${name}/${does}-${index + 1}`, route: name, recorder };
      return { worker, route, task: TASKS[does](worker), pauseMs };
    });
  });
}
