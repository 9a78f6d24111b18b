import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { isInitialized, type ClusterRecord } from '../../core/record';
import { slotOf } from '../../core/member';
import { TAG } from '../../core/names';
import type { Register } from '../../register';
import type { MotoClients } from '../aws/moto/clients';
import type { LabHost } from '../host/host';
import { messageOf } from '../host/errors';
import type { ProvisionedStack, Region, RegionInstance } from '../ports';
import { readAgentPage } from './agent-page';
import type { StatusReport } from './api';
import { slotHost, type Cluster } from './cluster';
import { slotReport, type Sight } from './slot-report';

export interface ObserverOptions {
  readonly stack: ProvisionedStack;
  readonly cluster: Cluster;
  readonly host: LabHost;
  readonly region: Region;
  readonly register: Register;
  readonly aws: MotoClients;
  readonly awsTimes: string;
  readonly awsFaults: () => Readonly<Record<string, string>>;
  readonly faultsOn: (slot: string) => Promise<readonly string[]>;
}

/** Looks at the register, at every node's page and at the machines, and says what is. Changes nothing. */
export class Observer {
  private caCertificate: string | undefined;

  constructor(private readonly options: ObserverOptions) {}

  async status(): Promise<StatusReport> {
    const { cluster, stack, awsTimes, awsFaults, register } = this.options;
    const record = await register.readRecord();
    const sights = new Map(
      await Promise.all(cluster.slots.map(async (slot) => [slot, await this.lookAt(slot)] as const)),
    );
    const primary = record !== undefined && 'primary' in record ? record.primary : undefined;
    const primarySlot = primary === undefined ? undefined : slotOf(primary.member);
    const primaryLsn = primarySlot === undefined ? undefined : sights.get(primarySlot)?.page?.postgres.lsn;
    const slots = cluster.slots.map((slot) => slotReport(slot, sights.get(slot), primaryLsn ?? undefined));
    const endpoints = this.endpoints();
    const unhealthy = [
      ...whatRecordLacks(record, cluster),
      ...slots.filter((each) => !each.healthy).map((each) => `slot ${each.slot}: ${each.reason ?? 'not healthy'}`),
      ...(primary !== undefined && !endpoints.writerAddresses.includes(primary.address)
        ? [
            `${cluster.writer} answers ${endpoints.writerAddresses.join(', ') || 'nothing'} instead of ${primary.address}`,
          ]
        : []),
    ];
    return {
      stack: stack.stackName,
      ...(record === undefined ? {} : { term: record.term, phase: record.phase, paused: record.paused }),
      ...(primary === undefined ? {} : { primary: { member: primary.member, slot: slotOf(primary.member) } }),
      guarantees: record !== undefined && isInitialized(record) ? record.guarantees : [],
      slots,
      endpoints,
      awsTimes,
      awsFaults: awsFaults(),
      healthy: unhealthy.length === 0,
      unhealthy,
    };
  }

  /** The slot's current instance: the newest that is not gone. */
  instance(slot: string): RegionInstance | undefined {
    const own = this.options.region
      .instances()
      .filter((each) => each.tags[TAG.slot] === slot && each.ec2State !== 'terminated')
      .sort((left, right) => right.launchedAt.localeCompare(left.launchedAt));
    return own.find((each) => each.ec2State === 'running' || each.ec2State === 'pending') ?? own[0];
  }

  /** PEM of the cluster's CA; undefined until the first node has made it. */
  async ca(): Promise<string | undefined> {
    if (this.caCertificate !== undefined) return this.caCertificate;
    const { aws, cluster } = this.options;
    const found = await aws.ssm.send(new GetParameterCommand({ Name: cluster.caCertificateParameter }));
    const value = found.Parameter?.Value ?? '';
    if (value.includes('BEGIN CERTIFICATE')) this.caCertificate = value;
    return this.caCertificate;
  }

  private async lookAt(slot: string): Promise<Sight> {
    const { cluster, host, faultsOn } = this.options;
    const instance = this.instance(slot);
    if (instance === undefined) return { faults: [], trouble: 'it has no instance' };
    const { instanceId, address, ec2State } = instance;
    const machine = host.machines.state(instanceId);
    const seen = { instance, machine, faults: await faultsOn(slot) };
    if (ec2State !== 'running') return { ...seen, trouble: `its instance is ${ec2State}` };
    if (machine?.running !== true) return { ...seen, trouble: 'its machine is off' };
    const ca = await this.ca();
    if (ca === undefined) return { ...seen, trouble: 'no node has made the CA yet' };
    try {
      return { ...seen, page: await readAgentPage(address, slotHost(cluster, slot), ca) };
    } catch (error) {
      return { ...seen, trouble: messageOf(error) };
    }
  }

  private endpoints(): StatusReport['endpoints'] {
    const { cluster, host } = this.options;
    return {
      writer: cluster.writer,
      reader: cluster.reader,
      writerAddresses: host.dns.addresses(cluster.writer),
      readerAddresses: host.dns.addresses(cluster.reader),
      dsn: cluster.dsn,
      port: cluster.port,
      database: cluster.database,
      secretArn: cluster.masterSecretArn,
      caCertificate: cluster.caCertificateParameter,
    };
  }
}

/** What of the record keeps the cluster from being whole: one primary whose one guarantee names every other slot. */
export function whatRecordLacks(record: ClusterRecord | undefined, cluster: Pick<Cluster, 'slots'>): string[] {
  if (record === undefined) return ['the register has no record yet'];
  if (record.phase !== 'steady') return [`the phase is ${record.phase}`];
  const [guarantee, ...more] = record.guarantees;
  if (guarantee === undefined || more.length > 0) return ['the guarantee is being changed'];
  const covered = new Set([guarantee.primary, ...guarantee.standbys].map(slotOf) as string[]);
  const missing = cluster.slots.filter((slot) => !covered.has(slot));
  return missing.length === 0 ? [] : [`the guarantee does not name slot ${missing.join(', ')} yet`];
}
