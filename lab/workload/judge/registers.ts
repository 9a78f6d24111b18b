import { tell, type Case, type Violation } from './case';
import { conflicts } from './linearizable';

/** What the schema gives every register. */
const INITIAL = '';

/** Every value read was sent before the read ended, and not refused. */
export function valuesWereSent({ history, finals }: Case): Violation[] {
  const sent = new Map(history.puts.map((put) => [`${put.key} ${put.value}`, put]));
  const reads = [
    ...history.gets.map((get) => ({ by: tell(get), endMs: get.endMs, key: get.key, value: get.value })),
    ...finals.flatMap(({ host, registers }) =>
      Object.entries(registers).map(([key, value]) => ({ by: `${host} in the end`, endMs: Infinity, key, value })),
    ),
  ];
  return reads
    .filter(({ value }) => value !== INITIAL)
    .flatMap(({ by, endMs, key, value }) => {
      const put = sent.get(`${key} ${value}`);
      if (put === undefined || put.startMs > endMs)
        return [`The value "${value}" of ${key}, seen by ${by}, was not sent before.`];
      return put.outcome === 'failed' ? [`${by} has the value of the refused ${tell(put)}.`] : [];
    });
}

/** Each register behaved as if every acknowledged operation had happened at one moment within its time. */
export function registersAreLinearizable({ history, finals }: Case): Violation[] {
  const keys = new Set([...history.puts, ...history.gets].map(({ key }) => key));
  return [...keys].flatMap((key) => {
    const writes = history.puts
      .filter((put) => put.key === key && put.outcome !== 'failed')
      .map((put) => ({ ...put, endMs: put.outcome === 'ok' ? put.endMs : Infinity }));
    const reads = [
      ...history.gets.filter((get) => get.key === key && get.synchronous),
      ...finals.flatMap(({ registers }) => {
        const value = registers[key];
        return value === undefined ? [] : [{ value, startMs: history.endMs, endMs: Infinity }];
      }),
    ];
    return conflicts(INITIAL, writes, reads).map((each) => `Register ${key} is not linearizable: ${each}`);
  });
}

/**
 * Plain reads that showed a value after a later one had been acknowledged. Allowed for the seconds that a cut-off primary
 * takes to notice: counted, not judged.
 */
export function stalePlainReads({ history }: Case): number {
  const acked = history.puts.filter(({ outcome }) => outcome === 'ok');
  const written = new Map(history.puts.map((put) => [`${put.key} ${put.value}`, put]));
  return history.gets.filter((get) => {
    if (get.synchronous) return false;
    const writtenBy = written.get(`${get.key} ${get.value}`)?.endMs ?? -Infinity;
    return acked.some((put) => put.key === get.key && put.startMs > writtenBy && put.endMs < get.startMs);
  }).length;
}
