import type { DnsRecord, FirewallRule, Host, MachineSpec } from '../../../../lab/ports';

/** The seam's other side, in memory: machines that only run or not, volumes that are only here or there. */
export class FakeHost implements Host {
  readonly gatewayAddress = '127.0.0.1';
  readonly tls = { caFile: '', certificateFile: '', keyFile: '' };
  readonly started: MachineSpec[] = [];
  readonly calls: string[] = [];
  readonly zoneContents = new Map<string, readonly DnsRecord[]>();
  rules: readonly FirewallRule[] = [];
  private readonly power = new Map<string, boolean>();
  /** Machines whose orderly shutdown waits for {@link finishShutdowns}. */
  private heldShutdowns: (() => void)[] | undefined;

  constructor(readonly stateDirectory = '/nowhere') {}

  /** As when the host under a machine dies: nobody in AWS has stopped it. */
  die(machineId: string): void {
    this.power.set(machineId, false);
  }

  holdShutdowns(): void {
    this.heldShutdowns = [];
  }

  finishShutdowns(): void {
    const held = this.heldShutdowns ?? [];
    this.heldShutdowns = undefined;
    for (const finish of held) finish();
  }

  readonly machines: Host['machines'] = {
    start: (spec) => {
      this.started.push(spec);
      this.power.set(spec.machineId, true);
      return Promise.resolve();
    },
    shutdown: async (machineId) => {
      const held = this.heldShutdowns;
      if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve));
      this.power.set(machineId, false);
      this.calls.push(`shutdown ${machineId}`);
    },
    powerOff: (machineId) => {
      this.power.set(machineId, false);
      return Promise.resolve();
    },
    remove: (machineId) => {
      this.power.delete(machineId);
      this.calls.push(`remove ${machineId}`);
      return Promise.resolve();
    },
    state: (machineId) => {
      const running = this.power.get(machineId);
      return running === undefined ? undefined : { machineId, running, namespace: machineId };
    },
    list: () => [...this.power].map(([machineId, running]) => ({ machineId, running, namespace: machineId })),
  };

  private record(call: string): Promise<void> {
    this.calls.push(call);
    return Promise.resolve();
  }

  readonly volumes: Host['volumes'] = {
    create: (volumeId, sizeGiB) => this.record(`create ${volumeId} ${sizeGiB}`),
    grow: (volumeId, sizeGiB) => this.record(`grow ${volumeId} ${sizeGiB}`),
    attach: (volumeId, machineId, device) => this.record(`attach ${volumeId} ${machineId} ${device}`),
    detach: (volumeId, machineId) => this.record(`detach ${volumeId} ${machineId}`),
    remove: (volumeId) => this.record(`delete ${volumeId}`),
  };

  readonly network: Host['network'] = {
    addPlace: (name) => Promise.resolve(name),
    removePlace: () => Promise.resolve(),
    setRules: (rules) => {
      this.rules = rules;
      return Promise.resolve();
    },
    setGroups: () => Promise.resolve(),
  };

  readonly dns: Host['dns'] = {
    setZone: (zoneName, records) => {
      this.zoneContents.set(zoneName, records);
    },
    removeZone: (zoneName) => {
      this.zoneContents.delete(zoneName);
    },
  };
}
