import { Resolver } from 'node:dns/promises';
import type { EndpointPlan } from '../core/endpoints';
import { ENDPOINT } from '../core/names';
import type { Clock } from './clock';
import type { Log } from './log';
import { Novelty } from './novelty';

/** Route 53 promises propagation "generally within 60 seconds"; what takes longer than this is worth a look at the API. */
const MISMATCH_AFTER_MS = 10_000;
const DOUBT_EVERY_MS = 10_000;

/** Asks the VPC's resolver what clients are answered. */
export interface Names {
  addresses(name: string): Promise<readonly string[]>;
  texts(name: string): Promise<readonly string[]>;
}

export interface DnsCheckOptions {
  readonly names: Names;
  readonly zoneName: string;
  readonly clock: Clock;
  readonly log: Log;
  /** For long, clients have been answered something else than planned. */
  readonly onMismatch: () => void;
}

/** Compares what clients are answered with the plan. One check at a time, and nobody waits for it. */
export class DnsCheck {
  private running: Promise<void> | undefined;
  private wrongSinceMs: number | undefined;
  private doubtedAtMs = -Infinity;
  private readonly novelty = new Novelty();

  constructor(private readonly options: DnsCheckOptions) {}

  check(plan: EndpointPlan): void {
    this.running ??= this.compare(plan).finally(() => (this.running = undefined));
  }

  async stop(): Promise<void> {
    await this.running;
  }

  private async compare(plan: EndpointPlan): Promise<void> {
    const { names, zoneName, clock, log, onMismatch } = this.options;
    const [writer, reader, guard] = await Promise.all([
      answer(names.addresses(`${ENDPOINT.writer}.${zoneName}`)),
      answer(names.addresses(`${ENDPOINT.reader}.${zoneName}`)),
      answer(names.texts(`${ENDPOINT.writerGuard}.${zoneName}`)),
    ]);
    const isRight =
      writer === plan.writerAddress &&
      reader === [...plan.readerAddresses].sort().join(' ') &&
      guard === String(plan.guardVersion);
    if (isRight) {
      this.wrongSinceMs = undefined;
      if (this.novelty.isNew('answers', writer + reader + guard))
        log.info('endpoint-visible', { writer, reader, guard });
      return;
    }
    const nowMs = clock.monotonicMs();
    this.wrongSinceMs ??= nowMs;
    const wrongForMs = nowMs - this.wrongSinceMs;
    if (wrongForMs < MISMATCH_AFTER_MS || nowMs - this.doubtedAtMs < DOUBT_EVERY_MS) return;
    this.doubtedAtMs = nowMs;
    log.warning('endpoint-mismatch', { writer, reader, guard, plan, wrongForMs });
    onMismatch();
  }
}

/** Sorted and joined; a failure is an answer too: clients get it as well. */
async function answer(values: Promise<readonly string[]>): Promise<string> {
  try {
    return [...(await values)].sort().join(' ');
  } catch (error) {
    return `(${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}

export function resolverNames(): Names {
  const resolver = new Resolver({ timeout: 700, tries: 1 });
  return {
    addresses: (name) => resolver.resolve4(name),
    texts: async (name) => (await resolver.resolveTxt(name)).map((chunks) => chunks.join('')),
  };
}
