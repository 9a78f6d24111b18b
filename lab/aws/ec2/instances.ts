import { randomBytes } from 'node:crypto';
import type { AwsTimes, Machines } from '../../ports';
import type { Account } from '../account';
import type { Background } from '../background';
import { AwsError } from '../gateway/aws-error';
import { newResourceId } from '../ids';
import { memoryMiBOf, privateDnsName, type Instance, type LaunchSpec, type Notice, type StateReason } from './instance';
import type { VpcNetwork } from './network';
import type { VolumeStore } from './volumes';

/** How often the lab looks whether a machine still runs; EC2's own status check is once a minute. */
const WATCH_MS = 500;
/** Terminated instances stay visible about this long. */
const TERMINATED_SHOWN_MS = 3600_000;

/**
 * EC2 instances.
 *
 * pending ── machine boots ──► running ── terminate ──► shutting-down ── machine is off ──► terminated
 *
 * A machine that dies by itself stays `running` here and is reported as impaired after `impairedAfterMs`. Terminating
 * such a one takes `shuttingDownMs`, a living one as long as its orderly shutdown. Volumes and address come free when it
 * has terminated, not before.
 */
export class InstanceStore {
  private readonly instances = new Map<string, Instance>();
  private readonly terminations = new Map<string, Promise<void>>();
  private readonly boots = new Map<string, Promise<void>>();
  private readonly emptyZones = new Set<string>();

  constructor(
    private readonly account: Account,
    private readonly machines: Machines,
    private readonly network: VpcNetwork,
    readonly volumes: VolumeStore,
    private readonly times: AwsTimes,
    private readonly machineMemoryMiB: number,
    private readonly background: Background,
    private readonly log: (line: string) => void,
    private readonly now: () => number = Date.now,
  ) {
    background.every(
      () => WATCH_MS,
      'watching machines',
      () => this.watch(),
    );
  }

  /** Whether AWS has machines left in a zone; without, a launch is refused with InsufficientInstanceCapacity. */
  setCapacity(zone: string, available: boolean): void {
    if (available) this.emptyZones.delete(zone);
    else this.emptyZones.add(zone);
  }

  list(): readonly Instance[] {
    return [...this.instances.values()];
  }

  find(instanceId: string): Instance | undefined {
    return this.instances.get(instanceId);
  }

  get(instanceId: string): Instance {
    const instance = this.instances.get(instanceId);
    if (instance === undefined) {
      throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
    }
    return instance;
  }

  byAddress(address: string): Instance | undefined {
    return this.list().find((instance) => instance.address === address && instance.state !== 'terminated');
  }

  isMachineRunning(instance: Instance): boolean {
    return this.machines.state(instance.instanceId)?.running ?? false;
  }

  isImpaired(instance: Instance): boolean {
    return instance.deadSinceMs !== undefined && this.now() - instance.deadSinceMs >= this.times.impairedAfterMs;
  }

