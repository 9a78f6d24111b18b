// The last screen of script/test: what ran, what failed, and one plain closing line.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory, ...failedSteps] = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const file of readdirSync(directory)) {
  const text = readFileSync(join(directory, file), 'utf8');
  // A step that did not get as far as a result is among the failed steps.
  if (text.trim() === '') continue;
  const result = JSON.parse(text);
  passed += result.numPassedTests;
  failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  for (const suite of result.testResults) {
    if (suite.status === 'failed' && suite.assertionResults.length === 0) console.log(`  failed: ${suite.name}`);
    for (const test of suite.assertionResults) {
      if (test.status === 'failed') console.log(`  failed: ${test.fullName}`);
    }
  }
  const idle = result.numPendingTests + result.numTodoTests;
  if (idle > 0) {
    console.log(`  ${idle} tests of ${file} did not run; a test that is skipped counts as failed`);
    failed += idle;
  }
}
for (const step of failedSteps) console.log(`  failed step: ${step}`);
// A step without tests of its own (lint, types) counts as one.
if (failed === 0) failed = failedSteps.length;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
