import { mkdir } from 'node:fs/promises';
import type { BucketLocationConstraint } from '@aws-sdk/client-s3';
import type { ProvisionedStack } from '../../ports';
import type { Cloud } from '../cloud';
import type { Assembly, TemplateResource } from './assembly';
import { publishAssets } from './assets';
import { resolveDynamicReferences } from './dynamic-references';
import { dependenciesOf } from './order';
import { parameterValues } from './parameters';
import type { ResourceContext } from './resource';
import { RESOURCE_TYPES } from './resources';
import { Resolver, type Provisioned } from './resolver';

/** Attributes of a resource that every type has: what a deletion or an update does, and what only people read. */
const COMMON = ['DeletionPolicy', 'UpdateReplacePolicy', 'Metadata', 'Type', 'Properties', 'DependsOn', 'Condition'];

/** One template of the stack: what it wants, in which order, resolved against what exists. */
export class Edition {
  readonly resources: Readonly<Record<string, TemplateResource>>;
  /** Logical id → ids that must exist first. */
  readonly graph: ReadonlyMap<string, ReadonlySet<string>>;
  private readonly resolver: Resolver;

  constructor(
    private readonly assembly: Assembly,
    private readonly cloud: Cloud,
    private readonly stack: { readonly name: string; readonly id: string },
    provisioned: ReadonlyMap<string, Provisioned>,
  ) {
    const { template } = assembly;
    this.resolver = new Resolver(cloud.account, template, stack, parameterValues(template), provisioned);
    this.resources = Object.fromEntries(
      Object.entries(template.Resources).filter(
        ([, { Condition }]) => Condition === undefined || this.resolver.condition(Condition),
      ),
    );
    this.graph = dependenciesOf(this.resources);
    this.refuseUnknownTypes();
    this.checkRules();
  }

  /** The resource's properties with every reference filled in. */
  async properties(logicalId: string): Promise<unknown> {
    const resolved = this.resolver.resolve(this.resources[logicalId]?.Properties ?? {});
    return resolveDynamicReferences(resolved, this.cloud.moto.ssm);
  }

  context(logicalId: string): Omit<ResourceContext, 'progress'> {
    return {
      logicalId,
      stackName: this.stack.name,
      stackId: this.stack.id,
      cloud: this.cloud,
      updatePolicy: this.resources[logicalId]?.UpdatePolicy,
      asset: (bucketName, objectKey) => {
        const found = this.assembly.assets.find(
          (asset) => asset.objectKey === objectKey && this.assetName(asset.bucketName) === bucketName,
        );
        if (found === undefined) throw new Error(`s3://${bucketName}/${objectKey} is no asset of the assembly`);
        return found;
      },
    };
  }

  async publishAssets(progress: (line: string) => void): Promise<void> {
    const { assets } = this.assembly;
    if (assets.length === 0) return;
    progress(`publishing ${assets.length} assets`);
    const { stateDirectory } = this.cloud.host;
    await mkdir(stateDirectory, { recursive: true });
    await publishAssets(
      assets,
      this.cloud.moto.s3,
      this.cloud.account.region as BucketLocationConstraint,
      stateDirectory,
      (name) => this.assetName(name),
    );
  }

  result(provisioned: ReadonlyMap<string, Provisioned>): ProvisionedStack {
    const outputs = Object.entries(this.assembly.template.Outputs ?? {})
      .filter(([, { Condition }]) => Condition === undefined || this.resolver.condition(Condition))
      .map(([name, { Value }]) => [name, String(this.resolver.resolve(Value))] as const);
    return {
      stackName: this.stack.name,
      stackId: this.stack.id,
      outputs: Object.fromEntries(outputs),
      resources: Object.fromEntries(
        Object.entries(this.resources).map(([logicalId, { Type: type }]) => [
          logicalId,
          { type, physicalId: provisioned.get(logicalId)?.physicalId ?? '' },
        ]),
      ),
    };
  }

  /** All of them at once, before anything is made. */
  private refuseUnknownTypes(): void {
    const problems = Object.entries(this.resources).flatMap(([logicalId, resource]) => {
      const type = RESOURCE_TYPES.get(resource.Type);
      if (type === undefined) return [`${logicalId}: the lab does not know the resource type ${resource.Type}`];
      return Object.keys(resource)
        .filter((key) => !COMMON.includes(key) && !type.understands.includes(key))
        .map((key) => `${logicalId} (${resource.Type}): the lab does not know the attribute ${key}`);
    });
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }

  private checkRules(): void {
    for (const [name, rule] of Object.entries(this.assembly.template.Rules ?? {})) {
      if (rule.RuleCondition !== undefined && !this.resolver.truth(rule.RuleCondition)) continue;
      const broken = rule.Assertions.find(({ Assert }) => !this.resolver.truth(Assert));
      if (broken !== undefined)
        throw new Error(`rule ${name} of the template: ${broken.AssertDescription ?? 'refused'}`);
    }
  }

  /** Bucket names of assets hold placeholders in an assembly that is bound to no account. */
  private assetName(name: string): string {
    return String(this.resolver.resolve({ 'Fn::Sub': name }));
  }
}