  /** The instance is `pending` at once; `running` resolves when the machine's init runs. */
  launch(spec: LaunchSpec): { readonly instance: Instance; readonly running: Promise<void> } {
    const { zone, vpcId } = this.network.subnet(spec.subnetId);
    if (this.emptyZones.has(zone)) {
      throw new AwsError(
        'InsufficientInstanceCapacity',
        `We currently do not have sufficient ${spec.instanceType} capacity in the Availability Zone you requested (${zone}).`,
        500,
      );
    }
    const memoryMiB = memoryMiBOf(spec.instanceType);
    if (memoryMiB === undefined) throw new Error(`the lab does not know how much memory a ${spec.instanceType} has`);
    const address = this.network.allocate(spec.subnetId);
    const instance: Instance = {
      instanceId: newResourceId('i'),
      spec,
      address,
      vpcId,
      zone,
      launchedAt: new Date(this.now()),
      privateDnsName: privateDnsName(address, this.account.region),
      macAddress: ['02', ...[...randomBytes(5)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':'),
      reservationId: newResourceId('r'),
      networkInterfaceId: newResourceId('eni'),
      state: 'pending',
    };
    this.instances.set(instance.instanceId, instance);
    this.addRootVolume(instance);
    const running = this.boot(instance, Math.min(memoryMiB, this.machineMemoryMiB));
    const settled = running.catch(() => undefined);
    this.boots.set(instance.instanceId, settled);
    void settled.then(() => this.boots.delete(instance.instanceId));
    return { instance, running };
  }

  /** Begins the termination; resolves when volumes and address are free. A second call waits for the first. */
  terminate(instanceId: string, reason: StateReason): Promise<void> {
    const instance = this.get(instanceId);
    const begun = this.terminations.get(instanceId) ?? this.shutDown(instance, reason);
    this.terminations.set(instanceId, begun);
    return begun;
  }

  /**
   * EC2 announces in the instance's metadata that it takes it back, and does so when the time has come; or that its host
   * will be maintained, which nobody does here. Undefined takes the announcement back.
   */
  announce(instanceId: string, notice: { readonly kind: Notice['kind']; readonly inMs: number } | undefined): void {
    const instance = this.get(instanceId);
    if (notice === undefined) {
      delete instance.notice;
      return;
    }
    const given: Notice = { kind: notice.kind, at: new Date(this.now() + notice.inMs) };
    instance.notice = given;
    if (given.kind !== 'spot') return;
    this.background.after(notice.inMs, `taking ${instanceId} back`, () => {
      if (instance.notice !== given) return;
      const message = 'Server.SpotInstanceTermination: Instance terminated due to a Spot interruption';
      return this.terminate(instanceId, { code: 'Server.SpotInstanceTermination', message });
    });
  }

  /** EC2 asks the system to stop, and stops it by force when it does not. */
  private async powerDown(instanceId: string): Promise<void> {
    try {
      await this.machines.shutdown(instanceId);
    } catch (error) {
      this.log(`${instanceId} did not shut down by itself: ${String(error)}`);
      await this.machines.powerOff(instanceId);
    }
  }

  /** As the API does it: answered at once, done later. */
  terminateInBackground(instanceId: string): void {
    this.background.run(`terminating ${instanceId}`, () =>
      this.terminate(instanceId, {
        code: 'Client.UserInitiatedShutdown',
        message: 'Client.UserInitiatedShutdown: User initiated shutdown',
      }),
    );
  }

  private async shutDown(instance: Instance, reason: StateReason): Promise<void> {
    const { instanceId } = instance;
    instance.state = 'shutting-down';
    instance.stateReason = reason;
    this.log(`${instanceId} is shutting down: ${reason.message}`);
    await this.boots.get(instanceId);
    const machine = this.machines.state(instanceId);
    if (machine?.running === true) await this.powerDown(instanceId);
    else if (machine !== undefined) await this.background.sleep(this.times.shuttingDownMs);
    await this.volumes.releaseAll(instanceId);
    if (machine !== undefined) await this.machines.remove(instanceId);
    this.network.release(instance.address);
    instance.state = 'terminated';
    this.log(`${instanceId} has terminated`);
    this.background.after(TERMINATED_SHOWN_MS, `forgetting ${instanceId}`, () => {
      this.instances.delete(instanceId);
      this.terminations.delete(instanceId);
    });
  }

  private async boot(instance: Instance, memoryMiB: number): Promise<void> {
    await this.background.sleep(this.times.pendingMs);
    if (instance.state !== 'pending') throw new Error(`${instance.instanceId} was terminated before it booted`);
    const { instanceId, spec, address } = instance;
    const hostName = instance.privateDnsName.split('.')[0] ?? instanceId;
    const { securityGroupIds } = spec;
    await this.machines.start({ machineId: instanceId, hostName, memoryMiB, address, securityGroupIds });
    if (instance.state === 'pending') instance.state = 'running';
    this.log(`${instanceId} runs at ${address} in ${instance.zone}`);
  }

  private addRootVolume({ instanceId, zone, spec }: Instance): void {
    const { name, sizeGiB } = spec.rootDevice;
    const shape = { volumeType: 'gp3', iops: 3000, throughput: 125, encrypted: true };
    this.volumes.addRoot({ zone, sizeGiB, ...shape, tags: spec.tags }, instanceId, name);
  }

  private watch(): void {
    for (const instance of this.instances.values()) {
      if (instance.state !== 'running' || this.isMachineRunning(instance)) delete instance.deadSinceMs;
      else instance.deadSinceMs ??= this.now();
    }
  }
}
