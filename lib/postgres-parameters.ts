import { readTemplateFile } from './template-file';

interface Kind {
  readonly type: string;
  /** Of an `enum`. */
  readonly values: readonly string[];
}

const SWITCH = ['on', 'off', 'true', 'false', 'yes', 'no', '1', '0'];
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'us', 'ms', 's', 'min', 'h', 'd'];
const NUMBER = new RegExp(`^-?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?\\s*(${UNITS.join('|')})?$`);

/** What PostgreSQL 17 lists in pg_settings (name, vartype, enumvals), without what nobody can set. */
const KINDS: ReadonlyMap<string, Kind> = new Map(
  readTemplateFile('postgres-17-parameters.tsv')
    .split('\n')
    .map((line) => {
      const [name = '', type = '', values = ''] = line.split('\t');
      return [name, { type, values: values === '' ? [] : values.split(',') }];
    }),
);

/**
 * What is allowed instead, when PostgreSQL would refuse the value for its name or its type. Ranges are left to PostgreSQL on the
 * node, which refuses a value without harm; what an extension calls its own, too.
 */
export function allowedInstead(name: string, value: string): string | undefined {
  if (name.includes('.')) {
    return undefined;
  }
  const kind = KINDS.get(name);
  if (kind === undefined) {
    return 'a parameter of PostgreSQL 17, or one of an extension with its prefix';
  }
  switch (kind.type) {
    case 'bool':
      return SWITCH.includes(value.toLowerCase()) ? undefined : `one of ${SWITCH.join(', ')}`;
    case 'integer':
    case 'real':
      return NUMBER.test(value) ? undefined : `a number, with a unit (${UNITS.join(', ')}) or without`;
    case 'enum': {
      const values = kind.values.includes('on') ? [...new Set([...kind.values, ...SWITCH])] : kind.values;
      return values.includes(value.toLowerCase()) ? undefined : `one of ${values.join(', ')}`;
    }
    default:
      return undefined;
  }
}
