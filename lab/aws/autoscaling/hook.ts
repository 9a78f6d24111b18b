import type { Background } from '../background';
import { randomUUID } from 'node:crypto';

export interface LifecycleHook {
  readonly name: string;
  readonly transition: 'autoscaling:EC2_INSTANCE_TERMINATING';
  readonly heartbeatTimeoutSeconds: number;
  readonly defaultResult: 'CONTINUE' | 'ABANDON';
}

/** However often it is renewed, a hook ends after this. Source: "Considerations and limitations for lifecycle hooks". */
export function globalTimeoutSeconds(hook: LifecycleHook): number {
  return Math.min(48 * 3600, 100 * hook.heartbeatTimeoutSeconds);
}

/**
 * One hook holding one instance in `Terminating:Wait`. It lets go when it is completed, when a heartbeat is not renewed in
 * time, or at the global time-out; whichever comes first, and only once.
 */
export class LifecycleAction {
  readonly token = randomUUID();
  readonly done: Promise<'completed' | 'timed out'>;
  private finish: (how: 'completed' | 'timed out') => void = () => undefined;
  private cancelHeartbeat: () => void = () => undefined;
  private readonly cancelGlobal: () => void;
  private ended = false;

  constructor(
    readonly hook: LifecycleHook,
    private readonly background: Background,
  ) {
    this.done = new Promise((resolve) => (this.finish = resolve));
    this.cancelGlobal = background.after(globalTimeoutSeconds(hook) * 1000, `global time-out of ${hook.name}`, () => {
      this.end('timed out');
    });
    this.heartbeat();
  }

  get isActive(): boolean {
    return !this.ended;
  }

  heartbeat(): void {
    this.cancelHeartbeat();
    const { name, heartbeatTimeoutSeconds } = this.hook;
    this.cancelHeartbeat = this.background.after(heartbeatTimeoutSeconds * 1000, `heartbeat of ${name}`, () => {
      this.end('timed out');
    });
  }

  complete(): void {
    this.end('completed');
  }

  private end(how: 'completed' | 'timed out'): void {
    if (this.ended) return;
    this.ended = true;
    this.cancelHeartbeat();
    this.cancelGlobal();
    this.finish(how);
  }
}
