import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { run } from './command';
import { aptSettings, DEBIAN_RELEASE, debianSources } from './debian-sources';
import { FILES } from './layout';

/** A base image: Debian packages, then `lab/files/images/<name>/prepare.sh` on the tree, next to the files it copies. */
export interface ImageSpec {
  readonly name: string;
  readonly packages: readonly string[];
}

/**
 * Base images in a cache that outlives runs. An image's directory carries a hash of everything it was made from, so a
 * changed package list or preparation is another image. It is built under another name and renamed when complete: what
 * has the right name is whole.
 */
export class Images {
  constructor(
    private readonly cacheDirectory: string,
    private readonly hostCodename: string | undefined,
  ) {}

  /** The image's root directory, if it is in the cache. */
  async cached(spec: ImageSpec): Promise<string | undefined> {
    const directory = await this.directoryOf(spec);
    return existsSync(directory) ? directory : undefined;
  }

  /** Makes the image if it is not there. Older versions of it are removed. `onOutput` gets the tools' own output. */
  async ensure(spec: ImageSpec, onOutput: (text: string) => void): Promise<string> {
    const directory = await this.directoryOf(spec);
    if (existsSync(directory)) return directory;
    await mkdir(this.cacheDirectory, { recursive: true });
    for (const entry of await readdir(this.cacheDirectory)) {
      const path = join(this.cacheDirectory, entry);
      if (entry.startsWith(`${spec.name}-`) && !(await isInUse(path))) await rm(path, { recursive: true, force: true });
    }
    const unfinished = `${directory}.unfinished`;
    await this.build(spec, unfinished, onOutput);
    await rename(unfinished, directory);
    return directory;
  }

  private async build(spec: ImageSpec, directory: string, onOutput: (text: string) => void): Promise<void> {
    const files = join(FILES, 'images', spec.name);
    const sources = await debianSources(this.hostCodename);
    const settings = await aptSettings();
    await run(
      'mmdebstrap',
      [
        '--variant=minbase',
        `--include=${spec.packages.join(',')}`,
        ...settings.map((line) => `--aptopt=${line}`),
        // Documentation is a fifth of the image and nobody reads it in a machine.
        '--dpkgopt=path-exclude=/usr/share/doc/*',
        '--dpkgopt=path-exclude=/usr/share/man/*',
        '--dpkgopt=path-exclude=/usr/share/locale/*',
        ...hook('--essential-hook', join(files, 'before-packages.sh')),
        ...hook('--customize-hook', join(files, 'prepare.sh')),
        DEBIAN_RELEASE,
        directory,
        ...(sources.length > 0 ? ['-'] : []),
      ],
      { input: sources.join('\n') + '\n', onOutput },
    );
  }

  private async directoryOf(spec: ImageSpec): Promise<string> {
    const hash = createHash('sha256');
    hash.update(JSON.stringify([DEBIAN_RELEASE, [...spec.packages].sort()]));
    const files = join(FILES, 'images', spec.name);
    for (const file of await filesBelow(files)) {
      // Not where this project happens to lie: all checkouts share the cache.
      hash.update(`\0${relative(files, file)}\0`);
      hash.update(await readFile(file));
    }
    return join(this.cacheDirectory, `${spec.name}-${hash.digest('hex').slice(0, 16)}`);
  }
}

/** Some lab still has it below an overlay. */
async function isInUse(directory: string): Promise<boolean> {
  return (await readFile('/proc/self/mounts', 'utf8')).includes(directory);
}

function hook(option: string, script: string): string[] {
  return existsSync(script) ? [`${option}=${script} "$1"`] : [];
}

async function filesBelow(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
