import type { FirewallRule, Network } from '../../ports';
import { contains, parseCidr, toAddress } from './address';

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly cidr: string;
  readonly zone: string;
}

/** Where a route leads: `igw-…`, `nat-…`. */
export interface Route {
  readonly destination: string;
  readonly targetId: string;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly vpcId: string;
  readonly rules: FirewallRule[];
}

/** AWS keeps the first four addresses of a subnet and the last one. */
const RESERVED_FIRST = 4;

/**
 * The VPC as far as it has effects: who gets which address, which packets the security groups let through, and whether
 * there is any way from a subnet to an AWS service (a NAT gateway that itself has a way out, or an endpoint).
 */
export class VpcNetwork {
  readonly vpcs = new Map<string, { readonly cidr: string }>();
  readonly subnets = new Map<string, Subnet>();
  readonly securityGroups = new Map<string, SecurityGroup>();
  /** NAT gateway → its own subnet. */
  readonly natGateways = new Map<string, { readonly subnetId: string }>();
  private readonly routes = new Map<string, Route[]>();
  private readonly routeTableOfSubnet = new Map<string, string>();
  private readonly gatewayEndpoints: { readonly service: string; readonly routeTableIds: readonly string[] }[] = [];
  private readonly interfaceEndpoints: { readonly service: string; readonly vpcId: string }[] = [];
  private readonly taken = new Set<string>();
  /** Set by a fault: no NAT gateway lets anything through. */
  natIsDown = false;
  private pendingRules: Promise<void> = Promise.resolve();

  constructor(private readonly host: Network) {}

  subnet(subnetId: string): Subnet {
    const subnet = this.subnets.get(subnetId);
    if (subnet === undefined) throw new Error(`no subnet is named ${subnetId}`);
    return subnet;
  }

  addSubnet(subnet: Subnet): void {
    const block = parseCidr(subnet.cidr);
    const vpc = this.vpcs.get(subnet.vpcId);
    if (vpc === undefined) throw new Error(`no VPC is named ${subnet.vpcId}`);
    const whole = parseCidr(vpc.cidr);
    if (block.first < whole.first || block.last > whole.last) {
      throw new Error(`InvalidSubnet.Range: ${subnet.cidr} is not inside the VPC's ${vpc.cidr}`);
    }
    for (const other of this.subnets.values()) {
      const { first, last } = parseCidr(other.cidr);
      if (other.vpcId === subnet.vpcId && block.first <= last && first <= block.last) {
        throw new Error(`InvalidSubnet.Conflict: ${subnet.cidr} overlaps ${other.cidr}`);
      }
    }
    this.subnets.set(subnet.subnetId, subnet);
  }

  addRouteTable(routeTableId: string): void {
    this.routes.set(routeTableId, []);
  }

  associate(subnetId: string, routeTableId: string): void {
    this.routeTableOfSubnet.set(subnetId, routeTableId);
  }

  addRoute(routeTableId: string, route: Route): void {
    const routes = this.routes.get(routeTableId);
    if (routes === undefined) throw new Error(`no route table is named ${routeTableId}`);
    routes.push(route);
  }

  addGatewayEndpoint(service: string, routeTableIds: readonly string[]): void {
    this.gatewayEndpoints.push({ service, routeTableIds });
  }

  addInterfaceEndpoint(service: string, vpcId: string): void {
    this.interfaceEndpoints.push({ service, vpcId });
  }

  /** The next free address of a subnet. */
  allocate(subnetId: string): string {
    const { first, last } = parseCidr(this.subnet(subnetId).cidr);
    for (let value = first + RESERVED_FIRST; value < last; value += 1) {
      const address = toAddress(value);
      if (this.taken.has(address)) continue;
      this.taken.add(address);
      return address;
    }
    throw new Error(`InsufficientFreeAddressesInSubnet: ${subnetId} has no free address`);
  }

  release(address: string): void {
    this.taken.delete(address);
  }

  async addSecurityGroup(group: SecurityGroup): Promise<void> {
    this.securityGroups.set(group.groupId, group);
    await this.applyRules();
  }

  async addRule(rule: FirewallRule): Promise<void> {
    const group = this.securityGroups.get(rule.securityGroupId);
    if (group === undefined) throw new Error(`no security group is named ${rule.securityGroupId}`);
    group.rules.push(rule);
    await this.applyRules();
  }

  /** Puts the rules of all groups in force, one call after the other. */
  private applyRules(): Promise<void> {
    const apply = () => this.host.setRules([...this.securityGroups.values()].flatMap((group) => group.rules));
    this.pendingRules = this.pendingRules.then(apply, apply);
    return this.pendingRules;
  }

  /** The availability zone that an address is in; undefined outside of every subnet. */
  zoneOf(address: string): string | undefined {
    return this.subnetOf(address)?.zone;
  }

  private subnetOf(address: string): Subnet | undefined {
    return [...this.subnets.values()].find((candidate) => contains(parseCidr(candidate.cidr), address));
  }

  /** An address outside every subnet is not the VPC's business and reaches everything. */
  isServiceReachable(sourceAddress: string, service: string): boolean {
    const subnet = this.subnetOf(sourceAddress);
    if (subnet === undefined) return true;
    const routeTableId = this.routeTableOfSubnet.get(subnet.subnetId);
    const throughGateway = this.gatewayEndpoints.some(
      (endpoint) =>
        endpoint.service === service && routeTableId !== undefined && endpoint.routeTableIds.includes(routeTableId),
    );
    const throughInterface = this.interfaceEndpoints.some(
      (endpoint) => endpoint.service === service && endpoint.vpcId === subnet.vpcId,
    );
    return throughGateway || throughInterface || this.hasWayOut(subnet.subnetId);
  }

  /** Instances have no public address in Holdfast, so a private subnet's way out is a NAT gateway that has one itself. */
  hasWayOut(subnetId: string): boolean {
    if (this.natIsDown) return false;
    const nat = this.natGateways.get(this.defaultTarget(subnetId) ?? '');
    return nat !== undefined && (this.defaultTarget(nat.subnetId)?.startsWith('igw-') ?? false);
  }

  private defaultTarget(subnetId: string): string | undefined {
    const routes = this.routes.get(this.routeTableOfSubnet.get(subnetId) ?? '') ?? [];
    return routes.find((route) => route.destination === '0.0.0.0/0')?.targetId;
  }
}
