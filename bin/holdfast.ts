import { App } from 'aws-cdk-lib';
import { appConfig } from './app-config';
import { HoldfastStack } from './holdfast-stack';

const app = new App();
new HoldfastStack(app, appConfig(app));
