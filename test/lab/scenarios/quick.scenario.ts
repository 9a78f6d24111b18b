import { SCENARIOS } from './list';
import { chosenScenarios } from './support/selection';
import { describeSurvival } from './support/survival';

describeSurvival('quick', chosenScenarios(SCENARIOS, undefined));
