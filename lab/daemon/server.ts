import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { messageOf } from '../host/errors';
import type { DeployMessage, ErrorReport, UpMessage } from './api';
import { FAULTS } from './fault-list';
import type { Lab } from './lab';

const faultRequest = z.object({
  name: z.enum(FAULTS),
  target: z.string(),
  forMs: z.number().int().positive().optional(),
  peers: z.array(z.string()).optional(),
});

const deployRequest = z.object({ assemblyDirectory: z.string() });

/** Whoever asked for the lab to come up, and what became of it so far. */
export interface Startup {
  readonly messages: readonly UpMessage[];
  /** Calls back for every further message. */
  onMessage(listener: (message: UpMessage) => void): void;
  /** The one who asked went away before the end. */
  abandon(): void;
}

/** The daemon's HTTP server: every answer is JSON. */
export function createApi(startup: Startup, lab: () => Lab | undefined): Server {
  return createServer((request, response) => {
    if (request.url === '/up') return streamStartup(startup, response);
    if (request.url === '/deploy') return void streamDeploy(request, response, lab());
    answerOne(request, lab()).then(
      (body) => reply(response, 200, body),
      (error: unknown) => reply(response, 400, { error: messageOf(error) } satisfies ErrorReport),
    );
  });
}

async function answerOne(request: IncomingMessage, lab: Lab | undefined): Promise<unknown> {
  if (lab === undefined) throw new Error('The lab is still coming up.');
  const url = new URL(request.url ?? '/', 'http://lab');
  switch (`${request.method ?? ''} ${url.pathname}`) {
    case 'GET /status':
      return lab.status();
    case 'GET /events':
      return lab.events();
    case 'GET /client':
      return lab.clientReport();
    case 'GET /operator':
      return lab.operatorReport();
    case 'GET /function-logs':
      return lab.functionLogs();
    case 'GET /machine':
      return lab.machine(url.searchParams.get('target') ?? '');
    case 'POST /fault': {
      const { forMs, peers, ...rest } = faultRequest.parse(JSON.parse(await bodyOf(request)));
      return lab.fault({
        ...rest,
        ...(forMs === undefined ? {} : { forMs }),
        ...(peers === undefined ? {} : { peers }),
      });
    }
    default:
      throw new Error(`The daemon does not know ${request.method ?? ''} ${url.pathname}.`);
  }
}

function streamStartup(startup: Startup, response: ServerResponse): void {
  response.setHeader('content-type', 'application/x-ndjson');
  const send = (message: UpMessage) => {
    response.write(`${JSON.stringify(message)}\n`);
    if (message.kind !== 'progress') response.end();
  };
  startup.messages.forEach(send);
  startup.onMessage(send);
  response.on('close', () => {
    if (!response.writableEnded) startup.abandon();
  });
}

/** A redeploy goes on when nobody listens any more, as on AWS. */
async function streamDeploy(request: IncomingMessage, response: ServerResponse, lab: Lab | undefined): Promise<void> {
  response.setHeader('content-type', 'application/x-ndjson');
  const send = (message: DeployMessage) => void response.write(`${JSON.stringify(message)}\n`);
  try {
    if (lab === undefined) throw new Error('The lab is still coming up.');
    const { assemblyDirectory } = deployRequest.parse(JSON.parse(await bodyOf(request)));
    send({ kind: 'deployed', status: await lab.deploy(assemblyDirectory, (text) => send({ kind: 'progress', text })) });
  } catch (error) {
    send({ kind: 'failed', message: messageOf(error) });
  }
  response.end();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request as AsyncIterable<string>) text += chunk;
  return text;
}

function reply(response: ServerResponse, statusCode: number, body: unknown): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
