/**
 * Every name that two parts must agree on: ports, environment variables, table keys, tags, files, roles.
 * A name that stands here stands nowhere else.
 */

/** TCP ports of a node. */
export const PORT = {
  /** Applications. Rejected with a TCP reset while the door is closed, so that a multi-host DSN goes on to the next host. */
  client: 5432,
  /** Nodes and the health checker. Redirected to 5432 on the node itself and never closed by the door. */
  peer: 5433,
  /** The agent's read-only HTTPS page: `GET /status` and the hint `POST /look`. */
  agent: 8432,
} as const;

/** The path of {@link PORT.agent}'s resources. */
export const AGENT_PATH = { status: '/status', look: '/look' } as const;

/** Environment of the health checker Lambda; set by lib/, read by lambda/health-checker/. */
export const HEALTH_CHECKER_ENV = {
  cluster: 'HOLDFAST_CLUSTER',
  registerTable: 'HOLDFAST_REGISTER_TABLE',
  hostedZoneId: 'HOLDFAST_HOSTED_ZONE_ID',
  zoneName: 'HOLDFAST_ZONE_NAME',
  /** Comma-separated slot names. */
  slots: 'HOLDFAST_SLOTS',
  /** Secret with the password of {@link ROLE.monitor}. */
  monitorSecretArn: 'HOLDFAST_MONITOR_SECRET_ARN',
  /** SSM parameter with the `Settings`. */
  settingsParameter: 'HOLDFAST_SETTINGS_PARAMETER',
} as const;

/** PostgreSQL roles that Holdfast makes. The application's master user is named by its secret. */
export const ROLE = {
  /** Superuser of the agent; only through the local socket, by peer authentication of the system user postgres. */
  agent: 'postgres',
  /** Streaming, cloning, rewinding; client certificate of the cluster's CA, no password. */
  replication: 'holdfast_replication',
  /** The health checker's probes; password from the monitor secret. */
  monitor: 'holdfast_monitor',
} as const;

/** The name in `synchronous_standby_names` that nobody answers to (protocol S1). */
export const NOBODY = 'holdfast_nobody';

/** Prefix of WAL messages: the beat and the probes (`pg_logical_emit_message`). */
export const MESSAGE_PREFIX = 'holdfast';

/** Register table: one partition key, one sort key, both strings. Per-slot items share a partition so that IAM's LeadingKeys can bind a node to its own. */
export const TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** `cluster`: the record, the CA's public item, events. */
  clusterPartition: 'cluster',
  recordSort: 'record',
  caSort: 'ca',
  eventSortPrefix: 'event#',
  /** What operators did; followed by the time and a random part. */
  operationSortPrefix: 'operation#',
  /** `coordinator`: the health checker's beat, and what a coordinator sees, for people. */
  coordinatorPartition: 'coordinator',
  beatSort: 'beat',
  viewSort: 'view',
  /** `node#<slot>`: what that slot's agent alone writes. */
  nodePartitionPrefix: 'node#',
  pledgeSort: 'pledge',
  reportSort: 'report',
} as const;

/** Tags on instances, volumes and groups. No "/" and no space: both break instance tags in metadata. */
export const TAG = {
  cluster: 'holdfast:cluster',
  slot: 'holdfast:slot',
} as const;

/** Names inside the private zone. */
export const ENDPOINT = {
  writer: 'writer',
  reader: 'reader',
  /** TXT record whose value is the version of the record that the writer was last flipped for. */
  writerGuard: '_holdfast-writer',
} as const;

/** Time to live of the endpoint and slot records, seconds. */
export const ENDPOINT_TTL_SECONDS = 1;

/** Places on a node. */
export const PATH = {
  /** What user data wrote: `NodeConfig` as JSON, mode 0600. */
  nodeConfig: '/etc/holdfast/node.json',
  /** The instance that has told CloudFormation that it is ready. */
  readyTold: '/etc/holdfast/ready-told',
  /** Where the bundle is unpacked. */
  bundle: '/opt/holdfast',
  /** How far the journal was copied to CloudWatch Logs, in this boot. */
  journalCursor: '/run/holdfast-journal-cursor',
  /** Where the slot's data volume is mounted. */
  volume: '/var/lib/holdfast',
  /** The server's certificate and key, the CA certificate, client certificate for replication; not on the volume. */
  tls: '/etc/holdfast/tls',
} as const;

/** systemd units that the bundle installs. */
export const UNIT = {
  agent: 'holdfast-agent.service',
  postgres: 'holdfast-postgres.service',
} as const;
