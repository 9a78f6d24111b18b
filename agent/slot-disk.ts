import type { DiskStatus } from '../core/status';
import { DiskProbe } from './disk-probe';
import type { Log } from './log';
import type { NodeDisk } from './node';
import type { PostgresContext } from './postgres/context';
import { VolumeSpace } from './space';

/** How often each of its rounds comes, milliseconds. */
export const DISK_EVERY_MS = 1_000;

/** The slot's volume once it is mounted: whether it answers, and how much of it is free. */
export class SlotDisk implements NodeDisk {
  private readonly probe: DiskProbe;
  private readonly space: VolumeSpace;

  constructor(
    device: string,
    postgres: PostgresContext,
    private readonly log: Log,
  ) {
    this.probe = new DiskProbe({ device, file: postgres.layout.state.probe, timeoutMs: DISK_EVERY_MS });
    this.space = new VolumeSpace(postgres, log);
  }

  status(): DiskStatus | null {
    const { answerAgeMs } = this.probe;
    return answerAgeMs === null ? null : { answerAgeMs, volume: this.space.last ?? null };
  }

  makeRoom(): Promise<void> {
    return this.space.makeRoom();
  }

  /** One round: whether it answers. */
  async ask(): Promise<void> {
    const before = this.probe.health;
    const health = await this.probe.ask();
    if (health !== before) this.log.info('disk', { health });
  }

  /** One round: how much is free, and what follows from it. */
  async look(): Promise<void> {
    await this.space.look();
  }
}
