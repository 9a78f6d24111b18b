import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Register } from '../../register';
import { motoClients, type MotoClients } from '../aws/moto/clients';
import { startRegion } from '../aws/region';
import { accountOf } from '../aws/template/assembly';
import { openHost, type LabHost } from '../host/host';
import { messageOf } from '../host/errors';
import { journalTail } from '../host/journal';
import type { Layout } from '../host/layout';
import { WaitedInVain, waitFor } from '../host/wait';
import type { Region } from '../ports';
import type {
  ClientReport,
  EventsReport,
  FaultReport,
  FaultRequest,
  MachineReport,
  OperatorReport,
  StatusReport,
} from './api';
import { AWS_TIMES, type AwsTimesName } from './aws-times';
import { ClientMachine } from './client-machine';
import { findCluster, readTemplate, type Cluster } from './cluster';
import { Faults, type FaultTargets } from './faults';
import type { Victim } from './machine-fault';
import { MachineFaults } from './machine-faults';
import { FUNCTION_PLACES } from './machine-loss';
import { Observer } from './observer';
import { openRegister } from './register-access';
import { ServiceFaults } from './service-faults';

export interface LabOptions {
  readonly layout: Layout;
  readonly assemblyDirectory: string;
  readonly nodeImage: string;
  readonly motoImage: string;
  readonly awsTimes: AwsTimesName;
  readonly machineMemoryMiB: number;
  readonly log: (line: string) => void;
  readonly progress: (text: string) => void;
}

/** One running lab: host, region, and the cluster in it. */
export class Lab {
  private operatorKeys: ReturnType<Region['operatorCredentials']> | undefined;

  private constructor(
    private readonly host: LabHost,
    private readonly region: Region,
    private readonly cluster: Cluster,
    private readonly register: Register,
    private readonly observer: Observer,
    private readonly faults: Faults,
    private readonly client: ClientMachine,
    private readonly log: (line: string) => void,
    private readonly awsRegion: string,
  ) {}

  private isDeploying = false;

  /** Provisions the stack; the machines boot meanwhile. See {@link untilHealthy} for their being well. */
  static async start(options: LabOptions): Promise<Lab> {
    const { log, progress } = options;
    const account = await accountOf(options.assemblyDirectory);
    const host = await openHost(options.layout, options.nodeImage, log, account.region);
    progress('network, resolver and volumes are there');
    const region = await startRegion({
      host,
      account,
      times: AWS_TIMES[options.awsTimes],
      motoImageDirectory: options.motoImage,
      machineMemoryMiB: options.machineMemoryMiB,
      log,
    });
    progress('AWS answers');
    const stack = await region.provision(options.assemblyDirectory, (line) => log(`provision: ${line}`));
    const cluster = findCluster(await readTemplate(options.assemblyDirectory), stack);
    progress(`stack ${stack.stackName} is provisioned (${Object.keys(stack.resources).length} resources)`);
    const aws: MotoClients = motoClients(region.motoUrl, account.region);
    const register = openRegister(region.motoUrl, account.region, cluster.registerTable);
    const machineFaults = new MachineFaults(host, region);
    const serviceFaults = new ServiceFaults(region);
    const observer = new Observer({
      ...{ stack, cluster, host, region, register, aws },
      awsTimes: options.awsTimes,
      awsFaults: () => serviceFaults.list(),
      faultsOn: (slot) => {
        const victim = victimIn(slot);
        return victim === undefined ? Promise.resolve([]) : machineFaults.on(victim);
      },
    });
    const victimIn = (slot: string): Victim | undefined => {
      const instance = observer.instance(slot);
      if (instance === undefined) return undefined;
      const { instanceId: machineId, address } = instance;
      return { slot, machineId, address, leaderPid: host.machines.state(machineId)?.leaderPid };
    };
    const targets: FaultTargets = {
      isMachine: (target) => isMachineTarget(target, cluster),
      resolve: (target) => lab.resolveTargets(target),
      victim: victimIn,
      places: (peer) => placesOf(peer, cluster, host, victimIn),
    };
    const faults = new Faults(machineFaults, serviceFaults, targets, log);
    const client = await ClientMachine.create(host, cluster, aws, region.reserveAddress());
    const lab: Lab = new Lab(host, region, cluster, register, observer, faults, client, log, account.region);
    return lab;
  }

  /** Waits for every slot. @throws Error that says which is not healthy and why. */
  async untilHealthy(timeoutMs: number, progress: (text: string) => void): Promise<StatusReport> {
    const told = new Set<string>();
    let last: StatusReport | undefined;
    try {
      return await waitFor(
        async () => {
          last = await this.status();
          for (const step of milestones(last)) {
            if (!told.has(step)) progress(step);
            told.add(step);
          }
          return last.healthy ? last : undefined;
        },
        { what: 'The cluster is whole', timeoutMs, everyMs: 250 },
      );
    } catch (error) {
      if (last === undefined || !(error instanceof WaitedInVain)) throw error;
      const missing = last.unhealthy.map((each) => `  ${each}`).join('\n');
      const sick = last.slots.filter((each) => !each.healthy).map((each) => each.slot);
      const tails = (await Promise.all(sick.map((slot) => this.lastWords(slot)))).join('');
      throw new Error(`The cluster is not whole after ${timeoutMs / 1000} s:\n${missing}\n${tails}`, { cause: error });
    }
  }

