import pc from 'picocolors';

export type Colours = ReturnType<typeof pc.createColors>;

export interface Surroundings {
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** In colours on a terminal, unless NO_COLOR (no-color.org) or a dumb terminal says otherwise; FORCE_COLOR overrules both. */
export function coloursFor({ isTerminal, env }: Surroundings): Colours {
  const isSet = (name: string) => env[name] !== undefined && env[name] !== '';
  const wanted = isSet('FORCE_COLOR') || (isTerminal && !isSet('NO_COLOR') && env['TERM'] !== 'dumb');
  return pc.createColors(wanted);
}
