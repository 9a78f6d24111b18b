import { createHash } from 'node:crypto';
import type { Template } from './assembly';

/** Versioned or not; which image it names does not matter, a machine of the lab is always Debian 13. */
const DEBIAN_IMAGE = /^\/aws\/service\/debian\/(daily|release)\/13\/[^/]+\/(amd64|arm64)$/;

/** What AWS and `cdk bootstrap` have put into the parameter store. */
export function publicParameter(name: string): string | undefined {
  if (DEBIAN_IMAGE.test(name)) return `ami-0${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
  if (/^\/cdk-bootstrap\/[^/]+\/version$/.test(name)) return '30';
  return undefined;
}

/** Values of the template's parameters; all must have a default, as nobody is asked. */
export function parameterValues(template: Template): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(template.Parameters ?? {}).map(([name, { Type: type, Default: fallback }]) => {
      if (typeof fallback !== 'string' && typeof fallback !== 'number') {
        throw new Error(`the parameter ${name} has no default; the lab deploys without asking for parameters`);
      }
      return [name, parameterValue(name, type, String(fallback))] as const;
    }),
  );
}

function parameterValue(name: string, type: string, value: string): unknown {
  if (type.startsWith('AWS::SSM::Parameter::Value<')) {
    const found = publicParameter(value);
    if (found === undefined) throw new Error(`the parameter ${name} reads ${value}, which the lab does not know`);
    return found;
  }
  if (type === 'CommaDelimitedList' || type.startsWith('List<')) return value.split(',').map((part) => part.trim());
  if (type === 'String' || type === 'Number' || type.startsWith('AWS::EC2::')) return value;
  throw new Error(`the parameter ${name} is of type ${type}, which the lab does not know`);
}
