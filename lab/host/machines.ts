import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineSpec, MachineState, Machines } from '../ports';
import type { Cgroups } from './cgroups';
import { messageOf } from './errors';
import { namespaceOf, type Layout } from './layout';
import { keepLogs } from './machine-logs';
import { showMemory, writeMemory } from './memory';
import type { LabNetwork } from './network';
import { boot, REBOOT_EXIT_CODE } from './nspawn';
import { mountOverlay, unmountOverlay } from './overlay';
import { lookAt, signal, type HostProcess } from './processes';
import { waitFor } from './wait';

/** What machines need to know of disks. */
export interface Disks {
  /** A machine's init runs: show it the volumes it has. */
  show(machineId: string, leaderPid: number): Promise<void>;
  /** The power is about to go: what is not on disk yet must never get there. */
  losePower(machineId: string, leaderPid: number): Promise<void>;
}

interface Machine {
  readonly spec: MachineSpec;
  readonly directory: string;
  readonly root: string;
  readonly controlGroups: readonly string[];
  /** The running systemd-nspawn; undefined when the machine is off. */
  nspawn: ChildProcess | undefined;
  leaderPid: number | undefined;
  /** Resolves when the machine is off. */
  off: Promise<void>;
  /** Set by {@link LabMachines.powerOff}: no reboot any more. */
  powerLost: boolean;
  /** By {@link LabMachines.freeze}. */
  frozen: boolean;
}

/** A machine that shuts down for longer than this loses its power, as EC2 forces a stop at last. */
const SHUTDOWN_BOUND_MS = 120_000;

/**
 * Machines. Each is: an overlay over the base image, a network place, a control group, and one systemd-nspawn.
 *
 * absent → (start) → running → (shutdown, powerOff, its own poweroff) → off → (powerOn) → running
 *                                                                      off → (remove) → absent.
 * A reboot from inside stays `running`: systemd-nspawn ends with an exit code of its own and is started again.
 */
export class LabMachines implements Machines {
  private readonly machines = new Map<string, Machine>();

  constructor(
    private readonly lab: Layout,
    private readonly layers: readonly string[],
    private readonly network: LabNetwork,
    private readonly cgroups: Cgroups,
    private readonly disks: Disks,
    private readonly log: (line: string) => void,
  ) {}

  async start(spec: MachineSpec): Promise<void> {
    const { machineId } = spec;
    if (this.machines.has(machineId)) throw new Error(`The machine ${machineId} exists already.`);
    const directory = join(this.lab.machines, machineId);
    await mkdir(directory, { recursive: true });
    const root = await mountOverlay(directory, this.layers);
    await writeMemory(root, spec.memoryMiB);
    await this.network.addPlace(machineId, spec);
    const controlGroups = await this.cgroups.create(machineId, spec.memoryMiB);
    const machine: Machine = {
      spec,
      directory,
      root,
      controlGroups,
      nspawn: undefined,
      leaderPid: undefined,
      off: Promise.resolve(),
      powerLost: false,
      frozen: false,
    };
    this.machines.set(machineId, machine);
    await this.boot(machine);
  }

  async shutdown(machineId: string): Promise<void> {
    const { nspawn, off } = this.get(machineId);
    if (nspawn?.pid === undefined) return;
    // systemd-nspawn passes its SIGTERM on as the signal that makes systemd halt in order.
    signal(nspawn.pid, 'SIGTERM');
    const abort = new AbortController();
    const bound = waitFor(() => (abort.signal.aborted ? true : undefined), {
      what: `${machineId} has shut down`,
      timeoutMs: SHUTDOWN_BOUND_MS,
      everyMs: 200,
    }).catch(() => this.powerOff(machineId));
    await off;
    abort.abort();
    await bound;
  }

  async powerOff(machineId: string): Promise<void> {
    const machine = this.get(machineId);
    machine.powerLost = true;
    await this.network.pullCable(machineId);
    if (machine.leaderPid !== undefined) await this.disks.losePower(machineId, machine.leaderPid);
    await this.cgroups.destroy(machineId);
    await machine.off;
  }

  /** A machine that is off boots again, from the disks it had. */
  async powerOn(machineId: string): Promise<void> {
    const machine = this.get(machineId);
    if (machine.nspawn !== undefined) throw new Error(`The machine ${machineId} is running.`);
    machine.powerLost = false;
    machine.frozen = false;
    await this.network.plugCable(machineId);
    await this.cgroups.create(machineId, machine.spec.memoryMiB);
    await this.boot(machine);
  }

