import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { publicParameter } from './parameters';

const REFERENCE = /\{\{resolve:([a-z-]+):([^}]+)\}\}/g;

/** Replaces `{{resolve:ssm:name}}` in every text of a resource's properties. Others are refused: a secret in a property is one in plain sight. */
export async function resolveDynamicReferences(value: unknown, ssm: SSMClient): Promise<unknown> {
  if (typeof value === 'string') return resolveText(value, ssm);
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveDynamicReferences(item, ssm)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    async ([key, inner]) => [key, await resolveDynamicReferences(inner, ssm)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveText(text: string, ssm: SSMClient): Promise<string> {
  let result = text;
  for (const [whole, service, name = ''] of text.matchAll(REFERENCE)) {
    if (service !== 'ssm') throw new Error(`the lab does not know the dynamic reference ${whole}`);
    result = result.replace(whole, await parameter(name, ssm));
  }
  return result;
}

async function parameter(name: string, ssm: SSMClient): Promise<string> {
  const found = publicParameter(name);
  if (found !== undefined) return found;
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
  if (Parameter?.Value === undefined) throw new Error(`the parameter ${name} does not exist`);
  return Parameter.Value;
}
