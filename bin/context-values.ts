/** A context value of cdk.json, or of `-c name=value`, can't be used. The message names it and what is allowed. */
export class ContextError extends Error {
  public override readonly name = 'ContextError';

  public constructor(name: string, value: unknown, allowed: string) {
    super(`context ${name} is ${JSON.stringify(value)}; allowed: ${allowed}`);
  }
}

/** Turns one context value into what it means. `-c` gives strings only, cdk.json any JSON. */
export type Parser<T> = (name: string, value: unknown) => T;

export const text: Parser<string> = (name, value) => {
  if (typeof value !== 'string' || value === '') {
    throw new ContextError(name, value, 'a string that is not empty');
  }
  return value;
};

export const wholeNumber: Parser<number> = (name, value) => {
  const parsed = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof parsed !== 'number' || !Number.isInteger(parsed)) {
    throw new ContextError(name, value, 'a whole number');
  }
  return parsed;
};

export const flag: Parser<boolean> = (name, value) => {
  if (value === true || value === 'true') {
    return true;
  }
  if (value === false || value === 'false') {
    return false;
  }
  throw new ContextError(name, value, 'true or false');
};

/** A list, or one string with commas. */
export const texts: Parser<string[]> = (name, value) => {
  const parsed: unknown = typeof value === 'string' ? value.split(',').filter((part) => part !== '') : value;
  if (!Array.isArray(parsed) || !parsed.every((part) => typeof part === 'string')) {
    throw new ContextError(name, value, 'a list of strings, or one string with commas');
  }
  return parsed;
};

/** An object of strings, or that as JSON. Numbers and booleans become strings, as PostgreSQL writes them. */
export const dictionary: Parser<Record<string, string>> = (name, value) => {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ContextError(name, value, 'an object, e.g. {"work_mem": "64MB"}');
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([key, entry]: [string, unknown]) => {
      if (typeof entry !== 'string' && typeof entry !== 'number' && typeof entry !== 'boolean') {
        throw new ContextError(`${name}.${key}`, entry, 'a string, a number, true or false');
      }
      return [key, String(entry)];
    }),
  );
};

/** One of some words, each with its meaning. */
export function oneOf<T>(meanings: Readonly<Record<string, T>>): Parser<T> {
  return (name, value) => {
    const meaning = Object.entries(meanings).find(([word]) => word === String(value))?.[1];
    if (meaning === undefined) {
      throw new ContextError(name, value, `one of ${Object.keys(meanings).join(', ')}`);
    }
    return meaning;
  };
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
