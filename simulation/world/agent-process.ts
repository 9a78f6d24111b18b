import { Agent } from '../../agent/agent';
import { IdentityStore } from '../../agent/identity';
import { layoutOf } from '../../agent/layout';
import type { Node } from '../../agent/node';
import { Peers } from '../../agent/peers';
import { Promises } from '../../agent/promise';
import { RegisterWatch } from '../../agent/register-watch';
import { StandIn } from '../../agent/stand-in';
import type { Slot } from '../../core/member';
import { DEFAULT_POLICY } from '../../core/policy';
import type { Settings } from '../../core/settings';
import type { NodeReport, NodeStatus } from '../../core/status';
import { AGENT_PATH, ROLE } from '../../core/names';
import { Register } from '../../register';
import type { Actor } from '../kernel/actor';
import type { Kernel } from '../kernel/kernel';
import { clockOf, coordinatorIn } from './coordinator-process';
import type { NodeMachine } from './node-machine';
import { logInto, type Trace } from './trace';
import type { SimulatedZone } from './zone';

const REPORT_EVERY_MS = 1_000;

export interface AgentProcessOptions {
  readonly kernel: Kernel;
  readonly trace: Trace;
  readonly actor: Actor;
  readonly machine: NodeMachine;
  readonly slots: readonly Slot[];
  readonly settings: Settings;
  readonly zone: SimulatedZone;
  /** It has let its instance go. */
  readonly onLeft: () => void;
}

/** One life of a node's agent: the real one, put together as agent/main.ts does once the volume is mounted. */
export class AgentProcess {
  private agent: Agent | undefined;
  private standIn: StandIn | undefined;
  private readonly peers: Peers;
  private readonly node: Node;
  private leavingSince: number | undefined;

  constructor(private readonly options: AgentProcessOptions) {
    const { kernel, trace, actor, machine, slots, settings } = options;
    const root = `/${actor.name}`;
    const layout = layoutOf({
      volume: `${root}/volume`,
      tls: `${root}/tls`,
      socketDirectory: `${root}/socket`,
      scratch: `${root}/scratch`,
      files: `${root}/bundle`,
    });
    const log = logInto(trace, machine.slot);
    const register = new Register({ tableName: 'register', client: { region: actor.name } });
    const hostOf = (slot: Slot): string => `${slot}.test`;
    const now = (): number => kernel.now * actor.clockRate;
    this.peers = new Peers({
      others: () => slots.filter((each) => each !== machine.slot),
      hostOf,
      authority: actor.name,
      register,
      log,
    });
    this.node = {
      config: {
        cluster: 'simulated',
        slot: machine.slot,
        region: actor.name,
        volumeId: machine.volumeId,
        registerTable: 'register',
        hostedZoneId: 'zone',
        zoneName: 'test',
        settingsParameter: 'settings',
        caCertificateParameter: 'ca',
        caSecretArn: 'ca',
        masterSecretArn: 'master',
        monitorSecretArn: 'monitor',
      },
      policy: DEFAULT_POLICY,
      address: machine.address,
      instanceId: `i-${machine.slot}`,
      postgres: {
        layout,
        service: machine.serviceFor(actor),
        user: { uid: 0, gid: 0 },
        binDirectory: `${root}/bin`,
        listenAddresses: machine.address,
      },
      register,
      watch: new RegisterWatch(register, layout, log, now),
      identity: new IdentityStore(layout, machine.slot, machine.volumeId),
      promises: new Promises(layout),
      peers: this.peers,
      door: this.door(),
      log,
      settings: () => settings,
      disk: { status: () => ({ answerAgeMs: machine.diskSilentMs, volume: null }), makeRoom: () => Promise.resolve() },
      accounts: () => Promise.reject(new Error('The simulated cluster was initialized before.')),
      hostOf,
      activity: () => undefined,
    };
  }

  /** Until its process ends. What stands in the way at first is tried again, as agent/main.ts does. */
  start(): void {
    const { kernel, actor } = this.options;
    const attempt = async (): Promise<void> => {
      await this.node.identity.load();
      await this.node.promises.load();
      await this.node.watch.load();
      const agent = new Agent(
        this.node,
        {
          leavingForMs: () => (this.leavingSince === undefined ? undefined : kernel.now - this.leavingSince),
          leave: () => {
            this.standIn?.stop();
            this.options.onLeft();
            return Promise.resolve();
          },
        },
        () => kernel.now * actor.clockRate,
      );
      this.agent = agent;
      this.standIn = new StandIn({
        policy: this.node.policy,
        slot: this.node.config.slot,
        register: new Register({ tableName: 'register', client: { region: actor.name } }),
        watch: this.node.watch,
        peers: this.peers,
        status: () => agent.status(),
        takeRole: () => coordinatorIn(this.options, ROLE.replication),
        clock: clockOf(kernel, actor),
        log: this.node.log,
      });
      void this.standIn.run();
      this.peers.start();
      this.reportAgain('');
      void agent.run();
    };
    const insist = (): void => {
      if (!actor.isAlive) return;
      attempt().catch((error: unknown) => {
        this.node.log.error('start', error);
        kernel.schedule(500, insist);
      });
    };
    insist();
  }

  stop(): void {
    this.options.actor.isAlive = false;
    this.agent?.stop();
    this.standIn?.stop();
    this.peers.stop();
  }

  hint(): void {
    this.agent?.hint();
  }

  /** The instance is about to go, or no longer. */
  setLeaving(isLeaving: boolean): void {
    this.leavingSince = isLeaving ? this.options.kernel.now : undefined;
    this.hint();
  }

  status(): NodeStatus | undefined {
    if (this.agent === undefined) return undefined;
    return { ...this.agent.status(), coordinating: this.standIn?.isCoordinating === true };
  }

  /** Undefined: the process does not answer now. */
  page(method: string, path: string): string | undefined {
    const { actor, kernel } = this.options;
    if (!actor.isAlive || actor.pausedUntil > kernel.now || this.agent === undefined) return undefined;
    if (method === 'POST' && path === AGENT_PATH.look) {
      this.agent.hint();
      return '';
    }
    return JSON.stringify(this.status());
  }

  private door(): Node['door'] {
    const { kernel, actor, machine } = this.options;
    const operate = <T>(what: string, effect: () => T): Promise<T> =>
      kernel.operate(actor, what, effect, { beforeMs: machine.delayMs('program'), afterMs: 0 });
    return {
      open: () => operate('open the door', () => void (machine.isDoorOpen = true)),
      close: () => operate('close the door', () => void (machine.isDoorOpen = false)),
      keepOpen: () => operate('keep the door open', () => void (machine.isDoorOpen = true)),
    };
  }

  /** Where this node is to be found, whenever it changes. */
  private reportAgain(reported: string): void {
    const { actor, kernel, machine } = this.options;
    if (!actor.isAlive || this.agent === undefined) return;
    const { slot, address, instanceId, member } = this.agent.status();
    const report: NodeReport = { slot, address, instanceId, member, hasHistory: true };
    const text = JSON.stringify(report);
    const next = (now: string): void => void kernel.schedule(REPORT_EVERY_MS, () => this.reportAgain(now));
    if (text === reported) return next(text);
    this.node.register.writeReport(machine.slot, report).then(
      () => next(text),
      () => next(reported),
    );
  }
}
