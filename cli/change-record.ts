import type { Command } from '../core/operator';
import type { Operation } from '../core/operation';
import type { ClusterRecord } from '../core/record';
import type { Register } from '../register';
import { CliError } from './cli-error';

export type Changed =
  | { readonly kind: 'done'; readonly record: ClusterRecord }
  /** It is so already. */
  | { readonly kind: 'already'; readonly reason: string; readonly record: ClusterRecord };

/** The primary's agent may write several times a second while a guarantee changes. */
const ATTEMPTS = 20;

/**
 * Does to the record what an operator wants, by one conditional write. When the record has moved on meanwhile, the
 * command is asked again about what stands there now.
 *
 * @throws CliError when there is no record, or the command is refused; what stands against it is the message
 */
export async function changeRecord(
  register: Pick<Register, 'readRecord' | 'replaceRecord'>,
  command: (record: ClusterRecord) => Command,
): Promise<Changed> {
  let record = await register.readRecord();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (record === undefined) {
      throw new CliError('The register holds no record: the cluster was never made, or the table was emptied.');
    }
    const wanted = command(record);
    if (wanted.kind === 'refused') throw new CliError(wanted.reason);
    if (wanted.kind === 'already') return { kind: 'already', reason: wanted.reason, record };
    const outcome = await register.replaceRecord(wanted.judged, wanted.next);
    if (outcome.kind === 'written') return { kind: 'done', record: outcome.record };
    record = outcome.found;
  }
  throw new CliError(`The record changed ${ATTEMPTS} times under this command.`, 'Nothing was done. Try again.');
}

/** The history comes after the deed: a failure to tell must not look like a failure to do. */
export async function tell(
  register: Pick<Register, 'writeOperation'>,
  operation: Operation,
  warn: (text: string) => void,
): Promise<void> {
  try {
    await register.writeOperation(operation);
  } catch (error) {
    warn(
      `It is done, but could not be added to the history: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
