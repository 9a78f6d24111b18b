import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ProvisionedStack } from '../../ports';
import type { Cloud } from '../cloud';
import type { Assembly } from './assembly';
import { Edition } from './edition';
import { ordered } from './order';
import { planUpdate } from './plan';
import { referencesIn } from './references';
import type { ResourceContext } from './resource';
import { RESOURCE_TYPES } from './resources';
import type { Provisioned } from './resolver';

/** The update failed, and what it had changed was changed back. */
export class UpdateRolledBack extends Error {
  override readonly name = 'UpdateRolledBack';
}

/**
 * CloudFormation's part: makes every resource of the stack, each as soon as those it depends on exist, and later makes
 * it into what another template says. The first failure of {@link run} ends it, naming the resource; what was begun
 * beside it is waited for, so that the caller can take everything down. A failed {@link update} is rolled back.
 */
export class StackProvisioner {
  private readonly provisioned = new Map<string, Provisioned>();
  /** The properties with which each resource was made or last updated, references filled in. */
  private readonly properties = new Map<string, unknown>();
  private readonly stack: { readonly name: string; readonly id: string };
  private current: Edition | undefined;
  private failure: Error | undefined;

  constructor(
    private readonly assembly: Assembly,
    private readonly cloud: Cloud,
    private progress: (line: string) => void,
  ) {
    const { stackName: name } = assembly;
    this.stack = { name, id: cloud.account.arn('cloudformation', `stack/${name}/${randomUUID()}`) };
    cloud.signals.adopt(this.stack);
  }

  async run(): Promise<ProvisionedStack> {
    const current = this.edition(this.assembly);
    this.current = current;
    await current.publishAssets(this.progress);
    const promises = new Map<string, Promise<void>>();
    const provision = (logicalId: string): Promise<void> => {
      const known = promises.get(logicalId);
      if (known !== undefined) return known;
      const promise = (async () => {
        await Promise.all([...(current.graph.get(logicalId) ?? [])].map(provision));
        if (this.failure !== undefined) return;
        await this.create(current, logicalId).catch((error: Error) => (this.failure ??= error));
      })();
      promises.set(logicalId, promise);
      return promise;
    };
    await Promise.all(Object.keys(current.resources).map(provision));
    if (this.failure !== undefined) throw this.failure;
    return current.result(this.provisioned);
  }

  /**
   * One resource after the other, those first that others depend on; then what the new template has no more, the other
   * way round. A failed deletion fails nothing, as on AWS.
   *
   * @throws Error before anything was changed, when the lab does not know how to make a change
   * @throws UpdateRolledBack
   */
  async update(assembly: Assembly, progress = this.progress): Promise<ProvisionedStack> {
    this.progress = progress;
    const old = this.current;
    if (old === undefined) throw new Error('The stack has not been made yet.');
    if (assembly.stackName !== this.stack.name) {
      throw new Error(`The lab runs the stack ${this.stack.name}, and not ${assembly.stackName}.`);
    }
    const next = this.edition(assembly);
    const plan = planUpdate(old.resources, next.resources, RESOURCE_TYPES);
    for (const [what, ids] of Object.entries(plan) as [string, readonly string[]][]) {
      for (const id of ids) this.progress(`to be ${what}: ${id}`);
    }
    await next.publishAssets(this.progress);
    // What this update has begun to make or to change.
    const touched = new Set<string>();
    try {
      await this.apply(old, next, touched);
    } catch (error) {
      this.progress(`rolling back: ${messageOf(error)}`);
      await this.rollBack(old, next, touched, error);
      throw new UpdateRolledBack(`The update was rolled back: ${messageOf(error)}`, { cause: error });
    }
    this.current = next;
    await this.remove(old, plan.removed);
    for (const id of plan.kept) this.forget(id);
    return next.result(this.provisioned);
  }

