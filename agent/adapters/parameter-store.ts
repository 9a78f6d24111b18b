import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { ParameterApi } from '../settings';
import { calling, type ClientSettings } from './aws';

/** Systems Manager's parameters. */
export class ParameterStore implements ParameterApi {
  private readonly client: SSMClient;

  constructor(settings: ClientSettings) {
    this.client = new SSMClient(settings);
  }

  async get(name: string): Promise<string> {
    const { Parameter } = await calling('GetParameter', () =>
      this.client.send(new GetParameterCommand({ Name: name })),
    );
    if (Parameter?.Value === undefined) throw new Error(`The parameter ${name} has no value.`);
    return Parameter.Value;
  }

  /** The parameter is there: the template made it, with its type. */
  async put(name: string, value: string): Promise<void> {
    await calling('PutParameter', () =>
      this.client.send(new PutParameterCommand({ Name: name, Value: value, Overwrite: true })),
    );
  }
}
