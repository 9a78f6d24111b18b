import { join } from 'node:path';
import { z } from 'zod';
import { run, succeed } from './command';
import type { Layout } from './layout';

/** `missing`: the packet filter is not loaded. Then clients get in, and peers do not: it is put right by closing or opening. */
export type DoorState = 'open' | 'closed' | 'missing';

const TIMEOUT_MS = 5_000;

/** What `nft --json list chain inet holdfast input` says, as far as it matters: where the one rule jumps to. */
const listing = z.object({
  nftables: z.array(
    z.looseObject({
      rule: z
        .looseObject({ expr: z.array(z.looseObject({ jump: z.object({ target: z.string() }).optional() })) })
        .optional(),
    }),
  ),
});

/**
 * Holds clients out of this node, or lets them in (agent/files/holdfast.nft). Peers and the health checker come and go
 * through their own port in both states.
 *
 * Each change is one transaction of the packet filter: when it resolves, the next packet meets the new state. It is
 * not durable: after a boot the door is closed until the agent has read the register.
 */
export class Door {
  private readonly rules: string;
  private isSetOpen = false;

  constructor(layout: Pick<Layout, 'files'>) {
    this.rules = join(layout.files, 'holdfast.nft');
  }

  async open(): Promise<void> {
    await this.set('open');
  }

  /** Also cuts clients that are connected: the next packet of each is answered with a reset. */
  async close(): Promise<void> {
    await this.set('closed');
  }

  async isOpen(): Promise<boolean> {
    return (await this.state()) === 'open';
  }

  /** Opens it unless it is. Asking costs as much as opening, so it is asked only when this process left it open. */
  async keepOpen(): Promise<void> {
    if (!this.isSetOpen || !(await this.isOpen())) await this.open();
  }

  async state(): Promise<DoorState> {
    const { code, stdout } = await run('nft', ['--json', 'list', 'chain', 'inet', 'holdfast', 'input'], {
      timeoutMs: TIMEOUT_MS,
    });
    if (code !== 0) {
      // Only a list of all tables that works proves that ours is not among them.
      const { stdout: tables } = await succeed('nft', ['list', 'tables'], { timeoutMs: TIMEOUT_MS });
      if (tables.includes('table inet holdfast\n')) throw new Error('The packet filter of this node cannot be read.');
      return 'missing';
    }
    const targets = listing
      .parse(JSON.parse(stdout))
      .nftables.flatMap(({ rule }) => rule?.expr ?? [])
      .flatMap(({ jump }) => jump?.target ?? []);
    if (targets.length !== 1) return 'missing';
    return targets[0] === 'open' ? 'open' : 'closed';
  }

  private async set(state: 'open' | 'closed'): Promise<void> {
    this.isSetOpen = false;
    await succeed('nft', ['--define', `door=${state}`, '--file', this.rules], { timeoutMs: TIMEOUT_MS });
    this.isSetOpen = state === 'open';
  }
}
