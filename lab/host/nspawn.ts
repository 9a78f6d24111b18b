import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { FILES } from './layout';

/** systemd-nspawn's exit code when the machine rebooted and its caller shall start it again. */
export const REBOOT_EXIT_CODE = 133;

export interface Boot {
  readonly machineId: string;
  readonly hostName: string;
  readonly root: string;
  readonly namespace: string;
  readonly controlGroups: readonly string[];
  /** The console's output is appended here. */
  readonly consoleFile: string;
}

/**
 * Boots a tree as a machine with systemd as its init. Works without systemd on the host, hence `--register=no` and
 * `--keep-unit`; the inside always sees a unified control group hierarchy, as Debian 13 needs it.
 */
export function boot(spec: Boot): ChildProcess {
  const console = openSync(spec.consoleFile, 'a');
  try {
    return spawn(
      join(FILES, 'enter-groups.sh'),
      [
        ...spec.controlGroups,
        '--',
        'systemd-nspawn',
        '--quiet',
        '--register=no',
        '--keep-unit',
        `--machine=${spec.machineId}`,
        `--hostname=${spec.hostName}`,
        `--directory=${spec.root}`,
        `--network-namespace-path=/run/netns/${spec.namespace}`,
        // The agent keeps its door with the packet filter of its own namespace.
        '--capability=CAP_NET_ADMIN',
        '--resolv-conf=off',
        '--timezone=off',
        '--link-journal=no',
        '--console=read-only',
        '--setenv=TERM=dumb',
        '--boot',
      ],
      {
        stdio: ['ignore', console, console],
        // A session of its own: Ctrl-C at the terminal of whoever started the lab does not reach machines.
        detached: true,
        env: {
          PATH: process.env['PATH'],
          SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1',
          // Its lock files would outlive a machine whose power is cut; each tree is used by one machine anyway.
          SYSTEMD_NSPAWN_LOCK: '0',
        },
      },
    );
  } finally {
    closeSync(console);
  }
}
