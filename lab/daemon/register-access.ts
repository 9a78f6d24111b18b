import { Register, type RegisterOptions } from '../../register';

type Client = NonNullable<RegisterOptions['client']>;
type Extension = NonNullable<Client['extensions']>[number];

/** The cluster's register, read past the gateway, so that the lab sees it during an outage of DynamoDB too. */
export function openRegister(motoUrl: string, region: string, tableName: string): Register {
  const client: Client = {
    endpoint: motoUrl,
    region,
    credentials: { accessKeyId: 'observer', secretAccessKey: 'lab' },
    extensions: [withoutDate],
  };
  return new Register({ tableName, client });
}

/** moto's `Date` header is none, and the SDK reads the server's clock from it. */
const withoutDate: Extension = {
  configure(configuration) {
    const handler = configuration.httpHandler();
    const handle = handler.handle.bind(handler);
    handler.handle = async (request, options) => {
      const result = await handle(request, options);
      delete result.response.headers['date'];
      return result;
    };
    configuration.setHttpHandler(handler);
  },
};
