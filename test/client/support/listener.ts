import { close, connect } from '../../../src/client';

/*
 * The program of a child process that does nothing but listen, on the channel that is its argument. Its output is a line for every message, and
 * one when it has subscribed.
 */
const [, , method, channel] = process.argv as [string, string, 'subscribe' | 'ssubscribe', string];
const db = connect({ natMap: JSON.parse(process.env.NAT_MAP!), shardedSubscribers: method === 'ssubscribe' });
const print = (text: string) => process.stdout.write(`${text}\n`);
db.on('message', (_, text) => print(text)).on('smessage', (_, text) => print(text));
process.on('SIGTERM', () => void close(db));
process.on('exit', () => print(`exit while ${db.status}`));
void db[method](channel).then(() => print('subscribed'));