  /** As a virtual machine that its host gives no processor: everything in it stands still, and the network sees silence. */
  async freeze(machineId: string, frozen: boolean): Promise<void> {
    const machine = this.get(machineId);
    // Its namespace is the host kernel's, which would go on answering for it.
    if (frozen) await this.network.disrupt(machineId, { direction: 'both', percent: 100 });
    await this.cgroups.freeze(machineId, frozen);
    if (!frozen) await this.network.mend(machineId);
    machine.frozen = frozen;
  }

  isFrozen(machineId: string): boolean {
    return this.machines.get(machineId)?.frozen ?? false;
  }

  async remove(machineId: string): Promise<void> {
    const machine = this.get(machineId);
    if (machine.nspawn !== undefined) throw new Error(`The machine ${machineId} is running and cannot be removed.`);
    await this.cgroups.destroy(machineId);
    await unmountOverlay(machine.directory);
    await this.network.removePlace(machineId);
    await keepLogs(machine.directory, join(this.lab.logs, machineId));
    await rm(machine.directory, { recursive: true, force: true });
    await rm(join('/run/systemd/nspawn/propagate', machineId), { recursive: true, force: true });
    this.machines.delete(machineId);
  }

  state(machineId: string): MachineState | undefined {
    const machine = this.machines.get(machineId);
    if (machine === undefined) return undefined;
    return {
      machineId,
      running: machine.nspawn !== undefined,
      namespace: namespaceOf(this.lab, machineId),
      ...(machine.leaderPid === undefined ? {} : { leaderPid: machine.leaderPid }),
    };
  }

  list(): readonly MachineState[] {
    return [...this.machines.keys()].map((id) => this.state(id)).filter((state) => state !== undefined);
  }

  /** Processes of a machine by program name, as the host numbers them; frozen ones too. */
  async processes(machineId: string, programName: string): Promise<HostProcess[]> {
    const pids = await this.cgroups.processes(machineId);
    const all = await Promise.all(pids.map(lookAt));
    return all.filter((each) => each !== undefined).filter((each) => each.name === programName);
  }

  private async boot(machine: Machine): Promise<void> {
    const { machineId, hostName } = machine.spec;
    const nspawn = boot({
      machineId,
      hostName,
      root: machine.root,
      namespace: namespaceOf(this.lab, machineId),
      controlGroups: machine.controlGroups,
      consoleFile: join(machine.directory, 'console.log'),
    });
    machine.nspawn = nspawn;
    const ended = once(nspawn, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    let whyEnded: string | undefined;
    machine.off = ended.then(([code]) => {
      whyEnded = `systemd-nspawn ended with exit code ${code ?? 'none'}`;
      return this.ended(machine, code);
    });
    machine.off.catch((error: unknown) => this.log(`${machineId}: ${messageOf(error)}`));
    const leader = await waitFor(
      async () => {
        if (whyEnded !== undefined) throw new Error(`${machineId} did not boot: ${whyEnded}. See its console.log.`);
        return this.findLeader(machineId);
      },
      { what: `The init of ${machineId} runs`, timeoutMs: 30_000 },
    );
    await showMemory(leader.pid);
    await this.disks.show(machineId, leader.pid);
    // Only now: who sees a leader sees a machine with all it has.
    machine.leaderPid = leader.pid;
  }

  private async ended(machine: Machine, exitCode: number | null): Promise<void> {
    machine.leaderPid = undefined;
    if (exitCode === REBOOT_EXIT_CODE && !machine.powerLost) {
      const { machineId, memoryMiB } = machine.spec;
      await this.cgroups.destroy(machineId);
      await this.cgroups.create(machineId, memoryMiB);
      await this.boot(machine);
      return machine.off;
    }
    // A machine that is off answers nothing: without this its namespace would still answer ARP and refuse connections.
    await this.network.pullCable(machine.spec.machineId);
    machine.nspawn = undefined;
  }

  /** The machine's init, once it is systemd itself: `/dev` is complete by then. */
  private async findLeader(machineId: string): Promise<HostProcess | undefined> {
    return (await this.processes(machineId, 'systemd')).find((each) => each.innerPid === 1);
  }

  private get(machineId: string): Machine {
    const machine = this.machines.get(machineId);
    if (machine === undefined) throw new Error(`There is no machine ${machineId}.`);
    return machine;
  }
}
