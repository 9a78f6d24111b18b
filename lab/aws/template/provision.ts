import { randomUUID } from 'node:crypto';
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

/** Attributes of a resource that say what a delete or an update does: the lab makes neither. */
const LATER = ['DeletionPolicy', 'UpdateReplacePolicy', 'Metadata', 'Type', 'Properties', 'DependsOn', 'Condition'];

/**
 * CloudFormation's part: makes every resource of the stack, each as soon as those it depends on exist. The first failure
 * ends it, naming the resource; what was begun beside it is waited for, so that the caller can take everything down.
 */
export class StackProvisioner {
  private readonly provisioned = new Map<string, Provisioned>();
  private readonly stack: { readonly name: string; readonly id: string };
  private readonly resolver: Resolver;
  private failure: Error | undefined;

  constructor(
    private readonly assembly: Assembly,
    private readonly cloud: Cloud,
    private readonly progress: (line: string) => void,
  ) {
    const { stackName: name, template } = assembly;
    this.stack = { name, id: cloud.account.arn('cloudformation', `stack/${name}/${randomUUID()}`) };
    cloud.signals.adopt(this.stack);
    this.resolver = new Resolver(cloud.account, template, this.stack, parameterValues(template), this.provisioned);
  }

  async run(): Promise<ProvisionedStack> {
    const resources = this.wantedResources();
    const graph = dependenciesOf(resources);
    this.refuseUnknownTypes(resources);
    this.checkRules();
    await this.publishAssets();
    const promises = new Map<string, Promise<void>>();
    const provision = (logicalId: string): Promise<void> => {
      const known = promises.get(logicalId);
      if (known !== undefined) return known;
      const promise = (async () => {
        await Promise.all([...(graph.get(logicalId) ?? [])].map(provision));
        const resource = resources[logicalId];
        if (resource !== undefined && this.failure === undefined) await this.create(logicalId, resource);
      })();
      promises.set(logicalId, promise);
      return promise;
    };
    await Promise.all(Object.keys(resources).map(provision));
    if (this.failure !== undefined) throw this.failure;
    return this.result(resources);
  }

  private wantedResources(): Readonly<Record<string, TemplateResource>> {
    return Object.fromEntries(
      Object.entries(this.assembly.template.Resources).filter(
        ([, { Condition }]) => Condition === undefined || this.resolver.condition(Condition),
      ),
    );
  }

  /** All of them at once, before anything is made. */
  private refuseUnknownTypes(resources: Readonly<Record<string, TemplateResource>>): void {
    const problems = Object.entries(resources).flatMap(([logicalId, resource]) => {
      const type = RESOURCE_TYPES.get(resource.Type);
      if (type === undefined) return [`${logicalId}: the lab does not know the resource type ${resource.Type}`];
      return Object.keys(resource)
        .filter((key) => !LATER.includes(key) && !type.understands.includes(key))
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

  private async publishAssets(): Promise<void> {
    const { assets } = this.assembly;
    if (assets.length === 0) return;
    this.progress(`publishing ${assets.length} assets`);
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

  /** Bucket names of assets hold placeholders in an assembly that is bound to no account. */
  private assetName(name: string): string {
    return String(this.resolver.resolve({ 'Fn::Sub': name }));
  }

  private async create(logicalId: string, resource: TemplateResource): Promise<void> {
    try {
      const resolved = this.resolver.resolve(resource.Properties ?? {});
      const properties = await resolveDynamicReferences(resolved, this.cloud.moto.ssm);
      const made = await RESOURCE_TYPES.get(resource.Type)?.create(properties, this.context(logicalId));
      if (made === undefined) return;
      this.provisioned.set(logicalId, made);
      this.progress(`${resource.Type} ${logicalId} ${made.physicalId}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.failure ??= new Error(`${logicalId} (${resource.Type}): ${why}`, { cause: error });
    }
  }

  private context(logicalId: string): ResourceContext {
    return {
      logicalId,
      stackName: this.stack.name,
      stackId: this.stack.id,
      cloud: this.cloud,
      asset: (bucketName, objectKey) => {
        const found = this.assembly.assets.find(
          (asset) => asset.objectKey === objectKey && this.assetName(asset.bucketName) === bucketName,
        );
        if (found === undefined) throw new Error(`s3://${bucketName}/${objectKey} is no asset of the assembly`);
        return found;
      },
    };
  }

  private result(resources: Readonly<Record<string, TemplateResource>>): ProvisionedStack {
    const outputs = Object.entries(this.assembly.template.Outputs ?? {})
      .filter(([, { Condition }]) => Condition === undefined || this.resolver.condition(Condition))
      .map(([name, { Value }]) => [name, String(this.resolver.resolve(Value))] as const);
    return {
      stackName: this.stack.name,
      outputs: Object.fromEntries(outputs),
      resources: Object.fromEntries(
        Object.entries(resources).map(([logicalId, { Type: type }]) => [
          logicalId,
          { type, physicalId: this.provisioned.get(logicalId)?.physicalId ?? '' },
        ]),
      ),
    };
  }
}
