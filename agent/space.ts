import { stat, statfs } from 'node:fs/promises';
import { nextSpace, spaceMarks, type Space, type SpaceMarks } from '../core/disk-space';
import { succeed } from './command';
import { onDisk } from './disk';
import { isMissing, readIfPresent, removeDurably, writeDurably } from './durable';
import type { Log } from './log';
import { spaceConf } from './postgres/conf-text';
import { reload } from './postgres/configuration';
import type { PostgresContext } from './postgres/context';
import { PostgresDown, PostgresError } from './postgres/errors';
import { checkpoint, stopWriters } from './postgres/space';

const STATFS_TIMEOUT_MS = 2_000;
const RESERVE_TIMEOUT_MS = 30_000;

export interface Measured {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/**
 * Keeps the volume from filling up under PostgreSQL, which does not survive a write-ahead log that it cannot write.
 *
 * - While space is ample, a file holds a part of it back: the headroom.
 * - When it is tight, WAL kept for those who are away is given up.
 * - When it is nearly full, applications may only read: writing transactions are ended, later ones are refused.
 *   PostgreSQL itself, the beat and replication go on. Once there is space again, so do the applications.
 * - Should it run out all the same, the headroom is given up, so that applications can be told to stop writing, the role
 *   handed over, or PostgreSQL started and recovered.
 *
 * All of it is the same on a standby, so that one which is promoted onto a full volume is read-only from the first
 * moment. Nothing here guards what was acknowledged: that PostgreSQL does, full disk or not.
 */
export class VolumeSpace {
  private measured: (Measured & { readonly space: Space }) | undefined;
  /** What PostgreSQL was told; undefined after a start of the agent. */
  private told: Space | undefined;

  constructor(
    private readonly postgres: PostgresContext,
    private readonly log: Log,
  ) {}

  /** Undefined before the first look. */
  get last(): (Measured & { readonly space: Space }) | undefined {
    return this.measured;
  }

  /** One round: measures, and acts on what it finds. */
  async look(): Promise<Space> {
    const { space, marks, freeBytes } = await this.measure();
    // With nothing left PostgreSQL could not be told, and would not survive its next checkpoint.
    if (freeBytes < marks.headroomBytes / 2) await this.makeRoom();
    if (this.told !== space && (await this.tell(space))) this.told = space;
    if (space === 'ample' && freeBytes > marks.tightBytes * 1.5 + marks.headroomBytes) await this.reserve(marks);
    return space;
  }

  /** Gives the headroom up when there is no room beside it. Recovery needs some, for what it had not yet written and a checkpoint. */
  async makeRoom(): Promise<void> {
    const { freeBytes, marks } = await this.measure();
    if (freeBytes >= marks.fullBytes || (await this.headroomSize()) === 0) return;
    this.log.warning('headroom-given-up', { freeBytes });
    await removeDurably(this.headroom);
  }

  private get headroom(): string {
    return this.postgres.layout.headroom;
  }

  private async headroomSize(): Promise<number> {
    try {
      return (await onDisk(`Looking for ${this.headroom}`, () => stat(this.headroom), STATFS_TIMEOUT_MS)).size;
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  }

  private async measure(): Promise<Measured & { readonly space: Space; readonly marks: SpaceMarks }> {
    const { volume } = this.postgres.layout;
    const { bavail, blocks, bsize } = await onDisk(`Measuring ${volume}`, () => statfs(volume), STATFS_TIMEOUT_MS);
    const [freeBytes, totalBytes] = [bavail * bsize, blocks * bsize];
    const marks = spaceMarks(totalBytes);
    const space = nextSpace(this.measured?.space ?? 'ample', freeBytes, marks);
    this.measured = { freeBytes, totalBytes, space };
    return { ...this.measured, marks };
  }

  /** @returns whether PostgreSQL knows. One that does not run reads it at its start. */
  private async tell(space: Space): Promise<boolean> {
    const { config } = this.postgres.layout;
    const text = spaceConf(space);
    if ((await readIfPresent(config.space)) !== text) {
      this.log.warning('space', { space, ...this.measured });
      await writeDurably(config.space, text, { mode: 0o644 });
    }
    try {
      await reload(this.postgres);
      if (space !== 'ample') this.giveUpWal();
      if (space === 'full') await stopWriters(this.postgres);
      return true;
    } catch (error) {
      if (error instanceof PostgresDown) return true;
      if (!(error instanceof PostgresError)) throw error;
      this.log.warning('space-not-told', { space, reason: error.message });
      return false;
    }
  }

  /** A checkpoint takes long, and space has to be looked at meanwhile. */
  private giveUpWal(): void {
    checkpoint(this.postgres).catch((error: unknown) => {
      this.log.warning('wal-not-given-up', { reason: String(error) });
    });
  }

  /** Room that nobody gets while there is enough. */
  private async reserve({ headroomBytes }: SpaceMarks): Promise<void> {
    if ((await this.headroomSize()) >= headroomBytes) return;
    await succeed('fallocate', ['--length', String(headroomBytes), this.headroom], { timeoutMs: RESERVE_TIMEOUT_MS });
  }
}
