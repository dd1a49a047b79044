import { start } from './start';

void start(async () => {
  const { createCluster } = await import('redis');
  const { MEMORYDB_HOST: host, MEMORYDB_PORT: port, MEMORYDB_USERNAME: username, MEMORYDB_PASSWORD: password } = process.env;
  return async () => {
    const cluster = createCluster({
      rootNodes: [{ socket: { host, port: Number(port), tls: true } }],
      defaults: { username, password, socket: { tls: true } },
    });
    await cluster.connect();
    return cluster.get('a');
  };
});
