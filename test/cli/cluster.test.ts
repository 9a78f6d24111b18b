import { expect, test } from '@jest/globals';
import { chooseCluster, clustersOf } from '../../cli/cluster';
import type { CliError } from '../../cli/cli-error';

const outputs = (prefix: string, name: string) => ({
  [`${prefix}ClusterName`]: name,
  [`${prefix}Slots`]: 'a,b,c',
  [`${prefix}RegisterTableName`]: `${name}-table`,
  [`${prefix}HealthCheckerLogGroupName`]: `${name}-log`,
  [`${prefix}NodeLogGroupName`]: `${name}-nodes`,
  [`${prefix}WriterEndpoint`]: `writer.${name}`,
  [`${prefix}ReaderEndpoint`]: `reader.${name}`,
});

const found = clustersOf({ name: 'Shop', outputs: { ...outputs('Db', 'shop-db'), Url: 'x' } }, 'eu-west-1');
const two = [...found, ...clustersOf({ name: 'Blog', outputs: outputs('', 'blog') }, 'eu-west-1')];

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    const { message, help } = error as CliError;
    return `${message}\n${help ?? ''}`;
  }
  throw new Error('It was not refused.');
}

test("a cluster is found by its stack's outputs, whatever their prefix", () => {
  expect(found).toEqual([
    {
      ...{ name: 'shop-db', stack: 'Shop', region: 'eu-west-1', slots: ['a', 'b', 'c'], writer: 'writer.shop-db' },
      ...{
        registerTable: 'shop-db-table',
        healthCheckerLogGroup: 'shop-db-log',
        nodeLogGroup: 'shop-db-nodes',
        reader: 'reader.shop-db',
      },
    },
  ]);
  expect(clustersOf({ name: 'Other', outputs: { Url: 'x' } }, 'eu-west-1')).toEqual([]);
  expect(clustersOf({ name: 'Two', outputs: { ...outputs('A', 'a'), ...outputs('B', 'b') } }, 'x')).toHaveLength(2);
});

test('the only one of a region needs no name', () => {
  expect(chooseCluster(found, {}, 'eu-west-1').name).toBe('shop-db');
});

test('of several, one has to be named; they are listed', () => {
  expect(chooseCluster(two, { cluster: 'blog' }, 'eu-west-1').stack).toBe('Blog');
  expect(refusal(() => chooseCluster(two, {}, 'eu-west-1'))).toBe(
    'There are 2 clusters in region eu-west-1.\nSay which:\n  --cluster shop-db   (stack Shop)\n  --cluster blog   (stack Blog)',
  );
});

test('one that is not there is said to be not there, with those that are', () => {
  expect(refusal(() => chooseCluster(found, { cluster: 'blog', stack: 'Shop' }, 'eu-west-1'))).toBe(
    'There is no cluster "blog" in stack Shop in region eu-west-1.\nThere is:\n  --cluster shop-db   (stack Shop)',
  );
  expect(refusal(() => chooseCluster([], {}, 'eu-west-1'))).toContain(
    'There is no Holdfast cluster in region eu-west-1.\nAnother region is chosen by --region',
  );
});
