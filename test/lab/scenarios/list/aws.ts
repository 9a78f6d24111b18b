import type { Scenario } from '../support/scenario';

/** Services without which nothing may stop, and a failover may or may not be possible. */
const NOTHING_STOPS = ['ec2', 'autoscaling', 'route53', 'secretsmanager', 'ssm', 's3', 'sts', 'imds', 'nat', 'lambda'];
/** Those without which the primary can be lost all the same. */
const FAILOVER_WORKS = ['ec2', 'autoscaling', 'route53', 'nat', 'lambda'];

/** AWS is never in the path of a commit. */
export const AWS: readonly Scenario[] = [
  {
    id: 'outage-dynamodb',
    title: 'an outage of DynamoDB: the primary serves on',
    fault: '`outage` of DynamoDB',
    usersSee: 'nothing',
    healedBy: 'nothing fails over meanwhile, and nothing stops: the quorum answers',
    steps: [
      { fault: 'outage', service: 'dynamodb' },
      { until: 'every client has written for 15 s' },
      { healService: 'dynamodb' },
    ],
    expect: { elections: 0, primary: 'stays', clients: 'keep writing' },
  },
  {
    id: 'outage-dynamodb-power-off',
    title: 'the loss of the primary during an outage of DynamoDB',
    fault: '`outage` of DynamoDB, and `power-off` of the primary meanwhile',
    usersSee: 'no writes until DynamoDB is back: it is the only authority',
    healedBy: 'election as soon as DynamoDB answers',
    steps: [
      { fault: 'outage', service: 'dynamodb' },
      { fault: 'power-off', to: ['primary'] },
      { until: 'nobody has written for 10 s' },
      { healService: 'dynamodb' },
    ],
    expect: { elections: [1, 2], primary: 'may move', clients: 'reconnect', replaced: ['primary'] },
  },
  ...NOTHING_STOPS.map((service): Scenario => ({
    id: `outage-${service}`,
    title: `an outage of ${service}: nothing stops`,
    fault: `\`outage\` of ${service}`,
    usersSee: 'nothing',
    healedBy: 'it is in nobody’s way',
    steps: [{ fault: 'outage', service }, { until: 'every client has written for 15 s' }, { healService: service }],
    expect: { elections: 0, primary: 'stays', clients: 'keep writing' },
  })),
  ...FAILOVER_WORKS.map((service): Scenario => ({
    id: `outage-${service}-kill-postgres`,
    title: `a failover during an outage of ${service}`,
    fault: `\`outage\` of ${service}, and \`pause\` of the primary meanwhile`,
    usersSee:
      service === 'route53'
        ? 'the multi-host DSN finds the new primary; `writer.<zone>` follows when Route 53 is back'
        : 'as without the outage',
    healedBy: 'election',
    steps: [
      { until: 'a failover would not be too soon' },
      { fault: 'outage', service },
      { fault: 'pause', to: ['primary'] },
      { until: 'the primary has moved' },
      { healService: service },
    ],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect' },
  })),
  {
    id: 'outage-lambda-power-off',
    title: 'the loss of the primary’s machine while Lambda is gone: an agent coordinates, and steps aside in the end',
    fault: '`outage` of Lambda, and `power-off` of the primary meanwhile',
    usersSee: 'as without the outage, through `writer.<zone>` too',
    healedBy: 'election, led by an agent; it moves the writer’s name as well, and leaves it to Lambda again',
    steps: [
      { fault: 'outage', service: 'lambda' },
      { until: 'an agent coordinates' },
      { fault: 'power-off', to: ['primary'] },
      { until: 'the primary has moved' },
      { until: 'every client writes' },
      { healService: 'lambda' },
      { until: 'no agent coordinates' },
    ],
    expect: { elections: 1, primary: 'moves', clients: 'reconnect', replaced: ['primary'] },
  },
];
