import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * usage: tcp-client.ts ADDRESS PORT
 *
 * A client in a process of its own, so that it can stand in another network namespace. Each line of its input is sent;
 * what happens is told on its output, a word a line: connected, echo TEXT, error CODE.
 */
const [, , address = '', port = ''] = process.argv;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const socket = connect({ host: address, port: Number(port) });
socket.on('connect', () => say('connected'));
socket.on('data', (text) => say(`echo ${text.toString().trim()}`));
socket.on('error', (error: NodeJS.ErrnoException) => say(`error ${error.code ?? error.message}`));
socket.on('close', () => process.exit(0));
createInterface({ input: process.stdin }).on('line', (line) => socket.write(`${line}\n`));
