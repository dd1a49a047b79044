import { start } from './start';

void start(async () => {
  const { Cluster } = await import('ioredis');
  const { MEMORYDB_HOST: host, MEMORYDB_PORT: port, MEMORYDB_USERNAME: username, MEMORYDB_PASSWORD: password } = process.env;
  return () => new Cluster([{ host, port: Number(port) }], {
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions: { username, password, tls: {} },
  }).get('a');
});
