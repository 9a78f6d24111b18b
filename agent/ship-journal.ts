import { readFile, writeFile } from 'node:fs/promises';
import { PATH, UNIT } from '../core/names';
import { clientSettings } from './adapters/aws';
import { LogStream } from './adapters/cloudwatch-logs';
import type { NodeConfig } from './config';
import { errorCode } from './error-code';
import type { InstanceIdentity } from './imds';
import { Journal } from './journal';
import type { Log } from './log';
import { LogShipper } from './log-shipper';

/** Copies the journal to CloudWatch Logs, beside everything else. */
export async function shipJournal({ region, slot, logGroup }: NodeConfig, { instanceId }: InstanceIdentity, log: Log) {
  if (logGroup === undefined) return;
  const shipper = new LogShipper({
    destination: new LogStream(clientSettings(region), logGroup, `${slot}/${instanceId}`),
    log,
    onShipped: (cursor) => {
      writeFile(PATH.journalCursor, cursor).catch((error: unknown) => log.error('cursor-unwritten', error));
    },
  });
  const journal = new Journal([UNIT.agent, UNIT.postgres], log, await readIfThere(PATH.journalCursor));
  void journal.follow((entry) => shipper.add(entry));
  void shipper.run();
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
