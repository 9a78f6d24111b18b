const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/**
 * How much of a volume is free, as far as anything follows from it.
 *
 * - `tight`: WAL that is kept for standbys and consumers that are away is given up. They are made anew, or told.
 * - `full`: applications may only read, so that PostgreSQL does not come to the last byte of its WAL, which it does not
 *   survive.
 */
export type Space = 'ample' | 'tight' | 'full';

/** Where one state ends and the next begins, bytes of free space. */
export interface SpaceMarks {
  readonly tightBytes: number;
  readonly fullBytes: number;
  /** Size of the file that holds room for PostgreSQL's recovery, should it run out all the same. Not counted as free. */
  readonly headroomBytes: number;
}

/** Upper bounds, because what can be written between two looks does not grow with the volume; lower ones for what a checkpoint writes. */
export function spaceMarks(totalBytes: number): SpaceMarks {
  const fullBytes = clamp(totalBytes / 20, 48 * MIB, 4 * GIB);
  return { tightBytes: 2 * fullBytes, fullBytes, headroomBytes: clamp(totalBytes / 100, 32 * MIB, GIB) };
}

/** Each state is left only when half as much again is free, so that it does not swing. */
export function nextSpace(before: Space, freeBytes: number, { tightBytes, fullBytes }: SpaceMarks): Space {
  const isBelow = (markBytes: number, isThere: boolean): boolean => freeBytes < (isThere ? markBytes * 1.5 : markBytes);
  if (isBelow(fullBytes, before === 'full')) return 'full';
  return isBelow(tightBytes, before !== 'ample') ? 'tight' : 'ample';
}

/** How much WAL may stand on a volume, bytes. */
export interface WalSizes {
  /** Between two checkpoints. */
  readonly maxBytes: number;
  /** Reused instead of removed. */
  readonly minBytes: number;
  /** Kept whoever needs it: a standby that goes on from the last primary's WAL needs it on the next one, which has no slot for it yet; and so does a rewind. */
  readonly keepBytes: number;
  /** Kept for slots, of whoever is away. A dead standby must never fill the disk. */
  readonly slotBytes: number;
}

/** Together less than half of the volume, if it is not tiny. */
export function walSizes(totalBytes: number): WalSizes {
  return {
    maxBytes: clamp(totalBytes / 10, 64 * MIB, 8 * GIB),
    minBytes: clamp(totalBytes / 50, 32 * MIB, GIB),
    keepBytes: clamp(totalBytes / 20, 32 * MIB, 2 * GIB),
    slotBytes: clamp(totalBytes / 4, 64 * MIB, 256 * GIB),
  };
}

/** What is still kept when space is tight. */
export const TIGHT_WAL: Pick<WalSizes, 'keepBytes' | 'slotBytes'> = { keepBytes: 32 * MIB, slotBytes: 64 * MIB };

function clamp(value: number, least: number, most: number): number {
  return Math.floor(Math.min(Math.max(value, least), most));
}
