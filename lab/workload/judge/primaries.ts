import { acknowledged, tell, type Acknowledged, type Case, type Violation } from './case';

/**
 * Acknowledgements form one chain: once a newer timeline has acknowledged something, no older one acknowledges what was
 * sent to it after that. An answer that was only late is none of this: what it answers was sent before, and the newer
 * primary has it (another rule looks).
 */
export function olderPrimariesAreSilent({ history }: Case): Violation[] {
  const all = acknowledged(history);
  const first = new Map<number, Acknowledged>();
  for (const each of all) {
    const known = first.get(each.server.timeline);
    if (known === undefined || each.endMs < known.endMs) first.set(each.server.timeline, each);
  }
  return all.flatMap((each) => {
    const newer = [...first.values()]
      .filter(({ server, endMs }) => server.timeline > each.server.timeline && endMs < each.startMs)
      .sort((left, right) => left.endMs - right.endMs)[0];
    return newer === undefined ? [] : [`Two primaries: ${tell(each)} was sent and acknowledged after ${tell(newer)}.`];
  });
}

/** A timeline belongs to one promotion: two servers never acknowledge on it in overlapping times. */
export function oneServerOnATimeline({ history }: Case): Violation[] {
  const spans = new Map<string, { timeline: number; address: string; firstMs: number; lastMs: number }>();
  for (const { server, startMs, endMs } of acknowledged(history)) {
    const key = `${server.timeline} ${server.address}`;
    const span = spans.get(key) ?? { ...server, firstMs: Infinity, lastMs: -Infinity };
    // It surely served at its first answer and at its last question.
    spans.set(key, { ...span, firstMs: Math.min(span.firstMs, endMs), lastMs: Math.max(span.lastMs, startMs) });
  }
  const ordered = [...spans.values()].sort(
    (left, right) => left.timeline - right.timeline || left.firstMs - right.firstMs,
  );
  return ordered.flatMap((span, index) => {
    const next = ordered[index + 1];
    if (next?.timeline !== span.timeline || next.firstMs >= span.lastMs) return [];
    return [
      `Two servers acknowledged on timeline ${span.timeline} at ${next.firstMs.toFixed(1)} ms: ${span.address} and ${next.address}.`,
    ];
  });
}

/** In the end one server is writable, and it is on the newest timeline that acknowledged anything. */
export function onePrimaryInTheEnd({ history, finals }: Case): Violation[] {
  const primaries = finals.filter(({ inRecovery }) => !inRecovery);
  const [primary] = primaries;
  if (primary === undefined) return ['No server is the primary in the end.'];
  if (primaries.length > 1) return [`Two primaries in the end: ${primaries.map(({ host }) => host).join(', ')}.`];
  return acknowledged(history)
    .filter(({ server }) => server.timeline > (primary.timeline ?? 0))
    .slice(0, 1)
    .map(
      (each) =>
        `The primary in the end, ${primary.host}, is on timeline ${primary.timeline ?? '?'}, older than that of ${tell(each)}.`,
    );
}
