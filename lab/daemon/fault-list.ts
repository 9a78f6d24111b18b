/** Every fault that the lab knows: the command line's help, the daemon and docs/lab.md go by this list. */
interface FaultEntry {
  /** What it is done to: a slot's machine or a service of AWS. */
  readonly on: 'machine' | 'service';
  /** It lasts until `heal` or the end of `--for`. Without: it is done and over. */
  readonly lasting: boolean;
  readonly what: string;
}

const machine = (what: string) => ({ on: 'machine', lasting: false, what }) as const;
const lasting = (what: string) => ({ on: 'machine', lasting: true, what }) as const;
const service = (what: string) => ({ on: 'service', lasting: true, what }) as const;

export const FAULT_LIST = {
  'kill-postgres': machine('SIGKILL for the postmaster'),
  'kill-agent': machine('SIGKILL for the agent; systemd starts it again'),
  pause: lasting('SIGSTOP for every process of PostgreSQL; the agent may end it by its own means'),
  'pause-agent': lasting('SIGSTOP for the agent'),
  freeze: lasting('the whole machine stands still, as a virtual machine that gets no processor, and later goes on'),
  'power-off': lasting(
    'the cable first, then every process at once; what was not synced to disk is lost. `heal` turns it on again, if it was not replaced',
  ),
  terminate: machine('Auto Scaling takes the instance out of service, lifecycle hook and all'),
  'spot-notice': lasting('the metadata announces that EC2 takes the instance back, which it does two minutes later'),
  'maintenance-notice': lasting('the metadata announces a reboot of the host in five minutes, which nobody does'),
  'lose-volume': machine('the power goes, and the volume comes back empty'),
  'lose-zone': lasting(
    "the power of the slot's zone: its machine, EC2's capacity there, and the functions' subnet in it",
  ),
  'no-capacity': lasting("EC2 has no machine left in the slot's zone"),
  partition: lasting('nothing in, nothing out, established connections included; only metadata still answers'),
  deaf: lasting('what is sent to it does not arrive'),
  mute: lasting('what it sends does not arrive'),
  loss: lasting('three packets in ten are lost, each way'),
  'stall-disk': lasting('writes and syncs on the volume hang; reads are answered'),
  'hang-disk': lasting('nothing on the volume is answered any more'),
  'fill-disk': lasting('the volume is full'),
  'fill-memory': lasting('the memory is full'),
  outage: service('it does not answer'),
  throttle: service('it refuses every second call'),
  delay: service('it takes a second longer'),
  'reply-lost': service('it does every call, but every second reply is lost'),
} as const satisfies Record<string, FaultEntry>;

type Entries = typeof FAULT_LIST;
type On<Target extends FaultEntry['on']> = {
  [Name in keyof Entries]: Entries[Name]['on'] extends Target ? Name : never;
}[keyof Entries];

export type MachineFault = On<'machine'>;
export type ServiceFaultName = On<'service'>;
/** Ends those faults on its target that have an end. */
export const HEAL = 'heal';
export type FaultName = keyof Entries | typeof HEAL;

export const FAULTS = [...Object.keys(FAULT_LIST), HEAL] as readonly FaultName[];
/** Faults that can be limited to some peers. */
export const PEERED: readonly FaultName[] = ['partition', 'deaf', 'mute', 'loss'];

export function isServiceFault(name: FaultName): name is ServiceFaultName {
  return name !== HEAL && FAULT_LIST[name].on === 'service';
}

export function isLasting(name: FaultName): boolean {
  return name !== HEAL && FAULT_LIST[name].lasting;
}
