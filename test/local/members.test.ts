import { App } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { CfnCluster } from 'aws-cdk-lib/aws-memorydb';
import { expect, test } from 'vitest';
import { Acl, Cluster, EngineVersion, IMultiRegionCluster, MultiRegionCluster, NodeType } from '../../src';
import { readAssembly } from '../../src/local/assembly';
import { Evaluator } from '../../src/local/intrinsics';
import { planClusters } from '../../src/local/plan';
import { ACCOUNT, importedVpc, newApp, newStack } from '../support/synth';

const inRegion = (app: App, id: string, region: string) => newStack(app, id, { env: { account: ACCOUNT, region } });
const { nodeType, engineVersion } = { nodeType: NodeType.R7G_XLARGE, engineVersion: EngineVersion.VALKEY_7_3 };

function plansOf(app: App) {
  const stacks = readAssembly(app.synth().directory);
  return planClusters(stacks, stacks, new Evaluator(stacks));
}

function member(stack: Stack, multiRegionCluster: IMultiRegionCluster) {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType, multiRegionCluster, numReplicasPerShard: 0, acl: Acl.openAccess(stack) });
}

test.each(['strong', 'weak'])('members have the shards of their multi-Region cluster, by %s references', (strength) => {
  const app = newApp({ postCliContext: { '@aws-cdk/core:defaultCrossStackReferences': strength } });
  const home = inRegion(app, 'Home', 'us-east-1');
  const orders = new MultiRegionCluster(home, 'Orders', { nodeType, suffix: 'orders', numShards: 3 });
  const sessions = new MultiRegionCluster(home, 'Sessions', { nodeType, suffix: 'sessions', numShards: 2 });
  ['us-east-1', 'eu-west-1'].forEach((region) => {
    member(inRegion(app, `Orders-${region}`, region), orders);
    member(inRegion(app, `Sessions-${region}`, region), sessions);
  });
  const shards = plansOf(app).map(({ located, shards: count }) => [located.stack.name, count]);
  expect(Object.fromEntries(shards)).toEqual({ 'Orders-us-east-1': 3, 'Orders-eu-west-1': 3, 'Sessions-us-east-1': 2, 'Sessions-eu-west-1': 2 });
});

test('a member of one that is not in reach has one shard', () => {
  const app = newApp();
  const stack = newStack(app);
  member(stack, MultiRegionCluster.fromMultiRegionClusterName(stack, 'Orders', 'virxk-orders'));
  expect(plansOf(app)).toMatchObject([{ shards: 1 }]);
});

test('a member has the engine of its multi-Region cluster', () => {
  const app = newApp();
  const stack = newStack(app);
  const { multiRegionClusterName } = new MultiRegionCluster(stack, 'Orders', { nodeType, engineVersion, suffix: 'orders' });
  new CfnCluster(stack, 'Db', {
    clusterName: 'orders', aclName: 'open-access', nodeType: nodeType.name, parameterGroupName: 'default.memorydb-redis7', multiRegionClusterName,
  });
  expect(() => plansOf(app)).toThrow('must name a group of the family "memorydb_valkey7" for its engine');
});
