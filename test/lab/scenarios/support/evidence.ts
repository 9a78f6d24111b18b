import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabCommand } from '../../../../lab/workload/lab-command';

/** Everything that helps to see why a scenario failed, beside its history. What cannot be had any more says why. */
export async function keepEvidence(lab: LabCommand, directory: string): Promise<void> {
  const said = async (what: () => Promise<string>) => {
    try {
      return await what();
    } catch (error) {
      return String(error);
    }
  };
  await writeFile(join(directory, 'status.json'), await said(async () => JSON.stringify(await lab.status(), null, 2)));
  await writeFile(join(directory, 'events.json'), await said(async () => JSON.stringify(await lab.events(), null, 2)));
  for (const target of ['a', 'b', 'c', 'health-checker']) {
    await writeFile(join(directory, `${target}.log`), await said(() => lab.logs(target)));
  }
}