  /** Only what was touched: a group that still waited for its turn keeps its instance, whatever became of its launch template. */
  private async rollBack(old: Edition, failed: Edition, touched: ReadonlySet<string>, why: unknown): Promise<void> {
    try {
      for (const logicalId of ordered(old.graph)) if (touched.has(logicalId)) await this.change(old, logicalId);
    } catch (error) {
      throw new Error(`${messageOf(why)}\nThe rollback failed as well: ${messageOf(error)}`, { cause: error });
    }
    const added = Object.keys(failed.resources).filter((id) => !Object.hasOwn(old.resources, id));
    await this.remove(
      failed,
      added.filter((id) => this.provisioned.has(id)),
    );
  }

  /** A resource is looked at when its own properties differ, or when it refers to one that has been touched. */
  private async apply(old: Edition, next: Edition, touched: Set<string>): Promise<void> {
    for (const logicalId of ordered(next.graph)) {
      const properties = next.resources[logicalId]?.Properties;
      const isNew = !this.provisioned.has(logicalId);
      const differs = !isDeepStrictEqual(properties, old.resources[logicalId]?.Properties);
      if (!isNew && !differs && ![...referencesIn(properties)].some((name) => touched.has(name))) continue;
      touched.add(logicalId);
      if (isNew) await this.create(next, logicalId);
      else await this.change(next, logicalId);
    }
  }

  private async create(edition: Edition, logicalId: string): Promise<void> {
    const type = edition.resources[logicalId]?.Type ?? '';
    await naming(logicalId, type, async () => {
      const properties = await edition.properties(logicalId);
      const made = await RESOURCE_TYPES.get(type)?.create(properties, this.context(edition, logicalId));
      if (made === undefined) return;
      this.properties.set(logicalId, properties);
      this.provisioned.set(logicalId, made);
      this.progress(`${type} ${logicalId} ${made.physicalId}`);
    });
  }

  private async change(edition: Edition, logicalId: string): Promise<void> {
    const type = edition.resources[logicalId]?.Type ?? '';
    await naming(logicalId, type, async () => {
      const properties = await edition.properties(logicalId);
      const before = this.provisioned.get(logicalId);
      if (before === undefined || isDeepStrictEqual(properties, this.properties.get(logicalId))) return;
      const update = RESOURCE_TYPES.get(type)?.update;
      if (update === undefined) throw new Error('it refers to something that changed, and the lab cannot update it');
      const old = { properties: this.properties.get(logicalId), ...before };
      // First: a change that fails half-way is one that a rollback has to undo.
      this.properties.set(logicalId, properties);
      const made = await update(properties, old, this.context(edition, logicalId));
      this.provisioned.set(logicalId, made);
      this.progress(`${type} ${logicalId} ${made.physicalId} is updated`);
    });
  }

  private async remove(edition: Edition, ids: readonly string[]): Promise<void> {
    for (const logicalId of ordered(edition.graph).reverse()) {
      const existing = this.provisioned.get(logicalId);
      if (existing === undefined || !ids.includes(logicalId)) continue;
      const type = edition.resources[logicalId]?.Type ?? '';
      try {
        await RESOURCE_TYPES.get(type)?.remove?.(existing, this.context(edition, logicalId));
        this.progress(`${type} ${logicalId} ${existing.physicalId} is deleted`);
      } catch (error) {
        this.progress(`${type} ${logicalId} ${existing.physicalId} could not be deleted: ${messageOf(error)}`);
      }
      this.forget(logicalId);
    }
  }

  private context(edition: Edition, logicalId: string): ResourceContext {
    return { ...edition.context(logicalId), progress: this.progress };
  }

  private forget(logicalId: string): void {
    this.provisioned.delete(logicalId);
    this.properties.delete(logicalId);
  }

  private edition(assembly: Assembly): Edition {
    return new Edition(assembly, this.cloud, this.stack, this.provisioned);
  }
}

async function naming(logicalId: string, type: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error(`${logicalId} (${type}): ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
