import type { PostgresContext } from './context';
import { keepSession } from './session';

/**
 * Tells at once that a server has ended, instead of at the next look: a connection that is kept and says nothing. When
 * the postmaster is gone, each of its processes ends by itself, and the kernel closes its connections. A hint, as every
 * other: whoever is told looks.
 */
export class Tripwire {
  private state: 'slack' | 'being tied' | 'tied' = 'slack';
  private untie: (() => void) | undefined;

  constructor(
    private readonly ctx: PostgresContext,
    private readonly onEnd: () => void,
  ) {}

  /** Ties it, if it is not. Called with each look that found the server up; nobody waits for it. */
  async keepTied(): Promise<void> {
    if (this.state !== 'slack') return;
    this.state = 'being tied';
    try {
      const session = await keepSession(this.ctx, () => {
        const wasTied = this.state === 'tied';
        this.state = 'slack';
        if (wasTied) this.onEnd();
      });
      this.state = 'tied';
      this.untie = () => session.close();
    } catch (error) {
      this.state = 'slack';
      throw error;
    }
  }

  /** Nobody is told any more. */
  cut(): void {
    const { untie } = this;
    this.untie = undefined;
    this.state = 'slack';
    untie?.();
  }
}
