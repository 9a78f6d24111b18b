import { hostname, userInfo } from 'node:os';
import type { Operation, OperationKind } from '../core/operation';
import { Register } from '../register';
import { defaultRegion } from './adapters/region';
import { Stacks } from './adapters/stacks';
import { chooseCluster, clustersOf, type Cluster } from './cluster';
import type { Colours } from './colours';

/** What stands before the command: `holdfast --stack Holdfast status`, or in the environment. */
export interface GlobalOptions {
  readonly stack?: string | undefined;
  readonly cluster?: string | undefined;
  readonly region?: string | undefined;
}

/** From a laptop, with single sign-on, a call takes longer than inside a region. */
const TIMEOUTS = { connectMs: 5_000, attemptMs: 5_000, callMs: 20_000 };

/** One command's way to one cluster. */
export interface Session {
  readonly cluster: Cluster;
  readonly register: Register;
  readonly colours: Colours;
  /** Standard output, for the answer. */
  readonly print: (text: string) => void;
  /** Standard error, for what goes on meanwhile. */
  readonly note: (text: string) => void;
  /** For the history. */
  readonly operation: (kind: OperationKind, term: number, more?: Pick<Operation, 'reason' | 'slot'>) => Operation;
}

export async function withSession<Result>(
  options: GlobalOptions,
  colours: Colours,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const region = options.region ?? (await defaultRegion());
  const cluster = await findCluster(options, region);
  const register = new Register({ tableName: cluster.registerTable, client: { region }, timeouts: TIMEOUTS });
  try {
    return await work({
      ...{ cluster, register, colours },
      print: (text) => void process.stdout.write(text),
      note: (text) => void process.stderr.write(`${text}\n`),
      operation: (kind, term, more = {}) => ({ kind, term, atMs: Date.now(), by: whoami(), ...more }),
    });
  } finally {
    register.close();
  }
}

async function findCluster(options: GlobalOptions, region: string): Promise<Cluster> {
  const stacks = new Stacks(region);
  try {
    const found = await stacks.describe(options.stack);
    return chooseCluster(
      found.flatMap((stack) => clustersOf(stack, region)),
      options,
      region,
    );
  } finally {
    stacks.close();
  }
}

function whoami(): string {
  return `${userInfo().username}@${hostname()}`;
}
