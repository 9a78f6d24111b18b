import { viewOf } from '../../../core/coordinator-view';
import type { CoordinatorSnapshot } from '../../../core/evidence';
import { judge } from '../../../core/judge';
import { type Slot, slotOf } from '../../../core/member';
import type { Pledge } from '../../../core/pledge';
import type { Cluster } from '../../../cli/cluster';
import type { Situation } from '../../../cli/situation';
import { snapshot } from '../../core/support/evidence';

export const CLUSTER: Cluster = {
  name: 'shop-db',
  stack: 'Shop',
  region: 'eu-west-1',
  slots: ['a', 'b', 'c'] as Slot[],
  registerTable: 'shop-register',
  healthCheckerLogGroup: 'shop-health-checker',
  nodeLogGroup: 'shop-nodes',
  writer: 'writer.shop-db.internal',
  reader: 'reader.shop-db.internal',
};

const NOW_MS = 1_000_000;

/** What the command line finds two seconds after a coordinator has seen this. */
export function seenBy(seen: CoordinatorSnapshot = snapshot(), changes: Partial<Situation> = {}): Situation {
  const pledges = seen.pledges.map((pledge): [Slot, Pledge] => [slotOf(pledge.member), pledge]);
  return {
    cluster: CLUSTER,
    nowMs: NOW_MS + 2_000,
    record: seen.record,
    view: viewOf({
      ...{ by: 'health checker', snapshot: seen, findings: judge(seen), waiting: undefined },
      endpoints: {
        ...{ guardVersion: 3, writerAddress: '10.0.0.1', readerAddresses: ['10.0.0.2', '10.0.0.3'] },
        writerInPlace: true,
      },
    }),
    beat: { by: 'health checker', ageMs: 700 },
    pledges: new Map(pledges),
    reports: new Map(seen.slots.flatMap(({ slot, report }) => (report ? [[slot as Slot, report]] : []))),
    events: [],
    operations: [],
    malformed: [],
    ...changes,
  };
}
