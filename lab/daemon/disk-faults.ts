import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PATH } from '../../core/names';
import type { Cgroups } from '../host/cgroups';
import { run } from '../host/command';
import { systemErrorCode } from '../host/errors';
import type { LabVolumes } from '../host/volumes';
import { leaderOf, type MachineHarm, type Victim } from './machine-fault';

type Name = 'stall-disk' | 'hang-disk' | 'fill-disk';

/** What fills a volume; it stays there when the machine is replaced. */
const FILLER = 'holdfast-lab-filler';

/** Harm to the volume. The file system is frozen, so that writes hang; for reads the kernel's own throttle does it. */
export class DiskFaults implements MachineHarm<Name> {
  readonly names = ['stall-disk', 'hang-disk', 'fill-disk'] as const;
  private readonly stalled = new Map<string, Name>();

  constructor(
    private readonly volumes: LabVolumes,
    private readonly cgroups: Cgroups,
  ) {}

  async on({ machineId, leaderPid }: Victim): Promise<readonly string[]> {
    if (leaderPid === undefined) return [];
    const stalled = this.stalled.get(machineId);
    const there = await filesOn(leaderPid);
    return [...(stalled === undefined ? [] : [stalled]), ...(there.includes(FILLER) ? ['fill-disk'] : [])];
  }

  async inject(name: Name, victim: Victim): Promise<void> {
    const leaderPid = leaderOf(victim);
    const { machineId } = victim;
    if (name === 'fill-disk') return fill(leaderPid);
    await this.volumes.freeze(machineId, leaderPid);
    this.stalled.set(machineId, name);
    if (name === 'stall-disk') return;
    for (const device of this.volumes.deviceNumbers(machineId)) await this.cgroups.stallReads(machineId, device);
  }

  async heal({ machineId, leaderPid }: Victim): Promise<void> {
    await this.cgroups.releaseReads(machineId);
    if (this.stalled.delete(machineId)) await this.volumes.thaw(machineId);
    if (leaderPid === undefined) return;
    await run('nsenter', [`--target=${leaderPid}`, '--all', '--', 'rm', '--force', join(PATH.volume, FILLER)]);
  }
}

/** At the top of the volume; none on a machine that is just losing its power: it has ended, or its file system has. */
async function filesOn(leaderPid: number): Promise<readonly string[]> {
  try {
    // A directory is read from memory while the disk hangs.
    return await readdir(join(`/proc/${leaderPid}/root`, PATH.volume));
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EIO'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

/** Takes every free block but those that the file system keeps for itself. */
async function fill(leaderPid: number): Promise<void> {
  // First what can be reserved at once, then block by block; the last write is refused, as it should be.
  const script = `
    free=$(df --output=avail --block-size=1 "$1" | tail -n 1)
    fallocate --length "$free" "$1/$2" || true
    dd if=/dev/zero of="$1/$2" bs=64k oflag=append conv=notrunc status=none 2>/dev/null || true
    dd if=/dev/zero of="$1/$2" bs=4k oflag=append conv=notrunc status=none 2>/dev/null || true
    sync "$1/$2"`;
  await run('nsenter', [`--target=${leaderPid}`, '--all', '--', 'sh', '-c', script, 'sh', PATH.volume, FILLER]);
}
