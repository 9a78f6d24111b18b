import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseSlot, type Slot } from '../core/member';
import { PATH } from '../core/names';

const text = z.string().min(1);

const slot = z.string().transform((value, context): Slot => {
  try {
    return parseSlot(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

const schema = z.object({
  cluster: text,
  slot,
  region: text,
  /** The slot's EBS volume: this one and no other, however it is tagged. */
  volumeId: z.string().regex(/^vol-[0-9a-f]{8,17}$/, 'expected an EBS volume id, for example vol-0123456789abcdef0'),
  registerTable: text,
  hostedZoneId: text,
  zoneName: text,
  settingsParameter: text,
  caCertificateParameter: text,
  caSecretArn: text,
  masterSecretArn: text,
  monitorSecretArn: text,
  /** CloudWatch Logs' group that the journal is copied to; without one it stays on the machine. */
  logGroup: text.optional(),
  /** The resource of CloudFormation that waits for this node while it replaces nodes. Absent: nobody does. */
  signal: z.object({ stackId: text, resource: text }).optional(),
});

/** What the launch template's user data tells a node about itself. No secret is in it. */
export type NodeConfig = Readonly<z.infer<typeof schema>>;

/** @throws Error that names the field and what is expected. */
export function parseNodeConfig(json: string): NodeConfig {
  const parsed = schema.safeParse(jsonOrNothing(json));
  if (!parsed.success) throw new Error(`${PATH.nodeConfig} is not usable:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A file that was cut off: the schema says what is missing.
    return undefined;
  }
}

export async function readNodeConfig(path: string = PATH.nodeConfig): Promise<NodeConfig> {
  return parseNodeConfig(await readFile(path, 'utf8'));
}

/** `<slot>.<zone>`: how nodes and clients name one node. */
export function slotName(config: Pick<NodeConfig, 'zoneName'>, slot: Slot): string {
  return `${slot}.${config.zoneName}`;
}
