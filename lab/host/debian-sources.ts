import { run } from './command';

/** The release that the machines run: the one of the image in the template. */
export const DEBIAN_RELEASE = 'trixie';

/**
 * Where the host itself gets Debian from, as one-line-style sources for {@link DEBIAN_RELEASE}; empty when the host is
 * not Debian or says nothing, and mmdebstrap then uses its own defaults.
 *
 * Only archives that call themselves Debian count: other repositories may use the same suite names.
 */
export async function debianSources(hostCodename: string | undefined): Promise<string[]> {
  if (hostCodename === undefined) return [];
  const format = '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)';
  const text = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  return translateSources(text, hostCodename);
}

/** @internal `text`: lines of `origin|uri|suite|component`. */
export function translateSources(text: string, hostCodename: string): string[] {
  const sources = new Set<string>();
  for (const line of text.split('\n')) {
    const [origin, uri, suite, component] = line.split('|');
    if (origin !== 'Debian' || component !== 'main' || uri === undefined || suite === undefined) continue;
    if (suite !== hostCodename && !suite.startsWith(`${hostCodename}-`)) continue;
    sources.add(`deb ${uri} ${suite.replace(hostCodename, DEBIAN_RELEASE)} main`);
  }
  return [...sources];
}

const PASSED_ON = /^Acquire::((http|https)(::Proxy.*)?|Check-Valid-Until|Check-Date) /;

/** The host's settings on how to reach archives (proxies, validity of old snapshots), one per line of apt.conf. */
export async function aptSettings(): Promise<string[]> {
  const text = await run('apt-config', ['dump']);
  return text.split('\n').filter((line) => PASSED_ON.test(line) && !line.endsWith(' "";'));
}
