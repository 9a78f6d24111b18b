import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file of lib/files/, without the newline at its end. */
export function readTemplateFile(name: string): string {
  return readFileSync(join(__dirname, 'files', name), 'utf8').replace(/\n$/, '');
}

/**
 * Replaces every `@@NAME@@` by its value. A name without a value, and a value without its name in the text, are
 * errors: a script with a hole in it would fail on the node, where nobody sees it.
 */
export function fillTemplate(text: string, values: Readonly<Record<string, string>>): string {
  const unused = new Set(Object.keys(values));
  const filled = text.replace(/@@([A-Z_]+)@@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) {
      throw new Error(`The template asks for ${name}, which has no value.`);
    }
    unused.delete(name);
    return value;
  });
  if (unused.size > 0) {
    throw new Error(`The template has no place for ${[...unused].join(', ')}.`);
  }
  return filled;
}
