import type { Cgroups } from '../host/cgroups';
import { run } from '../host/command';
import { leaderOf, type MachineHarm, type Victim } from './machine-fault';

/** In memory, and nobody's: the kernel cannot take it back and finds others to end. */
const FILLER = '/run/holdfast-lab-filler';
/** What is left to the machine. */
const LEFT_BYTES = 24 * 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;

export class MemoryFaults implements MachineHarm<'fill-memory'> {
  readonly names = ['fill-memory'] as const;
  private readonly full = new Set<string>();

  constructor(private readonly cgroups: Cgroups) {}

  on({ machineId, leaderPid }: Victim): Promise<readonly string[]> {
    return Promise.resolve(leaderPid !== undefined && this.full.has(machineId) ? ['fill-memory'] : []);
  }

  async inject(_: 'fill-memory', victim: Victim): Promise<void> {
    const { machineId } = victim;
    const { limitBytes, heldBytes } = await this.cgroups.memory(machineId);
    const blocks = Math.floor((limitBytes - heldBytes - LEFT_BYTES) / BLOCK_BYTES);
    if (blocks < 1) throw new Error(`The memory of ${machineId} is full already.`);
    this.full.add(machineId);
    // As a service of the machine: it would be the lab's memory, and not the machine's, if a process of the lab filled it.
    const script = `
      mkdir -p "$1" && mount -t tmpfs -o size=100% holdfast-lab "$1" &&
      exec systemd-run --quiet --wait --collect --property=OOMScoreAdjust=-1000 \\
        dd if=/dev/zero of="$1/zeros" bs=${BLOCK_BYTES} count="$2" status=none`;
    await inside(leaderOf(victim), script, FILLER, String(blocks));
  }

  async heal(victim: Victim): Promise<void> {
    if (!this.full.delete(victim.machineId) || victim.leaderPid === undefined) return;
    await inside(victim.leaderPid, 'umount "$1" && rmdir "$1"', FILLER);
  }
}

async function inside(leaderPid: number, script: string, ...args: string[]): Promise<void> {
  await run('nsenter', [`--target=${leaderPid}`, '--all', '--', 'sh', '-c', script, 'sh', ...args]);
}
