import { pause } from './pause';
import { Session, type SessionOptions } from './session';

/** A way to find the primary. */
export interface Route {
  readonly name: string;
  /** Goes on until there is a primary. Undefined when the run is over before. */
  open(over: AbortSignal): Promise<Session | undefined>;
}

export type RouteOptions = Omit<SessionOptions, 'route'>;

/** After an attempt that found no primary: what waits for it adds itself to what is measured. */
const RETRY_MS = 25;

/**
 * `writer.<zone>`, resolved anew for each attempt: Node's lookup asks the machine's resolver each time. What answers
 * may be the old primary as a standby, so its role is asked too.
 */
export function byWriterName(options: RouteOptions, writer: string): Route {
  const name = 'writer';
  return { name, open: (over) => untilPrimary({ ...options, route: name }, [writer], over) };
}

/** The hosts of a multi-host DSN one after the other from the first, each with the connect time-out: as libpq does it. */
export function hostsInTurn(options: RouteOptions): Route {
  const name = 'dsn-in-turn';
  return { name, open: (over) => untilPrimary({ ...options, route: name }, options.settings.hosts, over) };
}

/** Where a search ended, and the session that found it, for whoever takes it first. */
class Find {
  private session: Session | undefined;

  constructor(session: Session) {
    this.host = session.host;
    this.session = session;
  }

  readonly host: string;

  take(): Session | undefined {
    const { session } = this;
    this.session = undefined;
    return session;
  }
}

/**
 * The hosts of a multi-host DSN all at once, each asked again as soon as it has answered: a host that is off delays
 * nobody. All workers of the route share one search.
 */
export function hostsAtOnce(options: RouteOptions): Route {
  const name = 'dsn';
  const sessions = { ...options, route: name };
  let search: Promise<Find | undefined> | undefined;
  const find = (over: AbortSignal) => {
    search ??= firstPrimary(sessions, over).finally(() => (search = undefined));
    return search;
  };
  return {
    name,
    async open(over) {
      while (!over.aborted) {
        const found = await find(over);
        if (found === undefined) return undefined;
        const session = found.take() ?? (await primaryAt(sessions, found.host));
        if (session !== undefined) return session;
        await pause(RETRY_MS, over);
      }
      return undefined;
    },
  };
}

async function firstPrimary(options: SessionOptions, over: AbortSignal): Promise<Find | undefined> {
  const found = new AbortController();
  const stop = AbortSignal.any([over, found.signal]);
  const searches = options.settings.hosts.map(async (host) => {
    const session = await untilPrimary(options, [host], stop);
    if (session === undefined) return undefined;
    if (found.signal.aborted) {
      session.close();
      return undefined;
    }
    found.abort();
    return new Find(session);
  });
  // The first that is found resolves it; the others end by themselves when their attempt under way does.
  return new Promise((resolve, reject) => {
    for (const each of searches) each.then((one) => one !== undefined && resolve(one), reject);
    Promise.all(searches).then(() => resolve(undefined), reject);
  });
}

async function untilPrimary(
  options: SessionOptions,
  hosts: readonly string[],
  over: AbortSignal,
): Promise<Session | undefined> {
  while (!over.aborted) {
    for (const host of hosts) {
      const session = await primaryAt(options, host);
      if (session !== undefined) return session;
      if (over.aborted) return undefined;
    }
    await pause(RETRY_MS, over);
  }
  return undefined;
}

async function primaryAt(options: SessionOptions, host: string): Promise<Session | undefined> {
  let session: Session;
  try {
    session = await Session.open(options, host);
  } catch {
    // Refused, reset, timed out, name not found: not the primary now. The next attempt says what is then.
    return undefined;
  }
  if (session.writable) return session;
  session.close();
  return undefined;
}
