import { Resolver } from 'node:dns/promises';
import { ENDPOINT_TTL_SECONDS } from '../core/names';
import { errorCode } from './error-code';

/** What the agent needs of Route 53: one address record, made or replaced. */
export interface NameApi {
  upsertAddress(name: string, address: string, ttlSeconds: number): Promise<void>;
}

/** The IPv4 addresses of a name; empty when it has none. @throws Error when nobody answers. */
export type Resolve = (name: string) => Promise<readonly string[]>;

const DNS_TIMEOUT_MS = 1_000;

/** Asks the system's name servers, as they are configured now, or those given. Never through libuv's worker threads. */
export async function resolveAddresses(name: string, servers: readonly string[] = []): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  try {
    return await resolver.resolve4(name);
  } catch (error) {
    if (errorCode(error) === 'ENODATA' || errorCode(error) === 'ENOTFOUND') return [];
    throw error;
  }
}

/**
 * This node's own name, `<slot>.<zone>`. A replaced instance has another address, so each agent publishes its own.
 * Nothing of the protocol depends on it: nodes reach each other by the addresses in the register.
 */
export class OwnName {
  constructor(
    private readonly name: string,
    private readonly address: string,
    private readonly api: NameApi,
    private readonly resolve: Resolve = resolveAddresses,
  ) {}

  /**
   * Compares by DNS, which costs nothing; Route 53's API, of which an account has ten calls a second, is called only
   * when the answer is wrong or missing.
   */
  async ensure(): Promise<'right' | 'published'> {
    const found = await this.resolve(this.name).catch(() => []);
    if (found.length === 1 && found[0] === this.address) return 'right';
    await this.api.upsertAddress(this.name, this.address, ENDPOINT_TTL_SECONDS);
    return 'published';
  }
}
