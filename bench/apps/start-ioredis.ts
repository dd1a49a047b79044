import { Cluster } from 'ioredis';
import { start } from './start';

const { MEMORYDB_HOST: host, MEMORYDB_PORT: port, MEMORYDB_USERNAME: username, MEMORYDB_PASSWORD: password } = process.env;

void start(() => new Cluster([{ host, port: Number(port) }], {
  dnsLookup: (address, callback) => callback(null, address),
  redisOptions: { username, password, tls: {} },
}).get('a'));
