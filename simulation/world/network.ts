import type { Kernel } from '../kernel/kernel';
import type { Tally } from './tally';
import { CALM, type Weather } from './weather';

/** Hosts: the slots' machines, `lambda`, `register`, `clients`. Each direction between two can be cut by itself. */
export class Network {
  weather: Weather = CALM;
  private readonly cuts = new Set<string>();
  private readonly off = new Set<string>();

  constructor(
    private readonly kernel: Kernel,
    private readonly tally: Tally,
  ) {}

  /** Milliseconds, or undefined when the message does not arrive. */
  travelMs(from: string, to: string): number | undefined {
    if (this.off.has(from) || this.off.has(to) || this.cuts.has(`${from}>${to}`)) return undefined;
    const { random } = this.kernel;
    const { lostMessage, slowMessage } = this.weather;
    if (from === to) return 0.05;
    if (lostMessage > 0 && random.chance(lostMessage)) {
      this.tally.count('message lost');
      return undefined;
    }
    if (slowMessage > 0 && random.chance(slowMessage)) {
      this.tally.count('message late');
      return random.between(20, 900);
    }
    return random.between(0.2, 1.2);
  }

  isCut(from: string, to: string): boolean {
    return this.cuts.has(`${from}>${to}`);
  }

  cut(from: string, to: string): void {
    this.cuts.add(`${from}>${to}`);
  }

  mend(from: string, to: string): void {
    this.cuts.delete(`${from}>${to}`);
  }

  mendAll(): void {
    this.cuts.clear();
  }

  setPower(host: string, isOn: boolean): void {
    if (isOn) this.off.delete(host);
    else this.off.add(host);
  }
}
