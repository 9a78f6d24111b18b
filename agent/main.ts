import { systemClock } from '../coordinator/clock';
import type { Slot } from '../core/member';
import { DEFAULT_POLICY } from '../core/policy';
import { ENDPOINT, PATH, UNIT } from '../core/names';
import type { NodeReport, NodeStatus } from '../core/status';
import { uncounted, watchedSlots } from '../core/wholeness';
import { Register } from '../register';
import { AutoScaling } from './adapters/auto-scaling';
import { clientSettings } from './adapters/aws';
import { CloudFormationSignal } from './adapters/cloudformation';
import { Ec2Volumes } from './adapters/ec2-volumes';
import { ParameterStore } from './adapters/parameter-store';
import { PrivateZone } from './adapters/route53';
import { SecretsManager } from './adapters/secrets-manager';
import { Agent } from './agent';
import { systemUser } from './command';
import { readNodeConfig, slotName, type NodeConfig } from './config';
import { coordinatorRole } from './coordinator-role';
import { Departure } from './departure';
import { OwnName } from './dns-name';
import { Door } from './door';
import { giveUpWhenShort } from './duties/room';
import { IdentityStore } from './identity';
import { Imds } from './imds';
import { layoutOf } from './layout';
import { HoldBack, leavingOf, Termination } from './lifecycle';
import { createLog } from './log';
import type { Node } from './node';
import { Peers } from './peers';
import { reload, writeBase } from './postgres/configuration';
import type { PostgresContext } from './postgres/context';
import type { Accounts } from './postgres/initialize';
import { stopToLastProcess } from './postgres/start';
import { preparing } from './preparing';
import { Promises } from './promise';
import { isReady, ReadySignal } from './ready-signal';
import { RegisterWatch } from './register-watch';
import { every, insist } from './rounds';
import { SettingsSource } from './settings';
import { shipJournal } from './ship-journal';
import { StandIn } from './stand-in';
import { DISK_EVERY_MS, SlotDisk } from './slot-disk';
import { StatusServer } from './status-server';
import { StorageGrowth } from './storage-growth';
import { NodeTls } from './tls';
import { SystemdService } from './unit';
import { recall } from './volume/recall';
import { SlotVolume } from './volume/slot-volume';

const POSTGRES_BIN = '/usr/lib/postgresql/17/bin';
const LEAVING_EVERY_MS = 2_000;
const SETTINGS_EVERY_MS = 60_000;
const NAME_EVERY_MS = 30_000;
const TLS_EVERY_MS = 3_600_000;
const GROW_EVERY_MS = 60_000;
const READY_EVERY_MS = 2_000;
/** A record older than this does not say whether the others are whole. */
const REGISTER_FRESH_MS = 10_000;
const ALIVE_EVERY_MS = 5_000;
const ASIDE_EVERY_MS = 60_000;
/** On a file system that is gone a clean stop cannot succeed. */
const STOP_USERS = { fastMs: 0, immediateMs: 2_000 } as const;

