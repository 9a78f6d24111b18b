/** What is known of a slot's volume. */
export interface VolumeUse {
  /** As EBS has it. */
  readonly sizeGiB: number;
  /** Of the file system on it. */
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** A volume grows when less than this is free: long before PostgreSQL stops for want of space. */
export const GROW_BELOW_FREE = 0.2;

/** EBS lets a volume be changed only a few times a day, so each step is worth it. */
const STEP = { fraction: 0.25, leastGiB: 10 };

const GIB = 2 ** 30;

/**
 * The size that a volume should have next, if it should grow now. Never more than `maxGiB`, never less than it has; and
 * not while the file system has not yet taken what the volume already has.
 */
export function sizeToGrowTo({ sizeGiB, totalBytes, freeBytes }: VolumeUse, maxGiB: number): number | undefined {
  if (freeBytes >= totalBytes * GROW_BELOW_FREE || sizeGiB >= maxGiB) return undefined;
  if (totalBytes < (sizeGiB - STEP.leastGiB / 2) * GIB) return undefined;
  return Math.min(maxGiB, sizeGiB + Math.max(STEP.leastGiB, Math.ceil(sizeGiB * STEP.fraction)));
}
