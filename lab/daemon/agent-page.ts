import { request } from 'node:https';
import { AGENT_PATH, PORT } from '../../core/names';
import type { NodeStatus } from '../../core/status';
import { parseNodeStatus } from '../../register';
import { systemErrorCode } from '../host/errors';

const TIMEOUT_MS = 1500;

/** Reads a node's own page. `serverName`: the slot's host name, which its certificate must show. @throws Error */
export function readAgentPage(address: string, serverName: string, caCertificate: string): Promise<NodeStatus> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: address,
        port: PORT.agent,
        path: AGENT_PATH.status,
        servername: serverName,
        ca: caCertificate,
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => (body += text));
        response.on('error', reject);
        response.on('end', () => {
          try {
            if (response.statusCode !== 200) throw new Error(`its page answers ${response.statusCode ?? 'nothing'}`);
            resolve(parseNodeStatus(body, `the page of ${serverName}`));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      },
    );
    outgoing.on('error', (error) => reject(new Error(inWords(error))));
    outgoing.end();
  });
}

/** What people can do something with; Node's own words otherwise. */
function inWords(error: Error): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'its agent does not answer';
  if (systemErrorCode(error) === 'ECONNREFUSED') return 'its agent does not run yet';
  return error.message;
}
