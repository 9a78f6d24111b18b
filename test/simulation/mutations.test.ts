import { describe, expect, jest, test } from '@jest/globals';
import { cpus } from 'node:os';
import { MUTATIONS } from '../../simulation/mutations';
import { search } from '../../simulation/search';

/*
 * Checks that cannot fail prove nothing. Each of these takes one rule out of the real code; the same checks that find
 * nothing wrong in the code as it is have to notice.
 */
jest.setTimeout(600_000);

describe('the simulation notices when', () => {
  test.each(MUTATIONS.map((mutation) => [mutation.what, mutation] as const))('%s', async (_what, mutation) => {
    const { violation } = await search(mutation, { workers: cpus().length });
    expect(violation).toBeDefined();
    expect(mutation.shows).toContain(violation?.rule);
  });

  test('each by its own name, and none is left out of the documents', () => {
    const ids = MUTATIONS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(20);
  });
});
