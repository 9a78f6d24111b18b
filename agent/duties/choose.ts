import { coordinate } from '../../core/coordinate';
import type { SlotEvidence } from '../../core/evidence';
import { slotOf } from '../../core/member';
import type { Pledge } from '../../core/pledge';
import type { ElectingRecord } from '../../core/record';
import type { Node } from '../node';

/**
 * Right after its own pledge a node looks whether that was the last one missing, and then writes the choice itself, by the
 * rules that every coordinator goes by. Whoever pledges last sees all the pledges, so an election does not wait for a
 * coordinator's next look. Any number may choose at once: the write carries the version that was judged.
 */
export async function chooseIfLast(
  node: Node,
  record: ElectingRecord,
  own: Pledge,
  electingForMs: number,
): Promise<boolean> {
  // What is given up depends on who answers: that is for those who watch everybody, this node included.
  if (record.election.acceptsLoss === true) return false;
  const others = node.settings().slots.filter((slot) => slot !== node.config.slot);
  const { found } = await node.register.readPledges(others);
  const action = coordinate(
    {
      policy: node.policy,
      wallClockMs: Date.now(),
      loopLateMs: 0,
      record,
      phaseAgeMs: electingForMs,
      slots: peersOf(node),
      pledges: [own, ...found.values()],
      freshEpoch: record.epoch,
    },
    [],
  );
  if (action.kind !== 'replace') return false;
  const outcome = await node.register.replaceRecord(action.judged, action.next);
  const written = outcome.kind === 'written' ? outcome.record : outcome.found;
  if (written !== undefined) node.watch.take(written);
  if (outcome.kind !== 'written') return false;
  if (written?.phase === 'promoting') node.peers.hint(slotOf(written.primary.member));
  node.log.info('chosen', { rule: action.rule, term: record.term });
  return true;
}

/** Only who answers and has yet to pledge matters here (C13, C14); this node has pledged. */
function peersOf(node: Node): readonly SlotEvidence[] {
  return node.peers.views().map(({ slot, status, statusAgeMs }) => ({
    slot,
    report: undefined,
    status,
    statusAgeMs: Number.isFinite(statusAgeMs) ? statusAgeMs : null,
    postgresAgeMs: null,
    freshConnectionAgeMs: null,
    localWriteAgeMs: null,
    syncWriteAgeMs: null,
    watchedMs: 0,
  }));
}
