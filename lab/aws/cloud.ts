import type { AwsTimes, Host } from '../ports';
import type { Account } from './account';
import type { Background } from './background';
import { SignalBoard } from './cloudformation/signals';
import { StackStore } from './cloudformation/stacks';
import { GroupStore } from './autoscaling/groups';
import { InstanceStore } from './ec2/instances';
import type { LaunchTemplateData } from './ec2/launch-template';
import { VpcNetwork } from './ec2/network';
import { VolumeStore } from './ec2/volumes';
import { RuleStore } from './events/rule';
import { FunctionStore } from './functions/store';
import type { CredentialStore } from './iam/credentials';
import { InstanceProfileStore } from './iam/profiles';
import { RoleStore } from './iam/roles';
import { LogStore } from './logs/store';
import { motoClients, type MotoClients } from './moto/clients';
import type { TableKey } from './proxied/dynamodb';
import { ZoneStore } from './route53/store';

/** Everything that exists in the emulated account: what CloudFormation fills and the services answer from. */
export interface Cloud {
  readonly account: Account;
  readonly host: Host;
  readonly times: AwsTimes;
  readonly background: Background;
  readonly network: VpcNetwork;
  readonly volumes: VolumeStore;
  readonly instances: InstanceStore;
  readonly groups: GroupStore;
  readonly signals: SignalBoard;
  readonly zones: ZoneStore;
  readonly roles: RoleStore;
  readonly profiles: InstanceProfileStore;
  readonly functions: FunctionStore;
  readonly rules: RuleStore;
  readonly stacks: StackStore;
  readonly logs: LogStore;
  readonly moto: MotoClients;
  /** Table name → its partition key. */
  readonly tables: Map<string, TableKey>;
  readonly launchTemplates: Map<string, LaunchTemplateData>;
  /** ARN → document of the template's own managed policies. */
  readonly managedPolicies: Map<string, Readonly<Record<string, unknown>>>;
  /** ARNs of secrets. */
  readonly secretArns: Set<string>;
  /** Tags of what moto holds, by ARN. */
  readonly tags: Map<string, Readonly<Record<string, string>>>;
  readonly log: (line: string) => void;
}

export interface CloudOptions {
  readonly account: Account;
  readonly host: Host;
  readonly times: AwsTimes;
  readonly machineMemoryMiB: number;
  readonly log: (line: string) => void;
  readonly background: Background;
  readonly credentials: CredentialStore;
  readonly motoUrl: string;
  /** Command that runs the rest of its arguments inside a network namespace. */
  readonly enter: (namespace: string) => readonly string[];
}

/** An account in which nothing exists yet. */
export function emptyCloud(options: CloudOptions): Cloud {
  const { account, host, times, machineMemoryMiB, log, background, credentials, enter } = options;
  const network = new VpcNetwork(host.network);
  const volumes = new VolumeStore(host.volumes, background);
  const instances = new InstanceStore(
    account,
    host.machines,
    network,
    volumes,
    times,
    machineMemoryMiB,
    background,
    log,
  );
  const logs = new LogStore();
  const functions = new FunctionStore({
    ...{ account, credentials, background, log, enter, stateDirectory: host.stateDirectory, caFile: host.tls.caFile },
    logs,
  });
  return {
    ...{ account, host, times, background, network, volumes, instances, functions, logs, log },
    signals: new SignalBoard(),
    stacks: new StackStore(),
    groups: new GroupStore(instances, times, background, log),
    zones: new ZoneStore(host.dns, times, background),
    roles: new RoleStore(account),
    profiles: new InstanceProfileStore(),
    rules: new RuleStore(account, functions, times, background, log),
    moto: motoClients(options.motoUrl, account.region),
    tables: new Map(),
    launchTemplates: new Map(),
    managedPolicies: new Map(),
    secretArns: new Set(),
    tags: new Map(),
  };
}
