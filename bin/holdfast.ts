/** The CDK app: `npx cdk synth`, `npx cdk deploy`. The only reader of context and environment. */
import { App } from 'aws-cdk-lib';
import { appConfig } from './app-config';
import { HoldfastStack } from './holdfast-stack';

const app = new App();
new HoldfastStack(
  app,
  appConfig(app, { account: process.env['CDK_DEFAULT_ACCOUNT'], region: process.env['CDK_DEFAULT_REGION'] }),
);
