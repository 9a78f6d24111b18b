import type { World } from './world';

/** Applications that write all along: each commit has a value of its own. */
export class Clients {
  private nextValue = 1;
  answered = 0;

  constructor(
    private readonly world: World,
    count: number,
  ) {
    for (let nth = 0; nth < count; nth += 1) this.again();
  }

  private again(): void {
    const { kernel } = this.world;
    kernel.schedule(kernel.random.between(30, 250), () => {
      this.write();
      this.again();
    });
  }

  /** To somebody who lets clients in and is no standby: the DSN's way, or a connection that was open before. */
  private write(): void {
    const { kernel, nodes, network } = this.world;
    const open = nodes.filter(({ machine }) => {
      const { server } = machine;
      const isInside = machine.isDoorOpen || kernel.random.chance(0.02);
      return isInside && server?.state === 'up' && !server.inRecovery && !server.isStopped;
    });
    if (open.length === 0) return;
    const { machine } = kernel.random.pick(open);
    if (network.travelMs('clients', machine.host) === undefined) return;
    machine.server?.commit(this.nextValue, true, () => (this.answered += 1));
    this.nextValue += 1;
  }
}
