import type { Region, ServiceFault } from '../ports';
import type { ServiceFaultName } from './fault-list';

/** What each fault of a service is; fractions so that a retry has a chance. */
const FAULT: Readonly<Record<ServiceFaultName, ServiceFault>> = {
  outage: { kind: 'outage' },
  throttle: { kind: 'throttle', fraction: 0.5 },
  delay: { kind: 'delay', delayMs: 1000 },
  'reply-lost': { kind: 'reply-lost', fraction: 0.5 },
};

/** Faults of AWS's services, and which are in force. A service has one at a time. */
export class ServiceFaults {
  private readonly inForce = new Map<string, ServiceFaultName>();

  constructor(private readonly region: Pick<Region, 'setServiceFault'>) {}

  /** @throws Error for a service that the region does not know. */
  inject(name: ServiceFaultName, service: string): void {
    this.region.setServiceFault(service, FAULT[name]);
    this.inForce.set(service, name);
  }

  /** @throws Error for a service that the region does not know. */
  heal(service: string): void {
    this.region.setServiceFault(service, undefined);
    this.inForce.delete(service);
  }

  list(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.inForce);
  }
}
