import pc from 'picocolors';
import type { EventsReport, SlotReport, StatusReport } from '../daemon/api';
import { formatDuration } from '../duration';

const HEADINGS = ['slot', 'role', 'state', 'instance', 'address', 'tl', 'lsn', 'lag', 'leader pid', 'namespace'];

/** The status screen. */
export function renderStatus(status: StatusReport): string {
  const primary = status.primary === undefined ? pc.yellow('no primary') : `primary ${pc.bold(status.primary.slot)}`;
  const state = status.healthy ? pc.green('healthy') : pc.yellow('not whole');
  const { endpoints } = status;
  return [
    `${pc.bold(status.stack)}: ${state}, ${primary}, term ${status.term ?? '-'}, phase ${status.phase ?? '-'}${status.paused === true ? ', PAUSED' : ''}`,
    '',
    table(HEADINGS, status.slots.map(slotCells)),
    '',
    ...beyondTable(status).map((each) => `${pc.yellow('!')} ${each}`),
    ...(beyondTable(status).length > 0 ? [''] : []),
    `writer     ${endpoints.writer}:${endpoints.port}  ${pc.dim(endpoints.writerAddresses.join(', '))}`,
    `reader     ${endpoints.reader}:${endpoints.port}  ${pc.dim(endpoints.readerAddresses.join(', '))}`,
    `DSN        ${endpoints.dsn}`,
    `password   in the secret ${endpoints.secretArn}`,
    `CA         in the parameter ${endpoints.caCertificate}`,
    `AWS times  ${status.awsTimes}${status.awsTimes === 'real' ? ' (a lost instance is replaced after minutes)' : ''}`,
    ...Object.entries(status.awsFaults).map(([service, fault]) => `${pc.yellow('!')} ${fault} of ${service}`),
    '',
  ].join('\n');
}

/** What is missing, except what the table already says of the slots. */
function beyondTable(status: StatusReport): string[] {
  return status.unhealthy.filter((each) => !each.startsWith('slot '));
}

function slotCells(slot: SlotReport): string[] {
  const faults = slot.faults.length > 0 ? ` [${slot.faults.join(', ')}]` : '';
  return [
    slot.slot,
    slot.role,
    (slot.healthy ? 'healthy' : (slot.reason ?? 'not healthy')) + faults,
    slot.instanceId ?? '-',
    slot.address ?? '-',
    String(slot.timeline ?? '-'),
    slot.lsn ?? '-',
    slot.lagBytes === undefined ? '-' : String(slot.lagBytes),
    String(slot.leaderPid ?? '-'),
    slot.namespace ?? '-',
  ];
}

/** Each failover with the time of each step. */
export function renderEvents(events: EventsReport): string {
  if (events.length === 0) return 'There was no failover yet.\n';
  const rows = events.map((event) => [
    String(event.term),
    new Date(event.convictedAtMs).toISOString(),
    event.reason,
    `${event.from} → ${event.to}`,
    span(event.suspectedAtMs, event.convictedAtMs),
    span(event.convictedAtMs, event.chosenAtMs),
    span(event.chosenAtMs, event.promotedAtMs),
    event.flippedAtMs === undefined ? '-' : span(event.promotedAtMs, event.flippedAtMs),
    span(event.suspectedAtMs, event.promotedAtMs),
  ]);
  const headings = [
    'term',
    'convicted',
    'reason',
    'from → to',
    'detection',
    'pledges',
    'promotion',
    'endpoint',
    'in all',
  ];
  return `${table(headings, rows)}\n`;
}

function span(fromMs: number, toMs: number): string {
  return formatDuration(Math.max(0, toMs - fromMs));
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return [pc.dim(line(headings)), ...rows.map(line)].join('\n');
}