  status(): Promise<StatusReport> {
    return this.observer.status();
  }

  events(): Promise<EventsReport> {
    return this.register.readEvents();
  }

  /** A redeploy. Ends when CloudFormation's part does; a failed one was rolled back. */
  async deploy(assemblyDirectory: string, progress: (text: string) => void): Promise<StatusReport> {
    if (this.isDeploying) throw new Error('Another deploy is under way.');
    this.isDeploying = true;
    try {
      const template = await readTemplate(assemblyDirectory);
      const stack = await this.region.update(assemblyDirectory, (line) => {
        this.log(`deploy: ${line}`);
        progress(line);
      });
      // In place: everybody here holds this one.
      Object.assign(this.cluster, findCluster(template, stack));
    } finally {
      this.isDeploying = false;
    }
    return this.status();
  }

  fault(request: FaultRequest): Promise<FaultReport> {
    return this.faults.inject(request);
  }

  functionLogs(): readonly string[] {
    return this.region.functionLogs(this.cluster.functionName);
  }

  async clientReport(): Promise<ClientReport> {
    const ca = await this.observer.ca();
    if (ca === undefined) throw new Error('The cluster has no CA yet: no node has come that far.');
    return this.client.report(ca);
  }

  operatorReport(): OperatorReport {
    this.operatorKeys ??= this.region.operatorCredentials();
    const { accessKeyId, secretAccessKey } = this.operatorKeys;
    return {
      env: {
        AWS_REGION: this.awsRegion,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      },
    };
  }

  async machine(target: string): Promise<MachineReport> {
    const slot = await this.resolveTarget(target);
    const instance = this.observer.instance(slot);
    if (instance === undefined) throw new Error(`Slot ${slot} has no instance.`);
    const { instanceId: machineId } = instance;
    const { layout, machines } = this.host;
    const state = machines.state(machineId);
    const alive = join(layout.machines, machineId);
    const gone = join(layout.logs, machineId);
    return {
      slot,
      machineId,
      ...(state?.leaderPid === undefined ? {} : { leaderPid: state.leaderPid }),
      journal: existsSync(alive) ? join(alive, 'root/var/log/journal') : join(gone, 'journal'),
      consoleFile: join(existsSync(alive) ? alive : gone, 'console.log'),
    };
  }

  private async lastWords(slot: string): Promise<string> {
    try {
      const { journal } = await this.machine(slot);
      return `\nThe last lines of slot ${slot}:\n${await journalTail(journal, 20)}`;
    } catch (error) {
      return `\nSlot ${slot} left no lines: ${messageOf(error)}\n`;
    }
  }

  /** Several slots with commas between them, or `all`. */
  private async resolveTargets(target: string): Promise<readonly string[]> {
    if (target === 'all') return this.cluster.slots;
    return Promise.all(target.split(',').map((each) => this.resolveTarget(each)));
  }

  /** A slot's name, or the slot that `primary` or `standby` (the first healthy one) means now. */
  private async resolveTarget(target: string): Promise<string> {
    if (this.cluster.slots.includes(target)) return target;
    if (!isSlotTarget(target, this.cluster)) {
      throw new Error(`"${target}" is no target. Use primary, standby or a slot: ${this.cluster.slots.join(', ')}.`);
    }
    const { primary, phase, slots } = await this.status();
    if (target === 'primary') {
      if (primary === undefined) throw new Error(`There is no primary now; the phase is ${phase ?? 'unknown'}.`);
      return primary.slot;
    }
    const standby = slots.find((each) => each.healthy && each.role === 'standby' && each.slot !== primary?.slot);
    if (standby === undefined) throw new Error('There is no healthy standby now.');
    return standby.slot;
  }
}

function isMachineTarget(target: string, cluster: Cluster): boolean {
  return target === 'all' || target.split(',').every((each) => isSlotTarget(each, cluster));
}

function isSlotTarget(target: string, cluster: Cluster): boolean {
  return target === 'primary' || target === 'standby' || cluster.slots.includes(target);
}

/** Names of network places behind a word of the command line. @throws Error for a word that means none */
function placesOf(
  peer: string,
  { slots }: Cluster,
  { network }: LabHost,
  victimIn: (slot: string) => Victim | undefined,
): readonly string[] {
  if (slots.includes(peer)) return [victimIn(peer)?.machineId ?? []].flat();
  if (peer === 'health-checker') return network.places(FUNCTION_PLACES).map(({ name }) => name);
  if (peer === 'client' || peer === 'aws' || peer === 'dns') return [peer];
  throw new Error(
    `"${peer}" is nobody to be cut off from. Use ${slots.join(', ')}, health-checker, client, aws or dns.`,
  );
}

/** What is worth a line while the cluster comes up. */
function milestones(status: StatusReport): string[] {
  const booted = status.slots.filter((each) => each.leaderPid !== undefined);
  const healthy = status.slots.filter((each) => each.healthy);
  return [
    ...booted.map((each) => `slot ${each.slot}: ${each.instanceId ?? ''} has booted`),
    ...(status.primary === undefined ? [] : [`slot ${status.primary.slot} is primary of term ${status.term ?? '?'}`]),
    ...healthy.map((each) => `slot ${each.slot}: ${each.role}, healthy`),
  ];
}
