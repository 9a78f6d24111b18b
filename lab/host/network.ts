import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FirewallRule, Network, NetworkPlace } from '../ports';
import { ADDRESS } from './addresses';
import { run } from './command';
import { applyFirewall, loadFirewall, type Disturbance } from './firewall';
import { namespaceOf, routerNamespace, type Layout } from './layout';
import { Mutex } from './mutex';

interface Inhabited extends NetworkPlace {
  readonly link: string;
}

/** What a fault does to the packets of one place. */
export interface Disruption {
  readonly direction: Disturbance['direction'];
  /** Other places, by name; absent: everybody. */
  readonly peers?: readonly string[];
  /** So many packets in a hundred are lost. */
  readonly percent: number;
}

/** The public endpoints of AWS and the VPC's resolver, as peers of a {@link Disruption}. */
const FIXED_PEERS: Readonly<Record<string, string>> = { aws: ADDRESS.gateway, dns: ADDRESS.resolver };

/**
 * The VPC as a router with one cable to each namespace. Everything is routed, nothing bridged: a machine reaches its own
 * subnet through the router too, so that the packet filter sees every packet, as security groups do.
 *
 * The process that makes this object is in the router's namespace. The host's own network is never touched.
 */
export class LabNetwork implements Network {
  private readonly inhabitants = new Map<string, Inhabited>();
  private readonly disruptions = new Map<string, Disruption>();
  private rules: readonly FirewallRule[] = [];
  private readonly changes = new Mutex();

  private constructor(private readonly lab: Layout) {}

  /** Makes the network namespace of this process the router. @throws Error when it is in use otherwise. */
  static async open(lab: Layout): Promise<LabNetwork> {
    await assertOwnNamespace();
    await run('ip', ['netns', 'attach', routerNamespace(lab), String(process.pid)]);
    await run('ip', ['link', 'set', 'lo', 'up']);
    for (const address of [ADDRESS.metadata, ADDRESS.resolver, ADDRESS.gateway]) {
      await run('ip', ['address', 'replace', `${address}/32`, 'dev', 'lo']);
    }
    // A VPC drops what it cannot deliver; without this the router would answer "unreachable".
    await run('ip', ['route', 'replace', 'blackhole', 'default']);
    await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
    await loadFirewall();
    return new LabNetwork(lab);
  }

  addPlace(name: string, place: NetworkPlace): Promise<string> {
    return this.changes.run(async () => {
      if (this.inhabitants.has(name)) throw new Error(`The network place ${name} exists already.`);
      const holder = [...this.inhabitants].find(([, each]) => each.address === place.address);
      if (holder !== undefined) throw new Error(`The address ${place.address} belongs to ${holder[0]}.`);
      const namespace = namespaceOf(this.lab, name);
      const link = linkName(name);
      this.inhabitants.set(name, { ...place, link });
      await writeResolver(namespace);
      await run('ip', ['netns', 'add', namespace]);
      await run('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
      await run('ip', ['-batch', '-'], {
        input: [
          `address add ${ADDRESS.hop}/32 dev ${link}`,
          `link set ${link} up`,
          `route add ${place.address}/32 dev ${link} src ${ADDRESS.hop}`,
        ].join('\n'),
      });
      await run('ip', ['-netns', namespace, '-batch', '-'], {
        input: [
          'link set lo up',
          `address add ${place.address}/32 dev eth0`,
          'link set eth0 up',
          `route add ${ADDRESS.hop} dev eth0 scope link`,
          `route add default via ${ADDRESS.hop} src ${place.address}`,
        ].join('\n'),
      });
      await this.apply();
      return namespace;
    });
  }

  removePlace(name: string): Promise<void> {
    return this.changes.run(async () => {
      const { link } = this.get(name);
      const namespace = namespaceOf(this.lab, name);
      // At once; with the namespace alone the cable would go some time later.
      await run('ip', ['link', 'delete', link]);
      await run('ip', ['netns', 'delete', namespace]);
      await rm(join('/etc/netns', namespace), { recursive: true, force: true });
      this.inhabitants.delete(name);
      this.disruptions.delete(name);
      await this.apply();
    });
  }

  setRules(rules: readonly FirewallRule[]): Promise<void> {
    return this.changes.run(async () => {
      this.rules = rules;
      await this.apply();
    });
  }

  setGroups(name: string, securityGroupIds: readonly string[]): Promise<void> {
    return this.changes.run(async () => {
      this.inhabitants.set(name, { ...this.get(name), securityGroupIds });
      await this.apply();
    });
  }

  /** Established flows are hit too. Metadata still answers, and the lab itself still sees everything. Replaces an earlier one. */
  disrupt(name: string, disruption: Disruption): Promise<void> {
    return this.changes.run(async () => {
      this.get(name);
      this.disruptions.set(name, disruption);
      await this.apply();
    });
  }

  /** Ends {@link disrupt}. */
  mend(name: string): Promise<void> {
    return this.changes.run(async () => {
      this.disruptions.delete(name);
      await this.apply();
    });
  }

  disruptionOf(name: string): Disruption | undefined {
    return this.disruptions.get(name);
  }

  /** Places whose name begins so. */
  places(prefix: string): readonly { readonly name: string; readonly address: string }[] {
    return [...this.inhabitants].flatMap(([name, { address }]) => (name.startsWith(prefix) ? [{ name, address }] : []));
  }

  /** Pulls the cable: the other side hears nothing from here any more, no FIN, no RST, no ARP. */
  async pullCable(name: string): Promise<void> {
    await run('ip', ['link', 'set', this.get(name).link, 'down']);
  }

  /** Ends {@link pullCable}. The kernel has forgotten the way through it. */
  async plugCable(name: string): Promise<void> {
    const { link, address } = this.get(name);
    await run('ip', ['-batch', '-'], {
      input: [`link set ${link} up`, `route replace ${address}/32 dev ${link} src ${ADDRESS.hop}`].join('\n'),
    });
  }

  private get(name: string): Inhabited {
    const place = this.inhabitants.get(name);
    if (place === undefined) throw new Error(`There is no network place ${name}.`);
    return place;
  }

  private apply(): Promise<void> {
    const disturbances = [...this.disruptions].map(([name, { direction, percent, peers }]): Disturbance => {
      const { address } = this.get(name);
      if (peers === undefined) return { address, direction, percent };
      const known = peers.map((peer) => FIXED_PEERS[peer] ?? this.inhabitants.get(peer)?.address);
      return { address, direction, percent, peers: known.filter((each) => each !== undefined) };
    });
    return applyFirewall(this.rules, [...this.inhabitants.values()], disturbances);
  }
}

/** @throws Error in a namespace that has a network already: the host's, most likely. */
async function assertOwnNamespace(): Promise<void> {
  const links = JSON.parse(await run('ip', ['-json', 'address'])) as { ifname: string; addr_info: unknown[] }[];
  const inUse = links.filter((link) => link.ifname !== 'lo' && link.addr_info.length > 0).map((link) => link.ifname);
  if (inUse.length > 0) {
    throw new Error(
      `The lab's router needs a network namespace of its own; in this one ${inUse.join(', ')} is in use. Start it by unshare --net.`,
    );
  }
}

/** `ip netns exec` shows this file as /etc/resolv.conf. */
async function writeResolver(namespace: string): Promise<void> {
  const directory = join('/etc/netns', namespace);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'resolv.conf'), `nameserver ${ADDRESS.resolver}\n`);
}

/** Interface names have at most 15 characters; this one only has to be unique in the router. */
function linkName(name: string): string {
  return `v${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}
