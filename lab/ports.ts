/**
 * The seam between the emulated AWS (lab/aws) and the one Linux host that carries it (lab/host).
 * lab/aws decides what exists and when; lab/host makes it real. Neither imports the other: lab/region.ts joins them.
 */

/** An instance or a Lambda function's network place inside the emulated VPC. IPv4, dotted. */
export interface NetworkPlace {
  readonly address: string;
  readonly securityGroupIds: readonly string[];
}

export interface MachineSpec extends NetworkPlace {
  /** EC2 instance id, `i-…`; also names the namespace and the overlay. */
  readonly machineId: string;
  readonly hostName: string;
  /** Debian architecture name is the host's own; memory bound in MiB. */
  readonly memoryMiB: number;
}

/** What a machine looks like from outside. */
export interface MachineState {
  readonly machineId: string;
  readonly running: boolean;
  /** Pid (host's numbering) of the machine's init, for `nsenter -t PID -a`. Absent when it is off. */
  readonly leaderPid?: number;
  /** Name of its network namespace, as `ip netns` lists it. */
  readonly namespace: string;
}

/** Debian machines: systemd-nspawn over an overlay of the base image, one network namespace each. */
export interface Machines {
  /** Boots a new machine; resolves when its init runs (not when user data has finished). */
  start(spec: MachineSpec): Promise<void>;
  /** Orderly shutdown as the ACPI button does; resolves when it is off. */
  shutdown(machineId: string): Promise<void>;
  /** The power cable: link down first, so that no peer sees a FIN or RST, then every process killed. */
  powerOff(machineId: string): Promise<void>;
  /** Removes namespace, overlay and rules of a machine that is off. */
  remove(machineId: string): Promise<void>;
  state(machineId: string): MachineState | undefined;
  list(): readonly MachineState[];
}

/** EBS volumes: sparse files that outlive instances, shown to a machine under `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol…`. */
export interface Volumes {
  create(volumeId: string, sizeGiB: number): Promise<void>;
  grow(volumeId: string, sizeGiB: number): Promise<void>;
  /** The caller has checked that nobody else has it. `device` is the EC2 name, e.g. `/dev/sdf`. */
  attach(volumeId: string, machineId: string, device: string): Promise<void>;
  detach(volumeId: string, machineId: string): Promise<void>;
  remove(volumeId: string): Promise<void>;
}

/** One allowed flow; everything else between machines is dropped. */
export interface FirewallRule {
  readonly securityGroupId: string;
  readonly direction: 'ingress' | 'egress';
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'all';
  /** Inclusive; absent for `all` and `icmp`. */
  readonly ports?: { readonly from: number; readonly to: number };
  readonly peer:
    { readonly kind: 'cidr'; readonly cidr: string } | { readonly kind: 'group'; readonly securityGroupId: string };
}

/**
 * The VPC's network: places, and security-group rules as packet filter rules. Established flows are not cut by a change,
 * as on AWS; and as there, no group filters the VPC's resolver, the metadata service or the time service.
 */
export interface Network {
  /**
   * Makes a network namespace with this address, for a Lambda or the application machine. Returns its name.
   * Also writes `/etc/netns/<returned name>/resolv.conf`, so that `ip netns exec` in it asks the lab's DNS and never the host's.
   */
  addPlace(name: string, place: NetworkPlace): Promise<string>;
  removePlace(name: string): Promise<void>;
  setRules(rules: readonly FirewallRule[]): Promise<void>;
  /** Another set of groups for an existing place or machine. */
  setGroups(name: string, securityGroupIds: readonly string[]): Promise<void>;
}

/** The private zone as the machines' resolver answers it (after the propagation delay, which lab/aws applies before calling). */
export interface DnsZones {
  /** Replaces the whole content of a zone; names are fully qualified without a trailing dot. */
  setZone(zoneName: string, records: readonly DnsRecord[]): void;
  removeZone(zoneName: string): void;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: 'A' | 'TXT' | 'CNAME' | 'SOA' | 'NS';
  readonly ttlSeconds: number;
  /** As Route 53 holds them: TXT in its quotes, SOA and names in their zone-file form with trailing dots. */
  readonly values: readonly string[];
}

/** Everything lab/host offers to lab/aws. */
export interface Host {
  readonly machines: Machines;
  readonly volumes: Volumes;
  readonly network: Network;
  readonly dns: DnsZones;
  /** Address of the AWS gateway as machines see it (answers 443 and, at 169.254.169.254, port 80); DNS points `*.amazonaws.com` there. */
  readonly gatewayAddress: string;
  /**
   * PEM of the lab's CA and a certificate for {@link gatewayNames}, made anew for each run; only the machines trust it.
   * lab/aws listens itself, in the router namespace, on {@link gatewayAddress}:443 (TLS) and 169.254.169.254:80 (metadata).
   */
  readonly tls: { readonly caFile: string; readonly certificateFile: string; readonly keyFile: string };
  /** Directory for the run's state. */
  readonly stateDirectory: string;
}

/** What the gateway's certificate must name. A wildcard covers one label only: buckets and accounts stand one level deeper. */
export function gatewayNames(region: string): readonly string[] {
  return [
    '*.amazonaws.com',
    `*.${region}.amazonaws.com`,
    '*.s3.amazonaws.com',
    `*.s3.${region}.amazonaws.com`,
    `*.ddb.${region}.amazonaws.com`,
    `*.${region}.api.aws`,
  ];
}

