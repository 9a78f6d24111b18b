import { randomBytes } from 'node:crypto';
import { newMember, parseMember, type Member, type Slot } from '../core/member';
import { readIfPresent, writeDurably } from './durable';
import type { Layout } from './layout';

/** What the volume's one data directory is. Stands outside of it, since clones and rewinds copy what is inside (protocol S7). */
export interface Identity {
  readonly member: Member;
  /** The EBS volume that this was written on. On another one it is a copy, and a copy is not the member (protocol S11). */
  readonly volumeId: string;
  /** Anything but `ready` can neither pledge nor serve: it is being made, or its making was interrupted. */
  readonly directory: 'initializing' | 'cloning' | 'rewinding' | 'ready';
}

/** The identity on the volume, kept in memory too. */
export class IdentityStore {
  private identity: Identity | undefined;

  constructor(
    private readonly layout: Layout,
    private readonly slot: Slot,
    private readonly volumeId: string,
  ) {}

  /**
   * Reads what the volume says. `copied` when it was written on another volume: a snapshot may hold less than its
   * member acknowledged, so it goes on under a new name, which no guarantee knows.
   */
  async load(): Promise<{ readonly copied: boolean }> {
    const text = await readIfPresent(this.layout.state.identity);
    if (text === undefined) return { copied: false };
    const stored = parseIdentity(text, this.layout.state.identity);
    this.identity = stored;
    if (stored.volumeId === this.volumeId) return { copied: false };
    await this.become(stored.directory);
    return { copied: true };
  }

  current(): Identity | undefined {
    return this.identity;
  }

  /** A new incarnation: written before anything is done to the directory, so that an interruption is recognized. */
  async become(directory: Identity['directory']): Promise<Member> {
    const member = newMember(this.slot, randomBytes(6).toString('hex'));
    await this.write({ member, volumeId: this.volumeId, directory });
    return member;
  }

  /** The directory of the present incarnation is whole. */
  async ready(): Promise<void> {
    if (this.identity === undefined) throw new Error('A directory without an identity cannot be ready.');
    await this.write({ ...this.identity, directory: 'ready' });
  }

  private async write(identity: Identity): Promise<void> {
    await writeDurably(this.layout.state.identity, `${JSON.stringify(identity)}\n`);
    this.identity = identity;
  }
}

function parseIdentity(text: string, path: string): Identity {
  const value = JSON.parse(text) as Partial<Record<keyof Identity, unknown>>;
  const { member, volumeId, directory } = value;
  if (typeof member !== 'string' || typeof volumeId !== 'string' || !isDirectory(directory)) {
    throw new Error(`${path} is not an identity: ${text.trim()}`);
  }
  return { member: parseMember(member), volumeId, directory };
}

function isDirectory(value: unknown): value is Identity['directory'] {
  return value === 'initializing' || value === 'cloning' || value === 'rewinding' || value === 'ready';
}