async function main(): Promise<void> {
  const config = await readNodeConfig();
  const log = createLog().with({ slot: config.slot });
  log.info('agent-starts', { cluster: config.cluster, volumeId: config.volumeId });
  const imds = new Imds();
  const instance = await insist(log, 'instance metadata', () => imds.identity());
  const layout = layoutOf();
  const user = await systemUser('postgres');
  const aws = clientSettings(config.region);
  await shipJournal(config, instance, log);
  const parameters = new ParameterStore(aws);
  const secrets = new SecretsManager(aws);
  const register = new Register({ tableName: config.registerTable, client: { region: config.region } });

  const own = slotName(config, config.slot);
  const tls = new NodeTls({
    cluster: config.cluster,
    layout,
    dnsNames: [own, ...[ENDPOINT.writer, ENDPOINT.reader].map((name) => `${name}.${config.zoneName}`)],
    address: instance.address,
    postgres: user,
    store: register,
    secrets,
    caSecretArn: config.caSecretArn,
    parameters,
    caCertificateParameter: config.caCertificateParameter,
    log,
  });
  await insist(log, 'certificates', () => ensureTls(tls, register));
  const authority = await insist(log, 'authority', async () => {
    const pem = await tls.authority();
    if (pem === undefined) throw new Error('The authority is not on this node.');
    return pem;
  });

  let activity = 'starting';
  const running: { agent?: Agent; standIn?: StandIn; certificatesRenewed?: () => Promise<void> } = {};
  const server = new StatusServer({
    files: layout.tls.server,
    status: () => ({
      ...(running.agent?.status() ?? preparing(config, instance, activity)),
      coordinating: running.standIn?.isCoordinating === true,
    }),
    look: () => running.agent?.hint(),
  });
  await insist(log, 'status page', () => server.start());
  every(log, TLS_EVERY_MS, 'certificates', async () => {
    if (await ensureTls(tls, register)) {
      await server.renew();
      await running.certificatesRenewed?.();
    }
    await tls.publish();
  });
  const name = new OwnName(own, instance.address, new PrivateZone(aws, config.hostedZoneId));
  every(log, NAME_EVERY_MS, 'own name', () => name.ensure());

  const postgres: PostgresContext = {
    layout,
    service: new SystemdService(UNIT.postgres),
    user,
    binDirectory: POSTGRES_BIN,
    listenAddresses: '*',
  };
  const volume = new SlotVolume({
    volumeId: config.volumeId,
    instanceId: instance.instanceId,
    zone: instance.zone,
    api: new Ec2Volumes(aws),
    layout,
    log,
    postgres: user,
    stopUsers: () => stopToLastProcess(postgres, STOP_USERS),
  });
  const disk = new SlotDisk(await volume.prepare((text) => (activity = text)), postgres, log);
  every(log, DISK_EVERY_MS, 'disk', () => disk.ask());
  every(log, DISK_EVERY_MS, 'space', () => disk.look());

  const settings = new SettingsSource(parameters, config.settingsParameter, layout.state.settings);
  await settings.recall();
  await insist(log, 'settings', async () => settings.current() ?? (await settings.refresh()).settings);
  const hostOf: Node['hostOf'] = (slot) => slotName(config, slot);
  const node: Node = {
    config,
    policy: DEFAULT_POLICY,
    address: instance.address,
    instanceId: instance.instanceId,
    postgres,
    register,
    watch: new RegisterWatch(register, layout, log),
    identity: new IdentityStore(layout, config.slot, config.volumeId),
    promises: new Promises(layout),
    peers: new Peers({ others: () => otherSlots(node), hostOf, authority, register, log }),
    door: new Door(layout),
    disk,
    log,
    settings: () => {
      const current = settings.current();
      if (current === undefined) throw new Error('There are no settings yet.');
      return current;
    },
    accounts: () => accountsOf(config, node.settings(), secrets),
    hostOf,
    activity: (text) => (activity = text),
  };
  await insist(
    log,
    'state on the volume',
    () => recall(node, config.volumeId, log),
    (obstacle) => (activity = obstacle),
  );

  const departure = new Departure({
    leaving: () => leavingOf(imds, Date.now()),
    holdBack: new HoldBack(() => othersMissing(node), log),
    termination: new Termination(new AutoScaling(aws), instance.instanceId, log),
    log,
    onNews: () => agent.hint(),
    // A new process prepares the volume from the start.
    onReturn: () => process.exit(0),
  });
  const agent = new Agent(node, {
    leavingForMs: () => departure.forMs,
    leave: async () => {
      standIn.stop();
      await node.door.close();
      await stopToLastProcess(postgres, { fastMs: 30_000, immediateMs: 5_000 });
      await volume.unmount();
      await departure.left();
    },
  });
  const standIn = new StandIn({
    policy: node.policy,
    slot: config.slot,
    register,
    watch: node.watch,
    peers: node.peers,
    status: () => agent.status(),
    takeRole: () =>
      coordinatorRole({
        config,
        slots: () => watchedSlots(node.settings().slots, node.watch.lastSeen()),
        policy: node.policy,
        tls: layout.tls,
        clock: systemClock,
        log: log.with({ as: 'coordinator' }),
      }),
    clock: systemClock,
    log,
  });
  running.agent = agent;
  running.standIn = standIn;
  // PostgreSQL reads its certificates at a reload; one that does not run reads them at its start.
  running.certificatesRenewed = async () => {
    if (agent.status().postgres.state === 'up') await reload(postgres);
  };
  const growth = new StorageGrowth(new Ec2Volumes(aws), config.volumeId, () => volume.space(), log);
  every(log, GROW_EVERY_MS, 'file system', async () => {
    if (departure.isOver) return;
    await volume.grow();
    await growth.look(node.settings().maxStorageGiB);
  });
  every(log, ASIDE_EVERY_MS, 'directories set aside', () => giveUpWhenShort(node));
  every(log, ALIVE_EVERY_MS, 'file system', async () => {
    if (!(await volume.isShutDown())) return;
    // Nothing reads or writes any more. A new process prepares the volume from the start, which mounts it anew.
    log.error('agent-ended', new Error('The kernel has shut the file system of the volume down.'));
    process.exit(1);
  });
  every(log, LEAVING_EVERY_MS, 'instance metadata', () => departure.look());
  every(log, SETTINGS_EVERY_MS, 'settings', async () => {
    const isNew = (await settings.refresh()).changed;
    if (node.identity.current()?.directory !== 'ready') return;
    // Sizes of WAL follow from the volume's, which may have grown.
    const { changed, ownerRefused } = await writeBase(postgres, config.cluster, node.settings());
    if (isNew && ownerRefused !== null) log.warning('parameters-refused', { reason: ownerRefused });
    if (!changed) return;
    await reload(postgres);
    log.info('settings-changed');
  });
  reportChanges(node, () => agent.status());
  tellReady(node, config, () => agent.status());
  node.peers.start();
  void standIn.run();
  await agent.run();
  // It has left: the page goes on telling so until the instance is gone.
}

