import { SCENARIOS } from './list';
import { rememberMeasured } from './support/measured';
import { chosenScenarios } from './support/selection';
import { describeSurvival } from './support/survival';
import { writeAgainMs } from './support/telling';

/** Set by script/test-lab: which scenarios, and that docs/faults-measured.json takes the times. */
const scenarios = chosenScenarios(SCENARIOS, process.env['HOLDFAST_SCENARIOS']);
const keepTimes = process.env['HOLDFAST_KEEP_TIMES'] === '1';

describeSurvival('faults', scenarios, ({ id }, run) => {
  if (keepTimes) rememberMeasured(id, writeAgainMs(run));
});
