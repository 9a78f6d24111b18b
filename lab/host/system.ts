import { readFileSync } from 'node:fs';

export interface HostSystem {
  /** `ID` of os-release. */
  readonly id: string;
  readonly prettyName: string;
  /** Set on Debian only: `bookworm`, `trixie` … */
  readonly debianCodename: string | undefined;
}

/** What kind of system this machine runs. */
export function hostSystem(osRelease = readFileSync('/etc/os-release', 'utf8')): HostSystem {
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(osRelease)?.[1];
  const id = field('ID') ?? 'unknown';
  return {
    id,
    prettyName: field('PRETTY_NAME') ?? id,
    debianCodename: id === 'debian' ? field('VERSION_CODENAME') : undefined,
  };
}
