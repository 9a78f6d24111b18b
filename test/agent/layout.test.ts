import { describe, expect, test } from '@jest/globals';
import { layoutOf } from '../../agent/layout';

/** Every path in it. */
function paths(value: object): string[] {
  return Object.values(value).flatMap((each: string | object) => (typeof each === 'string' ? [each] : paths(each)));
}

describe('the layout of a node', () => {
  test('nothing of the agent is inside the data directory: rewinding and cloning replace all of it', () => {
    const { data, ...rest } = layoutOf();
    expect(paths(rest).filter((path) => path.startsWith(data))).toEqual([]);
  });

  test('what must outlive the instance is on the volume, what names its address is not', () => {
    const { volume, data, aside, config, state, tls } = layoutOf();
    for (const path of [data, aside, ...paths(config), ...paths(state)])
      expect(path.startsWith(`${volume}/`)).toBe(true);
    for (const path of paths(tls)) expect(path.startsWith(volume)).toBe(false);
  });

  test('moves as a whole', () => {
    expect(layoutOf({ volume: '/tmp/a', tls: '/tmp/a-tls' })).toMatchObject({
      data: '/tmp/a/data',
      state: { pledge: '/tmp/a/state/pledge.json' },
      tls: { server: { key: '/tmp/a-tls/server.key' } },
      socketDirectory: '/run/postgresql',
    });
  });
});
