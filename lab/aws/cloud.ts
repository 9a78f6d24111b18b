import type { AwsTimes, Host } from '../ports';
import type { Background } from './background';
import type { GroupStore } from './autoscaling/groups';
import type { InstanceStore } from './ec2/instances';
import type { LaunchTemplateData } from './ec2/launch-template';
import type { VpcNetwork } from './ec2/network';
import type { VolumeStore } from './ec2/volumes';
import type { RuleStore } from './events/rule';
import type { FunctionStore } from './functions/store';
import type { InstanceProfileStore } from './iam/profiles';
import type { RoleStore } from './iam/roles';
import type { MotoClients } from './moto/clients';
import type { TableKey } from './proxied/dynamodb';
import type { ZoneStore } from './route53/store';

/** Everything that exists in the emulated account: what CloudFormation fills and the services answer from. */
export interface Cloud {
  readonly host: Host;
  readonly times: AwsTimes;
  readonly background: Background;
  readonly network: VpcNetwork;
  readonly volumes: VolumeStore;
  readonly instances: InstanceStore;
  readonly groups: GroupStore;
  readonly zones: ZoneStore;
  readonly roles: RoleStore;
  readonly profiles: InstanceProfileStore;
  readonly functions: FunctionStore;
  readonly rules: RuleStore;
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
