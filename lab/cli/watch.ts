import { setTimeout as pause } from 'node:timers/promises';
import { renderStatus } from './render';
import { daemon } from './connection';
import type { StatusReport } from '../daemon/api';

const EVERY_MS = 500;

/** Live view. On a terminal one screen, drawn again and again; elsewhere a line whenever something has changed. */
export async function watch(): Promise<never> {
  let last = '';
  for (;;) {
    const status = await daemon.status();
    if (process.stdout.isTTY) {
      process.stdout.write(
        `\x1b[H\x1b[2J${renderStatus(status)}\n${new Date().toISOString()}   Ctrl-C ends the view\n`,
      );
    } else {
      const line = summary(status);
      if (line !== last) process.stdout.write(`${new Date().toISOString()} ${line}\n`);
      last = line;
    }
    await pause(EVERY_MS);
  }
}

function summary(status: StatusReport): string {
  const slots = status.slots.map((each) => `${each.slot}=${each.role}${each.healthy ? '' : `(${each.reason ?? '?'})`}`);
  const writer = status.endpoints.writerAddresses.join(',') || '-';
  return `term=${status.term ?? '-'} phase=${status.phase ?? '-'} primary=${status.primary?.slot ?? '-'} writer=${writer} ${slots.join(' ')}`;
}
