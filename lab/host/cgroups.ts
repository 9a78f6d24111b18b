import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode, unless } from './errors';
import { waitFor } from './wait';

const READ_LIMITS_V1 = 'blkio.throttle.read_bps_device';
const READ_LIMITS_V2 = 'io.max';

/**
 * Control groups: one per machine and one for everything else of the lab. They bound memory, and they are the list of
 * processes that cleaning up goes by: whatever was forked, by whomever, dies with `cgroup.kill`.
 *
 * Works on a unified hierarchy (memory and processes in one tree) and on a hybrid one (memory in a tree of version 1).
 */
export class Cgroups {
  private readonly unified: string;
  /** All hierarchies: systemd-nspawn makes groups of the same path in the named one of version 1, if there is one. */
  private readonly hierarchies: readonly string[];
  private readonly memoryV1: string | undefined;
  private readonly blockV1: string | undefined;

  constructor(
    private readonly name: string,
    mounts = readFileSync('/proc/self/mounts', 'utf8'),
  ) {
    const lines = mounts.split('\n').map((line) => line.split(' '));
    const unified = lines.find(([, , type]) => type === 'cgroup2')?.[1];
    if (unified === undefined)
      throw new Error('No cgroup2 hierarchy is mounted; the lab ends its processes through it.');
    this.unified = unified;
    this.hierarchies = lines
      .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
      .map(([, mountPoint = '']) => mountPoint);
    const versionOne = (controller: string) =>
      lines.find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes(controller))?.[1];
    this.memoryV1 = versionOne('memory');
    this.blockV1 = versionOne('blkio');
  }

  /** Directories that a process must enter (write its pid to `cgroup.procs`) to belong to the group. */
  async create(group: string, memoryMiB?: number): Promise<string[]> {
    const bytes = memoryMiB === undefined ? undefined : String(memoryMiB * 1024 * 1024);
    const root = join(this.unified, this.lab());
    const directory = join(root, group);
    await mkdir(directory, { recursive: true });
    const directories = [directory];
    if (this.blockV1 !== undefined) {
      const block = join(this.blockV1, this.lab(), group);
      await mkdir(block, { recursive: true });
      directories.push(block);
    }
    if (this.memoryV1 !== undefined) {
      const memory = join(this.memoryV1, this.lab(), group);
      await mkdir(memory, { recursive: true });
      if (bytes !== undefined) await writeFile(join(memory, 'memory.limit_in_bytes'), bytes);
      return [...directories, memory];
    }
    if (bytes !== undefined) {
      await enable('memory', this.unified);
      await enable('memory', root);
      await writeFile(join(directory, 'memory.max'), bytes);
    }
    return directories;
  }

  /** Stops every process of the group where it is, or lets them go on. They notice nothing but the clock. */
  async freeze(group: string, frozen: boolean): Promise<void> {
    const directory = join(this.unified, this.lab(), group);
    await writeFile(join(directory, 'cgroup.freeze'), frozen ? '1' : '0');
    const state = `frozen ${frozen ? 1 : 0}`;
    await waitFor(
      async () => ((await readFile(join(directory, 'cgroup.events'), 'utf8')).includes(state) ? true : undefined),
      { what: `${directory} is ${frozen ? 'frozen' : 'running'}`, timeoutMs: 30_000 },
    );
  }

  /**
   * Reads of a block device (`major:minor`) by the group come to a standstill.
   * @throws Error where the kernel has no such control
   */
  async stallReads(group: string, device: string): Promise<void> {
    if (this.blockV1 !== undefined) {
      return writeFile(join(this.blockV1, this.lab(), group, READ_LIMITS_V1), `${device} 1`);
    }
    for (const directory of [this.unified, join(this.unified, this.lab())]) await enable('io', directory);
    await writeFile(join(this.unified, this.lab(), group, READ_LIMITS_V2), `${device} rbps=1`);
  }

  /** Ends {@link stallReads} for every device. Whoever waits for a read could not even be killed. */
  async releaseReads(group: string): Promise<void> {
    const [directory, file, none] =
      this.blockV1 === undefined ? [this.unified, READ_LIMITS_V2, 'rbps=max'] : [this.blockV1, READ_LIMITS_V1, '0'];
    for (const each of await tree(join(directory, this.lab(), group))) {
      const limits = join(each, file);
      for (const line of (await unless('ENOENT', readFile(limits, 'utf8'), '')).split('\n').filter(Boolean)) {
        await writeFile(limits, `${line.split(' ')[0] ?? ''} ${none}`);
      }
    }
  }

  /** What a group may take, and what it has taken that the kernel could not take back from it. */
  async memory(group: string): Promise<{ readonly limitBytes: number; readonly heldBytes: number }> {
    const [directory, limitFile, usageFile, cache] =
      this.memoryV1 === undefined
        ? [this.unified, 'memory.max', 'memory.current', /^(?:in)?active_file (\d+)$/gm]
        : [this.memoryV1, 'memory.limit_in_bytes', 'memory.usage_in_bytes', /^total_(?:in)?active_file (\d+)$/gm];
    const read = (file: string) => readFile(join(directory, this.lab(), group, file), 'utf8');
    const [limit, usage, statistics] = await Promise.all([read(limitFile), read(usageFile), read('memory.stat')]);
    const cacheBytes = [...statistics.matchAll(cache)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    return { limitBytes: Number(limit), heldBytes: Number(usage) - cacheBytes };
  }

  /** Where a process enters that has to be outside of the lab. */
  outside(): string[] {
    return [this.unified, this.blockV1, this.memoryV1].filter((each) => each !== undefined);
  }

  /** Kills every process of the group and removes it. */
  async destroy(group: string): Promise<void> {
    await this.destroyTree(group);
  }

  /** Kills every process of the lab and removes its groups. */
  async destroyAll(): Promise<void> {
    await this.destroyTree('');
  }

  /** Pids, in the host's numbering, of a group and everything below it. */
  async processes(group: string): Promise<number[]> {
    const found: number[] = [];
    for (const directory of await tree(join(this.unified, this.lab(), group))) {
      // A machine's own systemd removes groups below its own at any time.
      const text = await unless('ENOENT', readFile(join(directory, 'cgroup.procs'), 'utf8'), '');
      found.push(...text.split('\n').filter(Boolean).map(Number));
    }
    return found;
  }

  private async destroyTree(group: string): Promise<void> {
    const directory = join(this.unified, this.lab(), group);
    if (existsSync(directory)) {
      await this.releaseReads(group);
      await writeFile(join(directory, 'cgroup.kill'), '1');
      await waitFor(async () => ((await this.processes(group)).length === 0 ? true : undefined), {
        what: `All processes of the control group ${directory} are gone`,
        timeoutMs: 30_000,
      });
    }
    for (const top of this.hierarchies) {
      for (const each of (await tree(join(top, this.lab(), group))).reverse()) await removeGroup(each);
    }
  }

  private lab(): string {
    return `${this.name}-lab`;
  }
}

/** A group of version 1 is busy until the last of its processes is reaped. */
async function removeGroup(directory: string): Promise<void> {
  await waitFor(
    async () => {
      try {
        await rmdir(directory);
        return true;
      } catch (error) {
        if (systemErrorCode(error) === 'ENOENT') return true;
        if (systemErrorCode(error) === 'EBUSY') return undefined;
        throw error;
      }
    },
    { what: `The control group ${directory} is empty`, timeoutMs: 30_000 },
  );
}

async function enable(controller: string, directory: string): Promise<void> {
  const file = join(directory, 'cgroup.subtree_control');
  if (!(await readFile(file, 'utf8')).split(/\s+/).includes(controller)) await writeFile(file, `+${controller}`);
}

/** A directory and all below it, parents first; empty when it does not exist. */
async function tree(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  const below = await unless('ENOENT', readdir(directory, { withFileTypes: true }), []);
  const children = await Promise.all(
    below.filter((entry) => entry.isDirectory()).map((entry) => tree(join(directory, entry.name))),
  );
  return [directory, ...children.flat()];
}
