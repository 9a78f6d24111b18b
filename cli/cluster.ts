import { parseSlot, type Slot } from '../core/member';
import { CliError } from './cli-error';

/** What the command line has to know of a cluster; all of it stands in its stack's outputs (lib/outputs.ts). */
export interface Cluster {
  readonly name: string;
  readonly stack: string;
  readonly region: string;
  readonly slots: readonly Slot[];
  readonly registerTable: string;
  readonly healthCheckerLogGroup: string;
  readonly nodeLogGroup: string;
  readonly writer: string;
  readonly reader: string;
}

/** A stack, as far as it matters here. */
export interface Stack {
  readonly name: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Each cluster's outputs share a prefix (`outputPrefix`), which this one of them shows. */
const TELLTALE = 'RegisterTableName';

/** The clusters that a stack made; none for a stack that is not Holdfast's. */
export function clustersOf({ name: stack, outputs }: Stack, region: string): readonly Cluster[] {
  return Object.keys(outputs)
    .filter((name) => name.endsWith(TELLTALE))
    .flatMap((name) => {
      const prefix = name.slice(0, -TELLTALE.length);
      const read = (output: string) => outputs[`${prefix}${output}`];
      const [clusterName, slots, registerTable] = [read('ClusterName'), read('Slots'), read(TELLTALE)];
      if (clusterName === undefined || slots === undefined || registerTable === undefined) return [];
      return {
        ...{ name: clusterName, stack, region, registerTable, slots: slots.split(',').map(parseSlot) },
        healthCheckerLogGroup: read('HealthCheckerLogGroupName') ?? '',
        nodeLogGroup: read('NodeLogGroupName') ?? '',
        writer: read('WriterEndpoint') ?? '',
        reader: read('ReaderEndpoint') ?? '',
      };
    });
}

/** What was asked for, by options or environment. */
export interface Wanted {
  readonly stack?: string | undefined;
  readonly cluster?: string | undefined;
}

/** The one cluster that is meant. @throws CliError that lists what there is */
export function chooseCluster(found: readonly Cluster[], wanted: Wanted, region: string): Cluster {
  const fitting = found.filter(({ name }) => wanted.cluster === undefined || name === wanted.cluster);
  const [first, ...others] = fitting;
  if (first !== undefined && others.length === 0) return first;
  const where = wanted.stack === undefined ? `region ${region}` : `stack ${wanted.stack} in region ${region}`;
  if (first !== undefined) {
    throw new CliError(`There are ${fitting.length} clusters in ${where}.`, `Say which:\n${list(fitting)}`);
  }
  if (found.length > 0) {
    throw new CliError(`There is no cluster "${wanted.cluster ?? ''}" in ${where}.`, `There is:\n${list(found)}`);
  }
  throw new CliError(
    `There is no Holdfast cluster in ${where}.`,
    'Another region is chosen by --region, another account by --profile, a stack by --stack. ' +
      'A stack that was deployed before its outputs named the register has to be deployed again.',
  );
}

function list(clusters: readonly Cluster[]): string {
  return clusters.map(({ name, stack }) => `  --cluster ${name}   (stack ${stack})`).join('\n');
}
