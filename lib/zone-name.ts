import { Token } from 'aws-cdk-lib';
import { HoldfastPropError } from './prop-error';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** The longest name in the zone is the guard's, `_holdfast-writer.<zone>`, and a DNS name has 253 characters at most. */
const MAX_LENGTH = 253 - '_holdfast-writer.'.length;

/**
 * The private zone's name, checked. It must be known at synth: it stands in policies and in every connection string.
 *
 * @throws HoldfastPropError naming the value and what is allowed
 */
export function zoneNameOf(given: string | undefined, clusterName: string): string {
  const name = given ?? `${clusterName}.holdfast.internal`;
  if (Token.isUnresolved(name)) {
    throw new HoldfastPropError('zoneName', 'a token', 'a name that is known when the template is made');
  }
  const labels = name.split('.');
  if (name.length > MAX_LENGTH || labels.length < 2 || !labels.every((label) => LABEL.test(label))) {
    throw new HoldfastPropError(
      'zoneName',
      name,
      `two or more labels joined by dots, at most ${MAX_LENGTH} characters; a label has 1 to 63 lower-case letters, digits and hyphens, none at its ends`,
    );
  }
  if (name.endsWith('.amazonaws.com') || name.endsWith('.local')) {
    throw new HoldfastPropError(
      'zoneName',
      name,
      'no name below amazonaws.com (AWS uses it) or local (multicast DNS uses it)',
    );
  }
  return name;
}
