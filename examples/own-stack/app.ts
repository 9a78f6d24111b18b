import { App } from 'aws-cdk-lib';
import { ShopStack } from './shop-stack';

new ShopStack(new App(), 'Shop', { env: { region: 'eu-central-1' } });
