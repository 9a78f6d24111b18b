import { expect, jest, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { join } from 'node:path';
import { ShopStack } from './shop-stack';

// A first synth bundles two programs.
jest.setTimeout(120_000);

/** As in cdk.json: what CDK's validation finds in the template is an error. */
const CONTEXT = { '@aws-cdk/core:validateAgainstDefaultRules': true };

/** What `cdk synth` would write. */
function synthesized(): unknown {
  const app = new App({ context: CONTEXT, outdir: join(__dirname, 'cdk.out.test') });
  return Template.fromStack(new ShopStack(app, 'Shop', { env: { region: 'eu-central-1' } })).toJSON();
}

test('the shop is what was reviewed', () => {
  // Hashes of bundles change with every release of Holdfast; what they do to the template does not.
  const reviewable: unknown = JSON.parse(JSON.stringify(synthesized()).replace(/[0-9a-f]{64}/g, '<hash>'));
  expect(reviewable).toMatchSnapshot();
});

test('a second synth gives the same template, bundles included', () => {
  expect(synthesized()).toEqual(synthesized());
});
