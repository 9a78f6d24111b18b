import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode, unless } from './errors';
import { waitFor } from './wait';

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
    this.memoryV1 = lines.find(
      ([, , type, options]) => type === 'cgroup' && options?.split(',').includes('memory'),
    )?.[1];
  }

  /** Directories that a process must enter (write its pid to `cgroup.procs`) to belong to the group. */
  async create(group: string, memoryMiB?: number): Promise<string[]> {
    const bytes = memoryMiB === undefined ? undefined : String(memoryMiB * 1024 * 1024);
    const root = join(this.unified, this.lab());
    const directory = join(root, group);
    await mkdir(directory, { recursive: true });
    if (this.memoryV1 !== undefined) {
      const memory = join(this.memoryV1, this.lab(), group);
      await mkdir(memory, { recursive: true });
      if (bytes !== undefined) await writeFile(join(memory, 'memory.limit_in_bytes'), bytes);
      return [directory, memory];
    }
    if (bytes !== undefined) {
      await enableMemory(this.unified);
      await enableMemory(root);
      await writeFile(join(directory, 'memory.max'), bytes);
    }
    return [directory];
  }

  /** Where a process enters that has to be outside of the lab. */
  outside(): string[] {
    return this.memoryV1 === undefined ? [this.unified] : [this.unified, this.memoryV1];
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

async function enableMemory(directory: string): Promise<void> {
  const file = join(directory, 'cgroup.subtree_control');
  if (!(await readFile(file, 'utf8')).split(/\s+/).includes('memory')) await writeFile(file, '+memory');
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
