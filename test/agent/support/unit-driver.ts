import { SystemdService, type StopSignal } from '../../../agent/unit';
import { UNIT } from '../../../core/names';

/**
 * usage: node unit-driver.js VERB…
 *
 * Runs inside a machine that systemd booted. Does each verb in turn and prints what it gave, one JSON text a line.
 */
const service = new SystemdService(UNIT.postgres);

async function perform(verb: string): Promise<unknown> {
  switch (verb) {
    case 'start':
      return (await service.start()) ?? null;
    case 'stop:fast':
    case 'stop:immediate':
    case 'stop:kill':
      return (await service.stop(verb.slice('stop:'.length) as StopSignal)) ?? null;
    case 'start+stop:kill':
      // At once, and once more when the start has been dealt with: whatever it led to is gone afterwards.
      await Promise.all([service.start(), service.stop('kill')]);
      return (await service.stop('kill')) ?? null;
    case 'hasProcess':
      return service.hasProcess();
    case 'mainPid':
      return (await service.mainPid()) ?? null;
    case 'gone':
      while (await service.hasProcess()) await new Promise((resolve) => setTimeout(resolve, 10));
      return true;
    default:
      throw new Error(`"${verb}" is not a verb of this driver.`);
  }
}

async function main(): Promise<void> {
  for (const verb of process.argv.slice(2)) console.log(JSON.stringify(await perform(verb)));
}

void main();
