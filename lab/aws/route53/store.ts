import type { AwsTimes, DnsZones } from '../../ports';
import type { Background } from '../background';
import { AwsError } from '../gateway/aws-error';
import { newSuffix } from '../ids';
import { normalizeName } from './record';
import { HostedZone, type Change } from './zone';

export interface ChangeInfo {
  readonly changeId: string;
  readonly submittedAt: Date;
  status: 'PENDING' | 'INSYNC';
}

const withoutDot = (name: string) => name.replace(/\.$/, '');

/** The hosted zones. The machines' resolver learns of a change `dnsPropagationMs` after it was accepted, in order. */
export class ZoneStore {
  private readonly zones = new Map<string, HostedZone>();
  private readonly changes = new Map<string, ChangeInfo>();

  constructor(
    private readonly dns: DnsZones,
    private readonly times: AwsTimes,
    private readonly background: Background,
  ) {}

  /** A new zone is answered at once: nothing could have asked for it before. */
  create(name: string): HostedZone {
    const zone = new HostedZone(`Z${newSuffix(20)}`, normalizeName(name));
    if ([...this.zones.values()].some((other) => other.name === zone.name)) {
      throw new AwsError('ConflictingDomainExists', `The VPC already has a private zone named ${zone.name}`);
    }
    this.zones.set(zone.zoneId, zone);
    this.publish(zone);
    return zone;
  }

  list(): readonly HostedZone[] {
    return [...this.zones.values()];
  }

  get(zoneId: string): HostedZone {
    const zone = this.zones.get(zoneId);
    if (zone === undefined) throw new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${zoneId}`, 404);
    return zone;
  }

  change(zoneId: string, changes: readonly Change[]): ChangeInfo {
    const zone = this.get(zoneId);
    zone.apply(changes);
    const info: ChangeInfo = { changeId: `C${newSuffix(20)}`, submittedAt: new Date(), status: 'PENDING' };
    this.changes.set(info.changeId, info);
    const publish = this.snapshot(zone);
    this.background.after(this.times.dnsPropagationMs, `propagating ${info.changeId}`, () => {
      publish();
      info.status = 'INSYNC';
    });
    return info;
  }

  /** Resolves when the resolvers answer with it. */
  async insync(info: ChangeInfo): Promise<void> {
    while (info.status !== 'INSYNC') await this.background.sleep(this.times.dnsPropagationMs / 10 + 1);
  }

  getChange(changeId: string): ChangeInfo {
    const info = this.changes.get(changeId);
    if (info === undefined) {
      throw new AwsError('NoSuchChange', `A change with the specified change ID does not exist: ${changeId}`, 404);
    }
    return info;
  }

  private publish(zone: HostedZone): void {
    this.snapshot(zone)();
  }

  /** What the zone holds now, to be shown later. */
  private snapshot(zone: HostedZone): () => void {
    const records = zone.list().map((record) => ({ ...record, name: withoutDot(record.name) }));
    return () => this.dns.setZone(withoutDot(zone.name), records);
  }
}