/** The account and region that the stack was synthesized for; `accountOf` in lab/aws/template/assembly.ts reads it. */
export interface AccountIdentity {
  readonly accountId: string;
  readonly region: string;
}

/** What lab/region.ts hands to {@link StartRegion}. */
export interface RegionOptions {
  readonly host: Host;
  readonly account: AccountIdentity;
  readonly times: AwsTimes;
  /** Root directory of an image with the packages of lab/aws/moto/packages.ts; moto runs in it, by chroot, on 127.0.0.1. */
  readonly motoImageDirectory: string;
  /** No machine gets more memory than this, whatever its instance type promises. */
  readonly machineMemoryMiB: number;
  /** The region's log: denied calls, failed launches, lifecycle steps. One line each, without a time. */
  readonly log: (line: string) => void;
}

/** `startRegion` in lab/aws/region.ts; default times are `DEFAULT_AWS_TIMES` in lab/aws/times.ts. */
export type StartRegion = (options: RegionOptions) => Promise<Region>;

/** Everything lab/aws offers to lab/host: the command line's verbs on the region. */
export interface Region {
  /** Loads a `cdk synth` assembly directory and provisions its one stack; progress lines go to `progress`. */
  provision(assemblyDirectory: string, progress: (line: string) => void): Promise<ProvisionedStack>;
  /**
   * Makes the stack into what another assembly says, as CloudFormation would.
   * @throws Error before anything changes, for a change that the lab does not know how to make; and when the update
   * failed and was rolled back
   */
  update(assemblyDirectory: string, progress: (line: string) => void): Promise<ProvisionedStack>;
  /** The instance now in a slot's group, newest first, terminating ones included. */
  instances(): readonly RegionInstance[];
  /** Through its Auto Scaling group, hooks and all; resolves when the termination has begun. */
  terminateInstance(instanceId: string): Promise<void>;
  /** Takes a free address of a subnet that instances live in, for the application machine. Only after {@link provision}. */
  reserveAddress(): string;
  /** Whether EC2 has machines left in a zone; without, launches there fail with InsufficientInstanceCapacity. */
  setCapacity(zone: string, available: boolean): void;
  /** The availability zone of an address in the VPC. */
  zoneOf(address: string): string | undefined;
  /**
   * EC2 announces in the instance's metadata that it takes it back after `inMs`, and does so; or that it will maintain
   * its host then, which nobody does. Undefined takes the announcement back.
   */
  setNotice(
    instanceId: string,
    notice: { readonly kind: 'spot' | 'maintenance'; readonly inMs: number } | undefined,
  ): void;
  /**
   * Fault injection. `service` is the endpoint prefix (`dynamodb`, `route53`, `ec2`, `autoscaling`, `s3`, `ssm`,
   * `secretsmanager`, `sts`) or `imds`. An outage of `lambda` ends what runs and starts nothing; one of `events` starts
   * nothing; one of `nat` leaves no way from private subnets but their endpoints. @throws Error for any other name, saying which there are, and for faults that `lambda`, `events` and `nat` do not have.
   */
  setServiceFault(service: string, fault: ServiceFault | undefined): void;
  /**
   * Access key for the operator's own tools (`holdfast …`) through the gateway: of a principal that has just the policy
   * which the stack made for that (output `OperatorPolicyArn`), or may do everything when it made none.
   */
  operatorCredentials(): { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Log lines of a Lambda function (logical id, its beginning, or resolved name), oldest first. */
  functionLogs(functionName: string): readonly string[];
  /** Base URL of the moto server inside the router namespace, for the CLI's own reads (register, secrets, parameters). */
  readonly motoUrl: string;
  close(): Promise<void>;
}

export type ServiceFault =
  | { readonly kind: 'outage' }
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  | { readonly kind: 'throttle'; readonly fraction: number }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'reply-lost'; readonly fraction: number };

export interface RegionInstance {
  readonly instanceId: string;
  readonly logicalGroupId: string;
  readonly address: string;
  readonly lifecycleState: string;
  readonly ec2State: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  readonly tags: Readonly<Record<string, string>>;
  readonly launchedAt: string;
}

export interface ProvisionedStack {
  readonly stackName: string;
  /** Its ARN. */
  readonly stackId: string;
  /** Stack outputs, resolved. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Logical id → type, physical id. */
  readonly resources: Readonly<Record<string, { readonly type: string; readonly physicalId: string }>>;
}

/** Times of AWS that a test may shorten, by a visible setting; the defaults are AWS's own orders of magnitude (docs/lab.md). Milliseconds. */
export interface AwsTimes {
  /** A dead host is reported as impaired. */
  readonly impairedAfterMs: number;
  /** Auto Scaling looks at instance health this often. */
  readonly groupCheckMs: number;
  /** `shutting-down` of an impaired instance, until its volumes are free. */
  readonly shuttingDownMs: number;
  /** From launch to boot. */
  readonly pendingMs: number;
  /** Between ChangeResourceRecordSets and the resolvers' answers. */
  readonly dnsPropagationMs: number;
  /** Two starts of a one-minute schedule lie between these. */
  readonly scheduleMinMs: number;
  readonly scheduleMaxMs: number;
  /** Multiplies the times that the template itself states: health-check grace and lifecycle heartbeat. 1 unless given. */
  readonly templateTimeFactor?: number;
}
