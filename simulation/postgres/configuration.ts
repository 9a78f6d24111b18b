import type { FileSystem } from '../world/file-system';

/** What a server has read from role.conf. */
export interface Configuration {
  readonly primaryConninfo: string;
  readonly primarySlotName: string;
  readonly synchronousStandbyNames: string;
  /** `synchronous_standby_names`, understood; undefined when it is empty. */
  readonly quorum: { readonly acks: number; readonly members: ReadonlySet<string> } | undefined;
}

const ROLE_CONF = '/volume/config/role.conf';

export function readConfiguration(files: FileSystem): Configuration {
  const text = files.get(ROLE_CONF)?.text ?? '';
  const value = (name: string): string => {
    const quoted = new RegExp(`^${name} = '(.*)'$`, 'm').exec(text)?.[1] ?? '';
    return quoted.replaceAll("''", "'").replaceAll('\\\\', '\\');
  };
  const synchronousStandbyNames = value('synchronous_standby_names');
  return {
    primaryConninfo: value('primary_conninfo'),
    primarySlotName: value('primary_slot_name'),
    synchronousStandbyNames,
    quorum: quorumOf(synchronousStandbyNames),
  };
}

function quorumOf(names: string): Configuration['quorum'] {
  if (names === '') return undefined;
  const match = /^ANY (\d+) \((.*)\)$/.exec(names);
  if (match?.[2] === undefined) throw new Error(`The simulated PostgreSQL does not know the names "${names}".`);
  return {
    acks: Number(match[1]),
    members: new Set([...match[2].matchAll(/"([^"]+)"/g)].map((each) => String(each[1]))),
  };
}

/** One of the parameters of a connection string, as libpq reads it. */
export function parameter(conninfo: string, name: string): string | undefined {
  return new RegExp(`(?:^| )${name}='([^']*)'`).exec(conninfo)?.[1];
}
