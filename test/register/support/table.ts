import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../../core/names';
import { MOTO_PACKAGES } from '../../../lab/aws/moto/packages';
import { type MotoServer, startMoto } from '../../../lab/aws/moto/server';
import { Images } from '../../../lab/host/images';
import { layout } from '../../../lab/host/layout';
import { Register, type RegisterTimeouts } from '../../../register';
import { Front } from './front';

const ACCOUNT = '123456789012';
const ACCESS = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

/** Register tables in a real moto. Give-up times are short, since some tests wait for them. */
export class TestDynamo {
  private tables = 0;

  private constructor(
    private readonly moto: MotoServer,
    readonly front: Front,
    /** Moto through the front; answers the other JSON services too. */
    readonly endpoint: string,
    private readonly direct: DynamoDBDocumentClient,
  ) {}

  static async start(): Promise<TestDynamo> {
    const images = new Images(layout().imageDirectory, undefined);
    const image = await images.ensure({ name: 'moto', packages: MOTO_PACKAGES }, () => undefined);
    const moto = await startMoto(image, await freePort(), ACCOUNT);
    const front = new Front(moto.url);
    const endpoint = await front.listen();
    return new TestDynamo(
      moto,
      front,
      endpoint,
      DynamoDBDocumentClient.from(new DynamoDBClient({ ...ACCESS, endpoint })),
    );
  }

  async makeTable(): Promise<TestTable> {
    this.tables += 1;
    const tableName = `register-${this.tables}`;
    const key = (name: string, type: 'HASH' | 'RANGE') => ({ AttributeName: name, KeyType: type });
    await this.direct.send(
      new CreateTableCommand({
        TableName: tableName,
        KeySchema: [key(TABLE.partitionKey, 'HASH'), key(TABLE.sortKey, 'RANGE')],
        AttributeDefinitions: [TABLE.partitionKey, TABLE.sortKey].map((name) => ({
          AttributeName: name,
          AttributeType: 'S',
        })),
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    return new TestTable(tableName, this.endpoint, this.direct);
  }

  async stop(): Promise<void> {
    this.direct.destroy();
    await this.front.close();
    await this.moto.close();
  }
}

export class TestTable {
  private readonly opened: Register[] = [];

  constructor(
    readonly tableName: string,
    private readonly endpoint: string,
    private readonly direct: DynamoDBDocumentClient,
  ) {}

  /** Another process's register: its own client, its own memory. */
  open(timeouts: Partial<RegisterTimeouts> = {}): Register {
    const register = new Register({
      tableName: this.tableName,
      client: { ...ACCESS, endpoint: this.endpoint },
      timeouts,
    });
    this.opened.push(register);
    return register;
  }

  /** Puts an item as no program of ours would. */
  async plant(item: Readonly<Record<string, unknown>>): Promise<void> {
    await this.direct.send(new PutCommand({ TableName: this.tableName, Item: item }));
  }

  close(): void {
    for (const register of this.opened) register.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
