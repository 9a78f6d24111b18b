import { Agent, request } from 'node:https';
import { AGENT_PATH, PORT } from '../core/names';
import type { NodeStatus } from '../core/status';
import { parseNodeStatus } from '../register';

/** Where an agent's page is, and who may answer there. */
export interface AgentTarget {
  readonly slot: string;
  /** IPv4. Names are for certificates only: nothing here waits for DNS. */
  readonly address: string;
  /** The name in its certificate: `<slot>.<zone>`. */
  readonly serverName: string;
  /** PEM of the cluster's CA, the only one trusted. */
  readonly ca: string;
}

const MAX_PAGE_BYTES = 256 * 1024;

/** One agent's HTTPS page, over a connection that is kept. */
export class AgentClient {
  private readonly agent: Agent;

  constructor(
    private readonly target: AgentTarget,
    private readonly port: number = PORT.agent,
  ) {
    const { ca, serverName } = target;
    this.agent = new Agent({ keepAlive: true, maxSockets: 2, ca, servername: serverName, minVersion: 'TLSv1.2' });
  }

  async status(timeoutMs: number): Promise<NodeStatus> {
    const page = await this.send('GET', AGENT_PATH.status, timeoutMs);
    const status = parseNodeStatus(page, `The page of slot ${this.target.slot}`);
    if (status.slot !== this.target.slot) {
      throw new Error(`${this.target.address} answers for slot ${status.slot}, not for ${this.target.slot}.`);
    }
    return status;
  }

  /** Asks it to read the register now. Only ever makes someone look sooner. */
  async look(timeoutMs: number): Promise<void> {
    await this.send('POST', AGENT_PATH.look, timeoutMs);
  }

  close(): void {
    this.agent.destroy();
  }

  private async send(method: 'GET' | 'POST', path: string, timeoutMs: number): Promise<string> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await this.attempt(method, path, signal);
    } catch (error) {
      // The server closes idle connections; who meets that moment finds out by using one.
      if (!(error instanceof StaleConnectionError)) throw error;
      return this.attempt(method, path, signal);
    }
  }

  private attempt(method: 'GET' | 'POST', path: string, signal: AbortSignal): Promise<string> {
    const { address } = this.target;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: address, port: this.port, method, path, agent: this.agent, signal },
        (response) => {
          let page = '';
          response.setEncoding('utf8');
          response.on('error', reject);
          response.on('data', (text: string) => {
            page += text;
            if (page.length > MAX_PAGE_BYTES) outgoing.destroy(new Error(`${address}${path} does not end.`));
          });
          response.on('end', () => {
            const code = response.statusCode ?? 0;
            if (code >= 200 && code < 300) resolve(page);
            else reject(new Error(`${method} ${address}${path} answered ${code}: ${page.slice(0, 200)}`));
          });
        },
      );
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        const stale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        reject(stale ? new StaleConnectionError() : error);
      });
      outgoing.end();
    });
  }
}

class StaleConnectionError extends Error {}
