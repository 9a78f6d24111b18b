import { expect, test } from '@jest/globals';
import { ViewKeeper } from '../../coordinator/view-keeper';
import type { CoordinatorView } from '../../core/coordinator-view';
import type { Finding } from '../../core/finding';
import { snapshot } from '../core/support/evidence';
import { ManualClock, settled } from './support/manual-clock';
import { recordedLog } from './support/recorded-log';

const SILENT: Finding = { code: 'standby-silent', slot: 'c', detail: 'c is silent' };

function keeper(isReady = () => true) {
  const clock = new ManualClock();
  const views: CoordinatorView[] = [];
  const recorded = recordedLog();
  const register = {
    isOut: false,
    writeView: (view: CoordinatorView): Promise<void> => {
      if (register.isOut) return Promise.reject(new Error('no answer'));
      views.push(view);
      return Promise.resolve();
    },
  };
  const kept = new ViewKeeper({ register, by: 'health checker', isReady, clock, log: recorded.log });
  /** A beat every half second. */
  const beat = async (findings: readonly Finding[] = [], count = 1) => {
    for (let each = 0; each < count; each += 1) {
      kept.keep({ snapshot: snapshot(), findings, waiting: undefined, endpoints: undefined });
      await settled();
      await clock.pass(500);
    }
  };
  return { kept, beat, views, register, codes: () => recorded.codes() };
}

test('news are written within a second, the rest every five seconds', async () => {
  const { beat, views } = keeper();
  await beat();
  expect(views).toHaveLength(1);
  await beat([SILENT]);
  expect(views).toHaveLength(1);
  await beat([SILENT]);
  expect(views.map(({ findings }) => findings.length)).toEqual([0, 1]);
  await beat([SILENT], 9);
  expect(views).toHaveLength(2);
  await beat([SILENT], 1);
  expect(views).toHaveLength(3);
});

test('nothing is written by one that has not watched long enough: all would seem to be lost', async () => {
  let ready = false;
  const { beat, views } = keeper(() => ready);
  await beat([], 10);
  expect(views).toEqual([]);
  ready = true;
  await beat();
  expect(views).toHaveLength(1);
});

test('a register that does not answer is complained of once, and written to again', async () => {
  const { beat, views, register, codes, kept } = keeper();
  register.isOut = true;
  await beat([], 8);
  expect(codes()).toEqual(['view-unwritten']);
  register.isOut = false;
  await beat([], 2);
  expect(views).toHaveLength(1);
  await kept.stop();
});
