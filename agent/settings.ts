import type { Settings } from '../core/settings';
import { parseSettings } from '../register';
import { readIfPresent, writeDurably } from './durable';

/** What the agent needs of the parameter store. */
export interface ParameterApi {
  get(name: string): Promise<string>;
  /** Replaces the value. */
  put(name: string, value: string): Promise<void>;
}

/**
 * The owner's settings. The last good ones are kept on the volume: a node that restarts while the parameter store does
 * not answer goes on with them. Wrong ones never replace good ones.
 */
export class SettingsSource {
  private text: string | undefined;
  private settings: Settings | undefined;

  constructor(
    private readonly api: ParameterApi,
    private readonly parameter: string,
    /** File on the volume. */
    private readonly keptIn: string,
  ) {}

  /** The last good ones; undefined until {@link recall} or {@link refresh} found some. */
  current(): Settings | undefined {
    return this.settings;
  }

  /** Those of the last run. */
  async recall(): Promise<Settings | undefined> {
    const kept = await readIfPresent(this.keptIn);
    if (kept !== undefined && this.settings === undefined) this.accept(kept);
    return this.settings;
  }

  /**
   * Reads them anew. `changed` is true when they differ from the current ones.
   * @throws MalformedItemError or the parameter store's error; the current ones stay.
   */
  async refresh(): Promise<{ readonly settings: Settings; readonly changed: boolean }> {
    const text = await this.api.get(this.parameter);
    const changed = text !== this.text;
    const settings = changed || this.settings === undefined ? this.accept(text) : this.settings;
    if (changed) await writeDurably(this.keptIn, text);
    return { settings, changed };
  }

  private accept(text: string): Settings {
    const settings = parseSettings(text);
    this.settings = settings;
    this.text = text;
    return settings;
  }
}
