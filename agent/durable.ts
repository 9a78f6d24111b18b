import { randomBytes } from 'node:crypto';
import { chown, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { onDisk } from './disk';
import { errorCode } from './error-code';

export interface DurableOptions {
  /** Permissions; 0600 unless told. */
  readonly mode?: number;
  /** Owner; the process's own unless told. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly timeoutMs?: number;
}

/**
 * Replaces a file so that after a crash, or a power cut at any moment, either the old or the new text is there, and
 * once this resolves the new one: written beside, flushed, renamed, and the directory flushed as well.
 *
 * A write that hangs is given up but not cancelled: its flush may come back much later. It must not be renamed then, on
 * top of what was written after it: the file would say again what was true before.
 */
export async function writeDurably(path: string, text: string, options: DurableOptions = {}): Promise<void> {
  let isGivenUp = false;
  try {
    await onDisk(`Writing ${path}`, () => replace(path, text, options, () => isGivenUp), options.timeoutMs);
  } catch (error) {
    isGivenUp = true;
    throw error;
  }
}

/** Removes a file so that it stays removed after a power cut. One that is not there is fine. */
export async function removeDurably(path: string, timeoutMs?: number): Promise<void> {
  await onDisk(
    `Removing ${path}`,
    async () => {
      await rm(path, { force: true });
      await flushDirectory(dirname(path));
    },
    timeoutMs,
  );
}

/** Renames within one file system so that it holds after a power cut; both directories are flushed. */
export async function renameDurably(from: string, to: string, timeoutMs?: number): Promise<void> {
  await onDisk(
    `Renaming ${from}`,
    async () => {
      await rename(from, to);
      await flushDirectory(dirname(to));
      if (dirname(from) !== dirname(to)) await flushDirectory(dirname(from));
    },
    timeoutMs,
  );
}

/** The file's text; undefined only when it positively does not exist. */
export async function readIfPresent(path: string, timeoutMs?: number): Promise<string | undefined> {
  return onDisk(
    `Reading ${path}`,
    async () => {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    timeoutMs,
  );
}

/** Whether an error says that a file or directory is not there, and nothing else. */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

async function replace(path: string, text: string, options: DurableOptions, isGivenUp: () => boolean): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    // Made unreadable to others first: the text may be a key.
    const file = await open(beside, 'wx', 0o600);
    await closing(file, async () => {
      await file.writeFile(text);
      await file.chmod(options.mode ?? 0o600);
      await file.sync();
    });
    if (options.owner !== undefined) await chown(beside, options.owner.uid, options.owner.gid);
    if (isGivenUp()) throw new Error(`${path} was given up before it was flushed.`);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await flushDirectory(dirname(path));
}

/** Without this a rename is in memory only. */
export async function flushDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await closing(directory, () => directory.sync());
}

async function closing(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await file.close();
  }
}
