import { PARTITION, URL_SUFFIX, type Account } from '../account';
import { parseCidr, toAddress } from '../ec2/address';
import type { Template } from './assembly';
import { attributeOf, PLACEHOLDER, subParts } from './references';

/** What a provisioned resource is to others: `Ref` and `Fn::GetAtt`. */
export interface Provisioned {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const NO_VALUE = Symbol('AWS::NoValue');
type Functions = Readonly<Record<string, (argument: unknown) => unknown>>;

/**
 * CloudFormation's intrinsic functions. A resource may be referred to once it stands in `provisioned`; the order of
 * provisioning sees to that. Functions that the lab does not know are errors.
 */
export class Resolver {
  private readonly conditions = new Map<string, boolean>();

  constructor(
    private readonly account: Account,
    private readonly template: Template,
    private readonly stack: { readonly name: string; readonly id: string },
    private readonly parameters: ReadonlyMap<string, unknown>,
    private readonly provisioned: ReadonlyMap<string, Provisioned>,
  ) {}

  resolve(value: unknown): unknown {
    const result = this.walk(value);
    return result === NO_VALUE ? undefined : result;
  }

  /** Value of an entry of `Conditions`. */
  condition(name: string): boolean {
    const known = this.conditions.get(name);
    if (known !== undefined) return known;
    const definition = this.template.Conditions?.[name];
    if (definition === undefined) throw new Error(`no condition is named ${name}`);
    const result = this.truth(definition);
    this.conditions.set(name, result);
    return result;
  }

  /** Value of a condition or rule function. */
  truth(value: unknown): boolean {
    const result = this.walk(value);
    if (typeof result !== 'boolean') throw new Error(`${JSON.stringify(value)} is no condition`);
    return result;
  }

  private walk(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.walk(item)).filter((item) => item !== NO_VALUE);
    if (typeof value !== 'object' || value === null) return value;
    const entries: [string, unknown][] = Object.entries(value);
    const [only] = entries;
    if (entries.length === 1 && only !== undefined) {
      const [name, argument] = only;
      const intrinsic = this.functions[name];
      if (intrinsic !== undefined) return intrinsic(argument);
      if (name.startsWith('Fn::')) throw new Error(`the lab does not know ${name}`);
    }
    return Object.fromEntries(
      entries.map(([key, inner]) => [key, this.walk(inner)] as const).filter(([, inner]) => inner !== NO_VALUE),
    );
  }

  private readonly functions: Functions = {
    Ref: (argument) => this.reference(text(argument)),
    Condition: (argument) => this.condition(text(argument)),
    'Fn::GetAtt': (argument) => {
      const { logicalId, attribute } = attributeOf(argument);
      return this.attribute(logicalId, attribute);
    },
    'Fn::Join': (argument) => {
      const [separator, parts] = list(argument);
      return list(this.walk(parts)).map(text).join(text(separator));
    },
    'Fn::Sub': (argument) => {
      const [template, own] = subParts(argument);
      return template
        .replace(PLACEHOLDER, (_, name: string) => {
          if (Object.hasOwn(own, name)) return text(this.walk(own[name]));
          const dot = name.indexOf('.');
          return text(dot < 0 ? this.reference(name) : this.attribute(name.slice(0, dot), name.slice(dot + 1)));
        })
        .replaceAll('${!', '${');
    },
    'Fn::Select': (argument) => {
      const [index, values] = list(this.walk(argument));
      const chosen = list(values)[Number(index)];
      if (chosen === undefined) throw new Error(`Fn::Select has no entry ${text(index)}`);
      return chosen;
    },
    'Fn::Split': (argument) => {
      const [separator, whole] = list(this.walk(argument));
      return text(whole).split(text(separator));
    },
    'Fn::GetAZs': (argument) => {
      const region = this.walk(argument);
      if (region !== '' && region !== this.account.region) throw new Error(`the lab has no region ${text(region)}`);
      return [...this.account.zones];
    },
    'Fn::Base64': (argument) => Buffer.from(text(this.walk(argument)), 'utf8').toString('base64'),
    'Fn::Cidr': (argument) => {
      const [block, count, bits] = list(this.walk(argument));
      const { first } = parseCidr(text(block));
      const prefix = 32 - Number(bits);
      return Array.from(
        { length: Number(count) },
        (_, index) => `${toAddress(first + index * 2 ** Number(bits))}/${prefix}`,
      );
    },
    'Fn::FindInMap': (argument) => {
      const [map, top, second] = list(this.walk(argument)).map(text);
      const found = this.template.Mappings?.[map ?? '']?.[top ?? '']?.[second ?? ''];
      if (found === undefined) throw new Error(`no mapping ${map}/${top}/${second}`);
      return found;
    },
    'Fn::If': (argument) => {
      const [name, yes, no] = list(argument);
      return this.walk(this.condition(text(name)) ? yes : no);
    },
    'Fn::Equals': (argument) => {
      const [a, b] = list(this.walk(argument));
      return text(a) === text(b);
    },
    'Fn::Not': (argument) => !this.truth(list(argument)[0]),
    'Fn::And': (argument) => list(argument).every((part) => this.truth(part)),
    'Fn::Or': (argument) => list(argument).some((part) => this.truth(part)),
    'Fn::Contains': (argument) => {
      const [values, wanted] = list(this.walk(argument));
      return list(values).map(text).includes(text(wanted));
    },
    'Fn::ImportValue': () => {
      throw new Error('Fn::ImportValue needs another stack; the lab runs one');
    },
  };

  private reference(name: string): unknown {
    const pseudo = this.pseudo(name);
    if (pseudo !== undefined) return pseudo;
    if (this.parameters.has(name)) return this.parameters.get(name);
    return this.resource(name).physicalId;
  }

  private pseudo(name: string): unknown {
    const values: Readonly<Record<string, unknown>> = {
      'AWS::AccountId': this.account.accountId,
      'AWS::Region': this.account.region,
      'AWS::Partition': PARTITION,
      'AWS::URLSuffix': URL_SUFFIX,
      'AWS::StackName': this.stack.name,
      'AWS::StackId': this.stack.id,
      'AWS::NotificationARNs': [],
      'AWS::NoValue': NO_VALUE,
    };
    return values[name];
  }

  private attribute(logicalId: string, attribute: string): unknown {
    const value = this.resource(logicalId).attributes[attribute];
    if (value === undefined) throw new Error(`the lab does not know the attribute ${attribute} of ${logicalId}`);
    return value;
  }

  private resource(logicalId: string): Provisioned {
    const found = this.provisioned.get(logicalId);
    if (found === undefined) throw new Error(`${logicalId} is no parameter and no provisioned resource`);
    return found;
  }
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${JSON.stringify(value)} is no list`);
  return value;
}

function text(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`${JSON.stringify(value)} is no text`);
}
