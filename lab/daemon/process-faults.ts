import type { LabMachines } from '../host/machines';
import { signal, type HostProcess } from '../host/processes';
import { leaderOf, type MachineHarm, type Victim } from './machine-fault';

type Name = 'kill-postgres' | 'kill-agent' | 'pause' | 'pause-agent' | 'freeze';

/** Harm to processes: killed, stopped, or the whole machine frozen. */
export class ProcessFaults implements MachineHarm<Name> {
  readonly names = ['kill-postgres', 'kill-agent', 'pause', 'pause-agent', 'freeze'] as const;

  constructor(private readonly machines: LabMachines) {}

  async on(victim: Victim): Promise<readonly Name[]> {
    if (victim.leaderPid === undefined) return [];
    if (this.machines.isFrozen(victim.machineId)) return ['freeze'];
    const stopped = (processes: readonly HostProcess[]) => processes.some((each) => each.stopped);
    return [
      ...(stopped(await this.postgres(victim)) ? (['pause'] as const) : []),
      ...(stopped(await this.agent(victim)) ? (['pause-agent'] as const) : []),
    ];
  }

  async inject(name: Name, victim: Victim): Promise<void> {
    leaderOf(victim);
    switch (name) {
      case 'kill-postgres':
        return this.killPostgres(victim);
      case 'kill-agent':
        return this.killAgent(victim);
      case 'pause':
        return found(await signalAll(() => this.postgres(victim), 'SIGSTOP'), 'PostgreSQL', victim);
      case 'pause-agent':
        return found(await signalAll(() => this.agent(victim), 'SIGSTOP'), 'agent', victim);
      case 'freeze':
        return this.machines.freeze(victim.machineId, true);
    }
  }

  async heal(victim: Victim): Promise<void> {
    if (victim.leaderPid === undefined) return;
    if (this.machines.isFrozen(victim.machineId)) await this.machines.freeze(victim.machineId, false);
    await signalAll(() => this.postgres(victim), 'SIGCONT');
    await signalAll(() => this.agent(victim), 'SIGCONT');
  }

  /** The postmaster alone: the others are its children and end when they notice. */
  private async killPostgres(victim: Victim): Promise<void> {
    const all = await this.postgres(victim);
    const pids = new Set(all.map((each) => each.pid));
    const postmasters = all.filter((each) => !pids.has(each.parentPid));
    found(postmasters.length, 'PostgreSQL', victim);
    for (const { pid } of postmasters) signal(pid, 'SIGKILL');
  }

  private async killAgent(victim: Victim): Promise<void> {
    const all = await this.agent(victim);
    found(all.length, 'agent', victim);
    for (const { pid } of all) signal(pid, 'SIGKILL');
  }

  private postgres({ machineId }: Victim): Promise<HostProcess[]> {
    return this.machines.processes(machineId, 'postgres');
  }

  /** The only program on a node that Node.js runs. */
  private agent({ machineId }: Victim): Promise<HostProcess[]> {
    return this.machines.processes(machineId, 'node');
  }
}

function found(count: number, what: string, { machineId }: Victim): void {
  if (count === 0) throw new Error(`No ${what} runs on ${machineId}.`);
}

/** Every process, also those that are forked meanwhile: looks again until none is new. Says how many it found. */
async function signalAll(look: () => Promise<HostProcess[]>, name: 'SIGSTOP' | 'SIGCONT'): Promise<number> {
  const done = new Set<number>();
  for (;;) {
    const fresh = (await look()).filter((each) => !done.has(each.pid));
    if (fresh.length === 0) return done.size;
    for (const { pid } of fresh) {
      signal(pid, name);
      done.add(pid);
    }
  }
}
