import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const CLIENT = JSON.stringify(resolve(__dirname, '..', '..', 'src', 'client'));

/** The packages that a fresh process has loaded after it ran a script. */
async function packagesAfter(script: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const print = `
    const packages = Object.keys(require.cache).map((file) => /.*node_modules[/]((?:@[^/]+[/])?[^/]+)/.exec(file)?.[1]);
    console.log(JSON.stringify([...new Set(packages)].filter(Boolean)));`;
  const args = ['--require', 'tsx/cjs', '--eval', `(async () => { ${script} ${print} })()`];
  const { AWS_PROFILE: _, ...rest } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...rest, ...env } });
  return (JSON.parse(stdout) as string[]).sort();
}

const environment = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example', AWS_REGION: 'eu-west-1' };

test('a client loads nothing of AWS, and an IAM user whose role is in the environment signs in without it', async () => {
  const packages = await packagesAfter(`
    const { connect, iamCredentials } = require(${CLIENT});
    const db = connect({ lazyConnect: true });
    const token = await iamCredentials({ clusterName: 'orders', username: 'app' }).getPassword();
    if (!token.includes('X-Amz-Signature=')) throw new Error('no token');
    db.disconnect();`, {
    ...environment,
    MEMORYDB_HOST: 'localhost',
    MEMORYDB_PORT: '6379',
    MEMORYDB_TLS: 'true',
    MEMORYDB_AUTH: 'iam',
    MEMORYDB_USERNAME: 'app',
    MEMORYDB_CLUSTER_NAME: 'orders',
    MEMORYDB_REGION: 'eu-west-1',
  });
  expect(packages.filter((name) => /^(@aws-|@smithy|aws-|constructs)/.test(name))).toEqual([]);
  expect(packages).toContain('ioredis');
});

test('the default chain of the SDK is loaded when the environment has no credentials', async () => {
  const packages = await packagesAfter(`
    const { iamCredentials } = require(${CLIENT});
    await iamCredentials({ clusterName: 'orders', username: 'app' }).getPassword().catch(() => undefined);`, {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  });
  expect(packages).toContain('@aws-sdk/credential-provider-node');
});
