import { ENDPOINT } from '../../core/names';
import type { Names } from '../../coordinator/dns-check';
import type { EndpointChange, RecordValues, Zone, ZoneState } from '../../coordinator/endpoint-change';
import type { Actor } from '../kernel/actor';
import type { Kernel } from '../kernel/kernel';
import type { Network } from './network';
import type { Tally } from './tally';

/** The private zone in Route 53: batches are all or nothing, a DELETE must match exactly, a CREATE must find nothing. */
export class SimulatedZone {
  private readonly records = new Map<string, RecordValues>();
  /** Called with the guard's value whenever it changes. */
  onGuard: (version: number) => void = () => undefined;

  constructor(
    private readonly kernel: Kernel,
    private readonly network: Network,
    private readonly tally: Tally,
  ) {}

  get writerAddress(): string | undefined {
    return this.records.get(`${ENDPOINT.writer} A`)?.values[0];
  }

  for(actor: Actor): Zone {
    const { kernel } = this;
    const course = { beforeMs: 5, afterMs: 5 };
    const call = async <T>(what: string, effect: () => T): Promise<T> => {
      const { badCall } = this.network.weather;
      if (this.network.isCut(actor.host, 'route53') || kernel.random.chance(badCall)) {
        this.tally.count('Route 53 fails');
        const isApplied = kernel.random.chance(0.5);
        await kernel.operate(actor, what, () => (isApplied ? attempt(effect) : undefined), course);
        throw new Error('Route 53 did not answer.');
      }
      return kernel.operate(actor, what, effect, course);
    };
    return {
      read: () => call('read the zone', () => this.read()),
      change: (changes) => call('change the zone', () => this.change(changes)),
    };
  }

  /** What clients of that process's host are answered, at once: nothing is cached here. */
  namesFor(actor: Actor): Names {
    const find = (name: string, type: 'A' | 'TXT'): Promise<readonly string[]> =>
      this.kernel.operate(actor, 'look a name up', () => {
        const { values = [] } = this.records.get(`${name.slice(0, name.indexOf('.'))} ${type}`) ?? {};
        return values.map((value) => value.replaceAll('"', ''));
      });
    return { addresses: (name) => find(name, 'A'), texts: (name) => find(name, 'TXT') };
  }

  private read(): ZoneState {
    const { records } = this;
    return {
      guard: records.get(`${ENDPOINT.writerGuard} TXT`),
      writer: records.get(`${ENDPOINT.writer} A`),
      reader: records.get(`${ENDPOINT.reader} A`),
    };
  }

  private change(changes: readonly EndpointChange[]): void {
    const next = new Map(this.records);
    for (const { action, name, type, record } of changes) {
      const key = `${name} ${type}`;
      const found = next.get(key);
      if (action === 'DELETE') {
        if (JSON.stringify(found) !== JSON.stringify(record))
          throw new Error('InvalidChangeBatch: values do not match');
        next.delete(key);
      } else {
        if (action === 'CREATE' && found !== undefined) throw new Error('InvalidChangeBatch: it already exists');
        next.set(key, record);
      }
    }
    this.records.clear();
    for (const [key, record] of next) this.records.set(key, record);
    const guard = [...next].find(([key]) => key.endsWith('TXT'))?.[1].values[0];
    if (guard !== undefined) this.onGuard(Number(guard.replaceAll('"', '')));
  }
}

function attempt(work: () => unknown): void {
  try {
    work();
  } catch {
    // The reply, a refusal, is lost.
  }
}
