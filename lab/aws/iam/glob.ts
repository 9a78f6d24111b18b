/** IAM's wildcards: `*` any run of characters, `?` any one. */
export function globMatches(pattern: string, text: string): boolean {
  let source = '^';
  for (const character of pattern) {
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else source += character.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }
  return new RegExp(`${source}$`, 's').test(text);
}
