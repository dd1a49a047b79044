import { createCluster } from 'redis';
import { start } from './start';

const { MEMORYDB_HOST: host, MEMORYDB_PORT: port, MEMORYDB_USERNAME: username, MEMORYDB_PASSWORD: password } = process.env;

void start(async () => {
  const cluster = createCluster({
    rootNodes: [{ socket: { host, port: Number(port), tls: true } }],
    defaults: { username, password, socket: { tls: true } },
  });
  await cluster.connect();
  return cluster.get('a');
});
