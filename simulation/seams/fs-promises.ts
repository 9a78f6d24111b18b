import { currentKernel } from '../kernel/current';
import type { Actor } from '../kernel/actor';
import type { Course } from '../kernel/kernel';
import { clusterIn, PG_WAL } from '../postgres/data-directory';
import type { FileSystem, Inode } from '../world/file-system';

/*
 * node:fs/promises, as far as the agent uses it. A path begins with the name of the process that uses it, `/a.3/…`; the
 * rest is the path on that slot's volume.
 */

export interface Mount {
  readonly actor: Actor;
  files(): FileSystem;
  /** Texts of the bundle, by path below `/bundle/`. */
  shipped(path: string): string | undefined;
  /** How long a flush takes; Infinity while the volume hangs. */
  flushMs(): number;
}

let mounts = new Map<string, Mount>();

export function setMounts(next: Map<string, Mount>): void {
  mounts = next;
}

class SystemError extends Error {
  constructor(
    readonly code: string,
    path: string,
  ) {
    super(`${code}: ${path}`);
  }
}

function located(path: string): { readonly mount: Mount; readonly inside: string } {
  const slash = path.indexOf('/', 1);
  const mount = mounts.get(path.slice(1, slash));
  if (mount === undefined) throw new Error(`Nothing is mounted at ${path}.`);
  return { mount, inside: path.slice(slash) };
}

async function access<T>(
  what: string,
  path: string,
  work: (files: FileSystem, inside: string, mount: Mount) => T,
  course?: (mount: Mount) => Course,
): Promise<T> {
  const { mount, inside } = located(path);
  const effect = (): T => work(mount.files(), inside, mount);
  return currentKernel().operate(mount.actor, `${what} ${inside}`, effect, course?.(mount));
}

const flushing = (mount: Mount): Course => ({ beforeMs: mount.flushMs(), afterMs: 0 });

function existing(files: FileSystem, path: string): Inode {
  const inode = files.get(path);
  if (inode === undefined) throw new SystemError('ENOENT', path);
  return inode;
}

async function opened(path: string, flags: string): Promise<Handle> {
  return access('open', path, (files, inside) => {
    const found = files.get(inside);
    if (flags === 'wx') {
      if (found !== undefined) throw new SystemError('EEXIST', inside);
      return new Handle(path, files.add(inside, 'file'));
    }
    return new Handle(path, existing(files, inside));
  });
}

export { opened as open, looked as access };

class Handle {
  constructor(
    private readonly path: string,
    private readonly inode: Inode,
  ) {}

  writeFile(text: string): Promise<void> {
    return access('write', this.path, () => void (this.inode.text = text));
  }

  chmod(): Promise<void> {
    return Promise.resolve();
  }

  sync(): Promise<void> {
    return access(
      'flush',
      this.path,
      (files) => (this.inode.kind === 'directory' ? files.flushNames() : files.flushFile(this.inode)),
      flushing,
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export async function readFile(path: string): Promise<string> {
  return access('read', path, (files, inside, mount) => {
    if (inside.startsWith('/bundle/')) {
      const text = mount.shipped(inside.slice('/bundle/'.length));
      if (text === undefined) throw new SystemError('ENOENT', inside);
      return text;
    }
    return existing(files, inside).text;
  });
}

export async function rename(from: string, to: string): Promise<void> {
  return access('rename', from, (files, inside) => {
    existing(files, inside);
    files.rename(inside, located(to).inside);
  });
}

export async function rm(path: string): Promise<void> {
  return access('remove', path, (files, inside) => files.remove(inside));
}

export async function readdir(path: string): Promise<string[]> {
  return access('list', path, (files, inside) => {
    existing(files, inside);
    const segments = inside === PG_WAL ? clusterIn(files)?.wal.fileNames() : undefined;
    return [...files.list(inside), ...(segments ?? [])];
  });
}

export async function symlink(target: string, path: string): Promise<void> {
  return access('link', path, (files, inside) => void files.add(inside, 'link', target));
}

async function looked(path: string): Promise<void> {
  return access('look at', path, (files, inside) => void existing(files, inside));
}

export async function stat(path: string): Promise<{ readonly ctimeMs: number }> {
  return access('look at', path, (files, inside) => {
    existing(files, inside);
    return { ctimeMs: currentKernel().now };
  });
}

export async function mkdir(path: string): Promise<void> {
  return access('make', path, (files, inside) => {
    const parts = inside.split('/').slice(1);
    for (const [nth] of parts.entries()) {
      const each = `/${parts.slice(0, nth + 1).join('/')}`;
      if (files.get(each) === undefined) files.add(each, 'directory');
    }
  });
}

export async function chown(): Promise<void> {
  return Promise.resolve();
}

export async function statfs(): Promise<{ bsize: number; blocks: number; bavail: number }> {
  return Promise.resolve({ bsize: 4096, blocks: 25e6, bavail: 20e6 });
}

function unused(): never {
  throw new Error('The simulation does not need this access.');
}

export { unused as mkdtemp, unused as writeFile, unused as lstat, unused as realpath, unused as chmod };
