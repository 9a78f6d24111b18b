import type { Random } from '../kernel/random';

/** A file, a directory or a link. `content` carries what a simulated program keeps in it, for example PostgreSQL its WAL. */
export interface Inode {
  readonly kind: 'file' | 'directory' | 'link';
  text: string;
  /** What a power cut leaves of the text; undefined: nothing was flushed yet. */
  flushedText: string | undefined;
  content?: unknown;
}

/**
 * A volume's file system: what is visible, and what would be left after a power cut.
 *
 * As little is promised as POSIX does. A file's text is on the disk when the file was flushed; its name, and every
 * renaming and removal, when the directory was. Names reach the disk in order, so a cut leaves a beginning of what was
 * done to them, and perhaps a file without its text.
 */
export class FileSystem {
  private visible = new Map<string, Inode>();
  private onDisk = new Map<string, Inode>();
  private unflushed: ((map: Map<string, Inode>) => void)[] = [];

  get(path: string): Inode | undefined {
    return this.visible.get(path);
  }

  /** Names directly below a directory. */
  list(path: string): string[] {
    const prefix = `${path}/`;
    return [...this.visible.keys()]
      .filter((each) => each.startsWith(prefix) && !each.slice(prefix.length).includes('/'))
      .map((each) => each.slice(prefix.length));
  }

  add(path: string, kind: Inode['kind'], text = ''): Inode {
    const inode: Inode = { kind, text, flushedText: kind === 'file' ? undefined : text };
    this.change((map) => map.set(path, inode));
    return inode;
  }

  remove(path: string): void {
    this.change((map) => {
      for (const each of [...map.keys()]) if (each === path || each.startsWith(`${path}/`)) map.delete(each);
    });
  }

  rename(from: string, to: string): void {
    this.change((map) => {
      for (const [path, inode] of [...map]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        map.delete(path);
        map.set(`${to}${path.slice(from.length)}`, inode);
      }
    });
  }

  flushFile(inode: Inode): void {
    inode.flushedText = inode.text;
  }

  flushNames(): void {
    for (const change of this.unflushed) change(this.onDisk);
    this.unflushed = [];
  }

  /** A file that is there, name and text, whatever happens: how PostgreSQL writes its own. */
  put(path: string, text: string, content?: unknown): Inode {
    const inode = this.add(path, 'file', text);
    if (content !== undefined) inode.content = content;
    this.flushFile(inode);
    this.flushNames();
    return inode;
  }

  /** Of what was not flushed a beginning is left, perhaps nothing. */
  cutPower(random: Random): void {
    const kept = random.below(this.unflushed.length + 1);
    for (const change of this.unflushed.slice(0, kept)) change(this.onDisk);
    this.unflushed = [];
    this.visible = new Map(this.onDisk);
    for (const inode of this.visible.values()) {
      if (inode.flushedText !== inode.text && (inode.flushedText === undefined || random.chance(0.5))) {
        inode.text = inode.flushedText ?? '';
      }
      inode.flushedText = inode.text;
    }
  }

  /** A copy as a snapshot of the volume is: what is on the disk now. */
  copy(copyContent: (content: unknown) => unknown): FileSystem {
    const made = new FileSystem();
    for (const [path, inode] of this.onDisk) {
      const text = inode.flushedText ?? '';
      const twin: Inode = { kind: inode.kind, text, flushedText: text };
      if (inode.content !== undefined) twin.content = copyContent(inode.content);
      made.visible.set(path, twin);
      made.onDisk.set(path, twin);
    }
    return made;
  }

  private change(apply: (map: Map<string, Inode>) => void): void {
    apply(this.visible);
    this.unflushed.push(apply);
  }
}
