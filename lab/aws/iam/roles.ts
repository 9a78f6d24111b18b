import type { Decision } from './evaluate';
import { evaluate } from './evaluate';
import type { Demand } from './demand';
import { parsePolicy, type Statement } from './policy';
import type { Principal } from './principal';
import type { Account } from '../account';

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly trust: readonly Statement[];
  readonly tags: Readonly<Record<string, string>>;
}

/** The account's roles and what they may do. */
export class RoleStore {
  /** Policies by their name. */
  private readonly roles = new Map<
    string,
    { readonly role: Role; readonly policies: Map<string, readonly Statement[]> }
  >();

  constructor(private readonly account: Account) {}

  create(role: Omit<Role, 'trust'>, trustDocument: unknown): Role {
    const created: Role = { ...role, trust: parsePolicy(`trust of ${role.name}`, trustDocument) };
    this.roles.set(role.name, { role: created, policies: new Map() });
    return created;
  }

  get(name: string): Role {
    return this.entry(name).role;
  }

  byArn(arn: string): Role {
    const found = [...this.roles.values()].find(({ role }) => role.arn === arn);
    if (found === undefined) throw new Error(`no role has the ARN ${arn}`);
    return found.role;
  }

  attach(roleName: string, policyName: string, document: unknown): void {
    this.entry(roleName).policies.set(policyName, parsePolicy(policyName, document));
  }

  detach(roleName: string, policyName: string): void {
    this.entry(roleName).policies.delete(policyName);
  }

  detachEverywhere(policyName: string): void {
    for (const { policies } of this.roles.values()) policies.delete(policyName);
  }

  remove(roleName: string): void {
    this.roles.delete(roleName);
  }

  /** May this service assume the role (`ec2.amazonaws.com`, `lambda.amazonaws.com`)? */
  trusts(roleName: string, service: string): boolean {
    const statements = this.entry(roleName).role.trust;
    const demand: Demand = { action: 'sts:AssumeRole', resource: '*', context: {} };
    const fitting = statements
      .filter((statement) => statement.principals.includes(service))
      .map((statement) => ({ ...statement, resources: ['*'] }));
    return evaluate(fitting, demand).kind === 'allowed';
  }

  decide(principal: Principal, demand: Demand): Decision {
    if (principal.kind === 'operator') return { kind: 'allowed', by: 'operator' };
    const { role, policies } = this.entry(principal.roleName);
    const context = {
      'aws:PrincipalArn': [role.arn],
      'aws:userid': [`${role.id}:${principal.sessionName}`],
      'aws:RequestedRegion': [this.account.region],
      'aws:SecureTransport': ['true'],
      ...Object.fromEntries(Object.entries(role.tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, [value]])),
      ...demand.context,
    };
    return evaluate([...policies.values()].flat(), { ...demand, context });
  }

  private entry(name: string) {
    const entry = this.roles.get(name);
    if (entry === undefined) throw new Error(`no role is named ${name}`);
    return entry;
  }
}
