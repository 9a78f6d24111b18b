import { createServer } from 'node:http';
import type { ProvisionedStack, Region, RegionInstance, RegionOptions, StartRegion } from '../ports';
import { Account } from './account';
import { Background } from './background';
import { emptyCloud, type Cloud } from './cloud';
import type { Service } from './gateway/call';
import { FaultBoard } from './gateway/fault';
import { createGateway } from './gateway/gateway';
import { listenTls, startServer, type RunningServer } from './gateway/server';
import { CredentialStore } from './iam/credentials';
import { operatorKeys } from './iam/operator';
import { InstanceCredentials } from './imds/credentials';
import { IMDS_FAULT_NAME, MetadataService } from './imds/service';
import { MotoProxy } from './moto/proxy';
import { startMoto, type MotoServer } from './moto/server';
import { servicesOf } from './services';
import { readAssembly } from './template/assembly';
import { StackProvisioner } from './template/provision';

const METADATA_ADDRESS = '169.254.169.254';
const MOTO_PORT = 5000;

/** Starts moto, the gateway and the metadata service; the account is empty until {@link Region.provision}. */
export const startRegion: StartRegion = async (options) => {
  const moto = await startMoto(options.motoImageDirectory, MOTO_PORT, options.account.accountId);
  const region = new EmulatedRegion(options, moto);
  try {
    await region.listen();
  } catch (error) {
    await region.close();
    throw error;
  }
  return region;
};

class EmulatedRegion implements Region {
  readonly motoUrl: string;
  private readonly account: Account;
  private readonly background: Background;
  private readonly faults = new FaultBoard();
  private readonly credentials = new CredentialStore();
  private readonly proxy: MotoProxy;
  private readonly cloud: Cloud;
  private readonly services: readonly Service[];
  private readonly servers: RunningServer[] = [];
  private stack: StackProvisioner | undefined;

  constructor(
    private readonly options: RegionOptions,
    private readonly moto: MotoServer,
  ) {
    this.account = new Account(options.account.accountId, options.account.region);
    this.motoUrl = moto.url;
    this.background = new Background(options.log);
    this.proxy = new MotoProxy(moto.url);
    this.cloud = emptyCloud({
      ...options,
      ...{ account: this.account, background: this.background, credentials: this.credentials, motoUrl: moto.url },
      enter: (namespace) => ['ip', 'netns', 'exec', namespace],
    });
    this.services = servicesOf(this.cloud, this.proxy);
  }

  async listen(): Promise<void> {
    const { host, log } = this.options;
    const { cloud } = this;
    const gateway = createGateway({
      ...{ account: this.account, credentials: this.credentials, roles: cloud.roles, faults: this.faults, log },
      isReachable: (address, service) => cloud.network.isServiceReachable(address, service),
      services: this.services,
    });
    const instanceCredentials = new InstanceCredentials(this.account, this.credentials);
    const metadata = new MetadataService(
      cloud.instances,
      {
        account: this.account,
        network: cloud.network,
        targetLifecycleState: (id) => cloud.groups.holding(id)?.targetLifecycleState(id),
        credentials: (instance) => instanceCredentials.document(instance),
      },
      this.faults,
    );
    this.servers.push(await listenTls(gateway, host.tls, host.gatewayAddress, 443));
    this.servers.push(await startServer(createServer(metadata.listener), METADATA_ADDRESS, 80));
  }

  async provision(assemblyDirectory: string, progress: (line: string) => void): Promise<ProvisionedStack> {
    const assembly = await readAssembly(assemblyDirectory);
    const stack = new StackProvisioner(assembly, this.cloud, progress);
    const provisioned = await stack.run();
    this.stack = stack;
    return this.described(provisioned, 'CREATE_COMPLETE');
  }

  async update(assemblyDirectory: string, progress: (line: string) => void): Promise<ProvisionedStack> {
    if (this.stack === undefined) throw new Error('There is no stack yet that could be updated.');
    return this.described(await this.stack.update(await readAssembly(assemblyDirectory), progress), 'UPDATE_COMPLETE');
  }

  operatorCredentials(): ReturnType<Region['operatorCredentials']> {
    return operatorKeys(this.cloud, this.credentials);
  }

  /** Anybody may ask for it from now on. */
  private described(stack: ProvisionedStack, status: string): ProvisionedStack {
    const { stackName: name, stackId: id, outputs } = stack;
    const createdAt = this.cloud.stacks.get(name)?.createdAt ?? new Date();
    this.cloud.stacks.put({ name, id, outputs, status, createdAt });
    return stack;
  }

  instances(): readonly RegionInstance[] {
    return this.cloud.groups.list().flatMap((group) =>
      group.members.map(({ instance, lifecycleState }) => ({
        instanceId: instance.instanceId,
        logicalGroupId: group.spec.logicalId,
        address: instance.address,
        lifecycleState,
        ec2State: instance.state,
        tags: instance.spec.tags,
        launchedAt: instance.launchedAt.toISOString(),
      })),
    );
  }

  terminateInstance(instanceId: string): Promise<void> {
    const group = this.cloud.groups.holding(instanceId);
    if (group === undefined) return Promise.reject(new Error(`no group holds the instance ${instanceId}`));
    group.terminate(instanceId, 'an instance was taken out of service in response to a user request');
    return Promise.resolve();
  }

  reserveAddress(): string {
    const subnetId = this.cloud.groups.list()[0]?.spec.subnetIds[0];
    if (subnetId === undefined) throw new Error('the stack has no group whose subnet could give an address');
    return this.cloud.network.allocate(subnetId);
  }

  setCapacity(zone: string, available: boolean): void {
    this.cloud.instances.setCapacity(zone, available);
  }

  zoneOf(address: string): string | undefined {
    return this.cloud.network.zoneOf(address);
  }

  setNotice(instanceId: string, notice: Parameters<Region['setNotice']>[1]): void {
    this.cloud.instances.announce(instanceId, notice);
  }

  setServiceFault(service: string, fault: Parameters<Region['setServiceFault']>[1]): void {
    const { functions, rules, network } = this.cloud;
    const outages: Readonly<Record<string, (isDown: boolean) => void>> = {
      lambda: (isDown) => functions.setOutage(isDown),
      events: (isDown) => rules.setOutage(isDown),
      nat: (isDown) => (network.natIsDown = isDown),
    };
    const setOutage = outages[service];
    if (setOutage !== undefined) {
      if (fault !== undefined && fault.kind !== 'outage') throw new Error(`${service} knows no fault but outage.`);
      setOutage(fault !== undefined);
      return;
    }
    const known = [...this.services.map(({ name }) => name), IMDS_FAULT_NAME];
    if (!known.includes(service)) {
      const names = [...known, ...Object.keys(outages)].join(', ');
      throw new Error(`The lab has no service "${service}" to disturb, but: ${names}.`);
    }
    this.faults.set(service, fault);
  }

  functionLogs(functionName: string): readonly string[] {
    return this.cloud.functions.logs(functionName);
  }

  /** Ends timers, functions and servers; the machines are lab/host's to end. */
  async close(): Promise<void> {
    await this.background.close();
    await this.cloud.functions.close();
    await Promise.all(this.servers.map((server) => server.close()));
    this.proxy.close();
    this.cloud.moto.close();
    await this.moto.close();
  }
}
