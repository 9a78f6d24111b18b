import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Long enough for a cold start on two busy cores; it takes three seconds on idle ones. */
const START_LIMIT_MS = 60_000;
const REMEMBERED_LINES = 40;

export interface MotoServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts Debian's moto in its own image directory, in this process's network namespace, on loopback only. */
export async function startMoto(imageDirectory: string, port: number, accountId: string): Promise<MotoServer> {
  const child = spawn(
    'chroot',
    [imageDirectory, '/usr/bin/moto_server', '--host', '127.0.0.1', '--port', String(port)],
    {
      // The image is shared between runs and stays as it was built.
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        LANG: 'C.UTF-8',
        PYTHONDONTWRITEBYTECODE: '1',
        MOTO_ACCOUNT_ID: accountId,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const lastLines = rememberStderr(child);
  const url = `http://127.0.0.1:${port}`;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve).once('error', () => resolve(null)));
  let exited = false;
  void ended.then(() => (exited = true));
  const giveUpAt = Date.now() + START_LIMIT_MS;
  while (!(await answers(url))) {
    if (exited || Date.now() > giveUpAt) {
      child.kill('SIGKILL');
      throw new Error(`moto did not start in ${imageDirectory}:\n${lastLines.join('\n')}`);
    }
    await sleep(50);
  }
  return {
    url,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** moto logs every request there; only the tail matters, and only when it fails. */
function rememberStderr(child: ChildProcess): readonly string[] {
  const lines: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').filter((line) => line !== ''));
    lines.splice(0, lines.length - REMEMBERED_LINES);
  });
  return lines;
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/moto-api/`).then(
    (response) => response.ok,
    () => false,
  );
}
