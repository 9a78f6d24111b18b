import type { Colours } from './colours';
import { bytes, duration, table, type Cell } from './format';
import type { SlotRow, StatusReport } from './status-report';

/** A status that is older than this is told with its age. */
const OLD_MS = 5_000;

/** One screen. */
export function renderStatus(report: StatusReport, colours: Colours): string {
  const { bold, dim, green, yellow, red } = colours;
  const [first, ...others] = report.troubles.filter(({ urgency }) => urgency < 4);
  const state = report.whole ? green('whole') : (first?.urgency === 1 ? red : yellow)('not whole');
  const electing = report.slots.some(({ pledge }) => pledge !== undefined) || report.phase === 'electing';
  return [
    `${bold(report.cluster)} in ${report.region}: ${state}, ${head(report, colours)}`,
    ...(report.guarantee === undefined ? [] : [report.guarantee]),
    '',
    table(
      ['slot', 'role', 'state', 'instance', 'address', 'lag', ...(electing ? ['pledge'] : []), 'doing'],
      report.slots.map((row) => cells(row, electing, colours)),
      dim,
    ),
    '',
    ...(first === undefined ? [] : [`${yellow('!')} ${first.says} ${first.helps}`]),
    ...others.map(({ says }) => `${yellow('!')} ${says}`),
    ...report.troubles.filter(({ urgency }) => urgency === 4).map(({ says, helps }) => `${dim('·')} ${says} ${helps}`),
    ...(report.troubles.length > 0 ? [''] : []),
    `writer       ${endpoint(report.endpoints.writer, report.endpoints.writerAddress, dim)}`,
    `reader       ${endpoint(report.endpoints.reader, report.endpoints.readerAddresses?.join(', '), dim)}`,
    `coordinator  ${coordinator(report, colours)}`,
    '',
  ].join('\n');
}

function head({ phase, term, primary, paused, switchover }: StatusReport, { bold, yellow }: Colours): string {
  const who = primary === undefined ? yellow('no primary') : `primary ${bold(primary.slot)}`;
  return [
    who,
    ...(term === undefined ? [] : [`term ${term}`]),
    ...(phase === undefined || phase === 'steady' ? [] : [yellow(phase)]),
    ...(switchover === undefined ? [] : [yellow('a switchover is under way')]),
    ...(paused === true ? [yellow('automatic failover PAUSED')] : []),
  ].join(', ');
}

function cells(row: SlotRow, electing: boolean, colours: Colours): readonly Cell[] {
  const state = stateOf(row);
  return [
    { text: row.slot, paint: colours.bold },
    { text: row.role },
    { text: state, paint: state === 'healthy' ? colours.green : colours.yellow },
    { text: row.instanceId ?? '-' },
    { text: row.address ?? '-' },
    { text: row.lagBytes === undefined || row.role === 'primary' ? '-' : bytes(row.lagBytes) },
    ...(electing ? [{ text: row.pledge ?? 'none yet' }] : []),
    { text: `${row.activity ?? '-'}${row.leaving === true ? ', leaving' : ''}` },
  ];
}

function stateOf({ statusAgeMs, healthy, reason, activity }: SlotRow): string {
  if (statusAgeMs === undefined) return 'unknown';
  if (statusAgeMs === null) return 'never heard';
  if (statusAgeMs > OLD_MS) return `silent for ${duration(statusAgeMs)}`;
  return healthy === true ? 'healthy' : (reason ?? activity ?? 'not healthy');
}

function endpoint(name: string, addresses: string | undefined, dim: (text: string) => string): string {
  return addresses === undefined ? name : `${name} ${dim(`→ ${addresses}`)}`;
}

function coordinator({ coordinator, viewAgeMs }: StatusReport, { green, red, dim }: Colours): string {
  const { alive, by, heardMs } = coordinator;
  const beat = heardMs === undefined ? 'never heard' : `heard ${duration(heardMs)} ago`;
  const age = viewAgeMs === undefined ? 'it has not told of the slots' : `the slots as of ${duration(viewAgeMs)} ago`;
  return `${alive ? green(beat) : red(beat)}${by === undefined ? '' : dim(` (${by})`)}; ${age}`;
}

/** For a log: one line that says what has changed. */
export function summaryLine(report: StatusReport): string {
  const slots = report.slots.map((row) => `${row.slot}=${row.role}${row.healthy === true ? '' : '!'}`).join(' ');
  const [first] = report.troubles;
  return [
    `term=${report.term ?? '-'} phase=${report.phase ?? '-'} primary=${report.primary?.slot ?? '-'}`,
    slots,
    ...(report.paused === true ? ['paused'] : []),
    ...(first === undefined ? [] : [`${first.code}: ${first.says}`]),
  ].join(' ');
}
