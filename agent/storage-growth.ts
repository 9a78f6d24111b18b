import { sizeToGrowTo } from '../core/storage-growth';
import { describeError, type Log } from './log';

/** What the agent needs of EBS. */
export interface VolumeSizeApi {
  sizeGiB(volumeId: string): Promise<number>;
  /** Begins it; the device is larger within seconds. */
  enlarge(volumeId: string, sizeGiB: number): Promise<void>;
}

/**
 * Makes this slot's volume larger when it is filling up, as far as the owner allows. Each node cares for its own: standbys
 * hold what the primary holds, so all of them grow at about the same time.
 */
export class StorageGrowth {
  private told = '';

  constructor(
    private readonly api: VolumeSizeApi,
    private readonly volumeId: string,
    private readonly space: () => Promise<{ readonly freeBytes: number; readonly totalBytes: number }>,
    private readonly log: Log,
  ) {}

  /** `maxGiB`: of the settings; undefined: the owner alone makes volumes larger. */
  async look(maxGiB: number | undefined): Promise<void> {
    if (maxGiB === undefined) return;
    const space = await this.space();
    const sizeGiB = await this.api.sizeGiB(this.volumeId);
    const wanted = sizeToGrowTo({ sizeGiB, ...space }, maxGiB);
    if (wanted === undefined) return;
    try {
      await this.api.enlarge(this.volumeId, wanted);
      this.told = '';
      this.log.warning('volume-grows', { volumeId: this.volumeId, sizeGiB, wanted, ...space });
    } catch (error) {
      // EBS allows few changes a day, and none while one is under way: it is asked again.
      const reason = describeError(error);
      if (reason !== this.told)
        this.log.warning('volume-not-grown', { volumeId: this.volumeId, sizeGiB, wanted, reason });
      this.told = reason;
    }
  }
}
