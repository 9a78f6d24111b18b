import { App } from 'aws-cdk-lib';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { appConfig } from '../../../bin/app-config';
import { HoldfastStack } from '../../../bin/holdfast-stack';

/** This project's own app, but for the nodes: they boot, and nothing ever runs on them. */
const app = new App();
const stack = new HoldfastStack(app, appConfig(app, { account: undefined, region: undefined }));
for (const each of stack.node.findAll()) {
  if (!(each instanceof CfnLaunchTemplate)) continue;
  each.addPropertyOverride('LaunchTemplateData.UserData', { 'Fn::Base64': '#!/bin/sh\nexit 1\n' });
}
