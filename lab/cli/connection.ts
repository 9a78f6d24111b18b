import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { DeployMessage, DeployRequest, ErrorReport, FaultReport, FaultRequest, UpMessage } from '../daemon/api';
import type { ClientReport, EventsReport, MachineReport, OperatorReport, StatusReport } from '../daemon/api';
import { systemErrorCode } from '../host/errors';
import { layout } from '../host/layout';

/** No daemon answers: the lab is down, or it ended badly. */
export class LabIsDown extends Error {
  constructor() {
    super(
      existsSync(layout().socket)
        ? "The lab's daemon has ended, but not by script/lab down: remove what is left with it. Its log: " +
            join(layout().logs, 'region.log')
        : 'The lab is not up. Bring it up with: script/lab',
    );
    this.name = 'LabIsDown';
  }
}

/** What the region's daemon can be asked. @throws LabIsDown, or Error with the daemon's own words. */
export const daemon = {
  status: () => ask<StatusReport>('GET', '/status'),
  events: () => ask<EventsReport>('GET', '/events'),
  client: () => ask<ClientReport>('GET', '/client'),
  operator: () => ask<OperatorReport>('GET', '/operator'),
  functionLogs: () => ask<string[]>('GET', '/function-logs'),
  machine: (target: string) => ask<MachineReport>('GET', `/machine?target=${encodeURIComponent(target)}`),
  fault: (fault: FaultRequest) => ask<FaultReport>('POST', '/fault', fault),
};

/** Whether a daemon answers. */
export async function isUp(): Promise<boolean> {
  try {
    await ask('GET', '/');
  } catch (error) {
    return !(error instanceof LabIsDown);
  }
  return true;
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const { statusCode, text } = await exchange(method, path, body);
  const parsed: unknown = JSON.parse(text);
  if (statusCode !== 200) throw new Error((parsed as ErrorReport).error);
  return parsed as T;
}

function exchange(method: string, path: string, body: unknown): Promise<{ statusCode: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: layout().socket, method, path }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('error', reject);
      response.on('end', () => resolve({ statusCode: response.statusCode ?? 0, text }));
    });
    outgoing.on('error', (error) => reject(isAbsent(error) ? new LabIsDown() : error));
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Follows the lab coming up. Ends with the last message; undefined when the daemon ended without one. */
export function followStartup(onProgress: (text: string) => void): Promise<UpMessage | undefined> {
  return follow<UpMessage>('GET', '/up', undefined, onProgress);
}

/** Follows a redeploy. Ends with the last message; undefined when the daemon ended without one. */
export function followDeploy(
  wanted: DeployRequest,
  onProgress: (text: string) => void,
): Promise<DeployMessage | undefined> {
  return follow<DeployMessage>('POST', '/deploy', wanted, onProgress);
}

function follow<M extends { readonly kind: string } | { readonly kind: 'progress'; readonly text: string }>(
  method: string,
  path: string,
  body: unknown,
  onProgress: (text: string) => void,
): Promise<M | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: layout().socket, method, path }, (response) => {
      let unread = '';
      let last: M | undefined;
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        const lines = (unread + piece).split('\n');
        unread = lines.pop() ?? '';
        for (const message of lines.map((line) => JSON.parse(line) as M)) {
          if ('text' in message) onProgress(message.text);
          else last = message;
        }
      });
      // A daemon that dies breaks the stream off: then there is no last message, and that says enough.
      response.on('error', () => resolve(last));
      response.on('close', () => resolve(last));
    });
    outgoing.on('error', (error) => reject(isAbsent(error) ? new LabIsDown() : error));
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED'].includes(systemErrorCode(error) ?? '');
}
