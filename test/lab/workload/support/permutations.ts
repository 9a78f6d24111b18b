import type { RegisterRead, RegisterWrite } from '../../../../lab/workload/judge/linearizable';

type Step = { readonly startMs: number; readonly endMs: number; readonly value: string; readonly writes: boolean };

/**
 * The definition itself, by trying every order (Wing and Gong): some order of the operations respects their times, and
 * in it every read shows the last write. A write whose end is unknown may also never happen. For short histories only.
 */
export function isLinearizable(
  initial: string,
  writes: readonly RegisterWrite[],
  reads: readonly RegisterRead[],
): boolean {
  const steps = [
    ...writes.map((each) => ({ ...each, writes: true })),
    ...reads.map((each) => ({ ...each, writes: false })),
  ];
  return search(initial, steps);
}

function search(value: string, left: readonly Step[]): boolean {
  if (left.every(({ writes, endMs }) => writes && endMs === Infinity)) return true;
  return left.some((step) => {
    const others = left.filter((each) => each !== step);
    if (others.some(({ endMs }) => endMs < step.startMs)) return false;
    if (step.writes) return search(step.value, others);
    return step.value === value && search(value, others);
  });
}
