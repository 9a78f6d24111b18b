import { decodePledge, decodeRecord, encodeRecord } from '../../register';
import type { Pledge } from '../../core/pledge';
import type { ClusterRecord } from '../../core/record';
import type { Actor } from '../kernel/actor';
import type { Kernel } from '../kernel/kernel';
import type { Fate, Item, Store } from '../seams/dynamodb';
import type { Network } from './network';
import type { Tally } from './tally';

const RECORD = 'cluster/record';

/** The register's table, and what can become of a call to it. */
export class SimulatedTable implements Store {
  readonly items = new Map<string, Item>();
  /** Nothing answers until then. */
  outageUntil = 0;
  onRecord: (before: ClusterRecord | undefined, after: ClusterRecord) => void = () => undefined;
  private decoded: ClusterRecord | undefined;

  constructor(
    private readonly kernel: Kernel,
    private readonly network: Network,
    private readonly tally: Tally,
  ) {}

  get record(): ClusterRecord | undefined {
    return this.decoded;
  }

  get pledges(): readonly Pledge[] {
    return [...this.items]
      .filter(([key]) => key.endsWith('/pledge'))
      .map(([key, item]) => decodePledge(bodyOf(item), key));
  }

  fate(actor: Actor, kind: 'read' | 'write'): ReturnType<Store['fate']> {
    const { random } = this.kernel;
    const times = {
      beforeMs: random.between(0.5, 3),
      afterMs: random.between(0.5, 3),
      lateMs: random.between(500, 6_000),
    };
    const isCutOff = this.outageUntil > this.kernel.now || this.network.isCut(actor.host, 'register');
    if (isCutOff) return { fate: 'lost before', ...times };
    const { badCall } = this.network.weather;
    if (badCall === 0 || !random.chance(badCall)) return { fate: 'answered', ...times };
    const fates: readonly Fate[] =
      kind === 'read' ? ['lost before', 'throttled'] : ['lost before', 'lost after', 'late', 'throttled', 'twice'];
    const fate = random.pick(fates);
    this.tally.count(`register: ${fate}`);
    return { fate, ...times };
  }

  written(_actor: Actor, key: string, _before: Item | undefined, item: Item): void {
    if (key !== RECORD) return;
    const before = this.decoded;
    this.decoded = decodeRecord(bodyOf(item));
    this.onRecord(before, this.decoded);
  }

  /** Somebody else's write, on what is there now. */
  replace(record: ClusterRecord, nonce: string): void {
    const before = this.decoded;
    this.items.set(RECORD, { ...encodeRecord(record), pk: 'cluster', sk: 'record', nonce });
    this.decoded = record;
    this.onRecord(before, record);
  }

  /** As it is at the beginning. */
  put(record: Item): void {
    const item = { ...record, pk: 'cluster', sk: 'record', nonce: 'first' };
    this.items.set(RECORD, item);
    this.decoded = decodeRecord(record);
  }
}

function bodyOf(item: Item): Item {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !['pk', 'sk', 'nonce'].includes(name)));
}
