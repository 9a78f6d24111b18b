import type { ServiceFault } from '../../ports';

/** What a service's fault does to one call. */
export type FaultEffect =
  | { readonly kind: 'none' }
  /** Never answered: the client's own time-out ends it. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Carried out; then the connection breaks instead of answering. */
  | { readonly kind: 'reply-lost' };

/** The faults in force, per service. */
export class FaultBoard {
  private readonly faults = new Map<string, ServiceFault>();

  constructor(private readonly random: () => number = Math.random) {}

  set(service: string, fault: ServiceFault | undefined): void {
    if (fault === undefined) this.faults.delete(service);
    else this.faults.set(service, fault);
  }

  effectOn(service: string): FaultEffect {
    const fault = this.faults.get(service);
    if (fault === undefined) return { kind: 'none' };
    switch (fault.kind) {
      case 'outage':
        return { kind: 'silent' };
      case 'error':
      case 'delay':
        return fault;
      case 'throttle':
        return this.random() < fault.fraction ? { kind: 'throttled' } : { kind: 'none' };
      case 'reply-lost':
        return this.random() < fault.fraction ? { kind: 'reply-lost' } : { kind: 'none' };
    }
  }
}
