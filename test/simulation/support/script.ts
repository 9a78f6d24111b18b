import type { Cluster } from './cluster';

/** One thing that is done to servers, real and simulated, and what is then to be seen on both. */
export interface Script {
  /** A sentence. */
  readonly name: string;
  readonly run: (cluster: Cluster) => Promise<unknown>;
  readonly expected: unknown;
}