/** @returns whether the files have changed. The authority is made once, by whichever node is first while there is no cluster yet. */
async function ensureTls(tls: NodeTls, register: Register): Promise<boolean> {
  const mayCreate = (await tls.authority()) === undefined && (await register.readRecord()) === undefined;
  const outcome = await tls.ensure({ mayCreate });
  if (outcome.kind === 'waiting')
    throw new Error("The register has no certificate authority, and it is not this node's to make one.");
  return outcome.renewed;
}

async function accountsOf(
  config: NodeConfig,
  settings: ReturnType<Node['settings']>,
  secrets: SecretsManager,
): Promise<Accounts> {
  const [master, monitor] = await Promise.all(
    [config.masterSecretArn, config.monitorSecretArn].map(async (arn) => {
      const { password } = JSON.parse(await secrets.get(arn)) as { password?: unknown };
      if (typeof password !== 'string' || password === '') throw new Error(`${arn} holds no password.`);
      return password;
    }),
  );
  return {
    databaseName: settings.databaseName,
    masterUsername: settings.masterUsername,
    masterPassword: master ?? '',
    monitorPassword: monitor ?? '',
    extensions: settings.extensions,
  };
}

/** Where this node is to be found, in the register, whenever it changes. */
function reportChanges(node: Node, status: () => NodeStatus): void {
  let reported = '';
  every(node.log, 1_000, 'report', async () => {
    const { slot, address, instanceId, member } = status();
    const hasHistory = member !== null || node.watch.lastSeen() !== undefined;
    const report: NodeReport = { slot, address, instanceId, member, hasHistory };
    const text = JSON.stringify(report);
    if (text === reported) return;
    await node.register.writeReport(node.config.slot, report);
    reported = text;
  });
}

/** Other slots that the register does not count on now; why it cannot be known, when the register does not answer. */
function othersMissing(node: Node): readonly string[] {
  const { config, watch } = node;
  if ((watch.ageMs() ?? Infinity) > REGISTER_FRESH_MS) return ['the register, which does not answer'];
  const { slots, acks } = node.settings();
  return uncounted(
    watch.lastSeen(),
    slots.filter((slot) => slot !== config.slot),
    acks,
  );
}

function otherSlots(node: Node): readonly Slot[] {
  return watchedSlots(node.settings().slots, node.watch.lastSeen()).filter((slot) => slot !== node.config.slot);
}

/** CloudFormation waits for it while it replaces nodes. */
function tellReady(node: Node, { region, signal }: NodeConfig, status: () => NodeStatus): void {
  if (signal === undefined) return;
  const api = new CloudFormationSignal({ region, ...signal });
  const ready = new ReadySignal(api, node.instanceId, PATH.readyTold, node.log);
  every(node.log, READY_EVERY_MS, 'ready signal', () =>
    ready.tell(() => isReady(status(), node.watch.lastSeen(), node.settings().acks)),
  );
}

main().catch((error: unknown) => {
  createLog().error('agent-ended', error);
  process.exit(1);
});
