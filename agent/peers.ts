import { Agent, request } from 'node:https';
import type { Slot } from '../core/member';
import { AGENT_PATH, PORT } from '../core/names';
import type { NodeStatus } from '../core/status';
import { MalformedItemError, parseNodeStatus } from '../register';
import type { Log } from './log';
import type { RegisterPort } from './register-port';

/** Where the other agents are is read again this often, and at once when one does not answer. */
const REPORTS_EVERY_MS = 5_000;
const STATUS_EVERY_MS = 500;
const ANSWER_WITHIN_MS = 700;

export interface PeerView {
  readonly slot: Slot;
  readonly address: string;
  readonly status: NodeStatus | undefined;
  /** Since the last answer, monotonic. */
  readonly statusAgeMs: number;
}

interface Peer {
  readonly slot: Slot;
  address: string;
  status: NodeStatus | undefined;
  answeredAt: number | undefined;
}

/** The other nodes' agents: where they are (register), what they say of themselves (their pages), and the hint to look again. */
export class Peers {
  private readonly peers = new Map<Slot, Peer>();
  private readonly https: Agent;
  private timer: NodeJS.Timeout | undefined;
  private reportsReadAt = -Infinity;
  private closed = false;

  constructor(
    private readonly options: {
      /** The other slots, as they are now: an owner may add some and take some away. */
      readonly others: () => readonly Slot[];
      readonly hostOf: (slot: Slot) => string;
      readonly authority: string;
      readonly register: Pick<RegisterPort, 'readReports'>;
      readonly log: Log;
    },
  ) {
    this.https = new Agent({ ca: options.authority, keepAlive: true, maxSockets: 2, timeout: 5_000 });
  }

  start(): void {
    void this.round();
  }

  stop(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.https.destroy();
  }

  views(): readonly PeerView[] {
    const now = performance.now();
    return [...this.peers.values()].map(({ slot, address, status, answeredAt }) => ({
      slot,
      address,
      status,
      statusAgeMs: answeredAt === undefined ? Infinity : now - answeredAt,
    }));
  }

  /**
   * "The record has moved: look now." Only ever makes the others look sooner; who cannot be reached finds out by itself.
   * `slot`: the only one who has something to do now.
   */
  hint(slot?: Slot): void {
    for (const peer of this.peers.values()) {
      if (slot !== undefined && peer.slot !== slot) continue;
      this.ask(peer, 'POST', AGENT_PATH.look).catch((error: unknown) => {
        this.options.log.info('hint-unanswered', { slot: peer.slot, reason: String(error) });
      });
    }
  }

  private async round(): Promise<void> {
    if (this.closed) return;
    await this.readReports();
    await Promise.all([...this.peers.values()].map((peer) => this.readStatus(peer)));
    if (!this.closed) this.timer = setTimeout(() => void this.round(), STATUS_EVERY_MS);
  }

  /** The slots whose agents are asked. */
  others(): readonly Slot[] {
    return this.options.others();
  }

  private async readReports(): Promise<void> {
    const now = performance.now();
    const others = this.others();
    for (const slot of this.peers.keys()) if (!others.includes(slot)) this.peers.delete(slot);
    const complete = this.peers.size === others.length;
    const allAnswer = [...this.peers.values()].every(
      (peer) => peer.answeredAt !== undefined && now - peer.answeredAt < 2_000,
    );
    if (complete && allAnswer && now - this.reportsReadAt < REPORTS_EVERY_MS) return;
    if (now - this.reportsReadAt < 1_000) return;
    this.reportsReadAt = now;
    try {
      const { found } = await this.options.register.readReports(others);
      for (const [slot, report] of found) {
        const known = this.peers.get(slot);
        if (known?.address === report.address) continue;
        this.peers.set(slot, { slot, address: report.address, status: undefined, answeredAt: undefined });
      }
    } catch (error) {
      this.options.log.warning('peers-unknown', { reason: String(error) });
    }
  }

  private async readStatus(peer: Peer): Promise<void> {
    try {
      const text = await this.ask(peer, 'GET', AGENT_PATH.status);
      peer.status = parseNodeStatus(text, `The status of ${peer.slot}`);
      peer.answeredAt = performance.now();
    } catch (error) {
      // Silence is what the age tells; only an answer that cannot be understood is worth a line.
      if (error instanceof MalformedItemError) {
        this.options.log.warning('peer-status-unreadable', { slot: peer.slot, reason: error.message });
      }
    }
  }

  /** By address, so that no name service is in the way; the certificate must carry the slot's name. */
  private ask(peer: Peer, method: 'GET' | 'POST', path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          agent: this.https,
          host: peer.address,
          servername: this.options.hostOf(peer.slot),
          port: PORT.agent,
          method,
          path,
          timeout: ANSWER_WITHIN_MS,
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('error', reject);
          response.on('end', () => {
            const status = response.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve(Buffer.concat(pieces).toString('utf8'));
            else reject(new Error(`${peer.slot} answered ${method} ${path} with status ${status}`));
          });
        },
      );
      const deadline = setTimeout(
        () => sent.destroy(new Error(`${peer.slot} did not answer within ${ANSWER_WITHIN_MS} ms`)),
        ANSWER_WITHIN_MS,
      );
      sent.on('close', () => clearTimeout(deadline));
      sent.on('error', reject);
      sent.end();
    });
  }
}
