import { randomInt } from 'node:crypto';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { newSuffix } from '../../ids';
import { resourceType } from '../resource';
import { flag, integer, tags, text } from '../values';

const generateSchema = z.strictObject({
  PasswordLength: integer.default(32),
  ExcludeCharacters: text.default(''),
  ExcludeLowercase: flag.default(false),
  ExcludeUppercase: flag.default(false),
  ExcludeNumbers: flag.default(false),
  ExcludePunctuation: flag.default(false),
  IncludeSpace: flag.default(false),
  RequireEachIncludedType: flag.default(true),
  GenerateStringKey: text.optional(),
  SecretStringTemplate: text.optional(),
});

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
/** Source: GetRandomPassword in the Secrets Manager API reference. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

function randomPassword(options: z.output<typeof generateSchema>): string {
  const kinds = [
    options.ExcludeLowercase ? '' : LOWER,
    options.ExcludeUppercase ? '' : LOWER.toUpperCase(),
    options.ExcludeNumbers ? '' : '0123456789',
    options.ExcludePunctuation ? '' : PUNCTUATION,
    options.IncludeSpace ? ' ' : '',
  ]
    .map((kind) => [...kind].filter((character) => !options.ExcludeCharacters.includes(character)).join(''))
    .filter((kind) => kind !== '');
  const pick = (from: string) => from.charAt(randomInt(from.length));
  const required = options.RequireEachIncludedType ? kinds.map(pick) : [];
  const rest = Array.from({ length: Math.max(0, options.PasswordLength - required.length) }, () =>
    pick(kinds.join('')),
  );
  const characters = [...required, ...rest];
  for (let index = characters.length - 1; index > 0; index -= 1) {
    const other = randomInt(index + 1);
    [characters[index], characters[other]] = [characters[other] ?? '', characters[index] ?? ''];
  }
  return characters.join('');
}

function generate(options: z.output<typeof generateSchema>): string {
  const password = randomPassword(options);
  if (options.GenerateStringKey === undefined) return password;
  const template = JSON.parse(options.SecretStringTemplate ?? '{}') as Record<string, unknown>;
  return JSON.stringify({ ...template, [options.GenerateStringKey]: password });
}

export const SECRETS_MANAGER_RESOURCES = [
  resourceType({
    type: 'AWS::SecretsManager::Secret',
    properties: z.strictObject({
      Name: text.optional(),
      Description: text.optional(),
      SecretString: text.optional(),
      GenerateSecretString: generateSchema.optional(),
      KmsKeyId: text.optional(),
      Tags: tags,
    }),
    create: async (properties, { cloud, logicalId }) => {
      const created = await cloud.moto.secrets.send(
        new CreateSecretCommand({
          Name: properties.Name ?? `${logicalId}-${newSuffix(12)}`,
          Description: properties.Description,
          SecretString:
            properties.SecretString ?? generate(properties.GenerateSecretString ?? generateSchema.parse({})),
        }),
      );
      const { ARN: secretArn } = created;
      if (secretArn === undefined) throw new Error('moto returned no ARN for the secret');
      cloud.secretArns.add(secretArn);
      cloud.tags.set(secretArn, properties.Tags);
      return { physicalId: secretArn, attributes: { Id: secretArn } };
    },
  }),
];
