import type { ClusterProps } from '../cluster-props';
import type { ICluster } from '../cluster-ref';
import { EngineVersion } from '../engine-version';
import { MultiRegionCluster } from '../multi-region-cluster';
import { MEMBER_RULES, MULTI_REGION_REGION_RULES, MULTI_REGION_RULES, NEIGHBOUR_RULES, SHARED_RULES } from './rules/multi-region';
import { check, demand } from './rules/rule';

/** What is equal in all members of a multi-Region cluster. */
type Shared = Pick<ClusterProps, 'nodeType' | 'engineVersion' | 'numShards' | 'tlsEnabled'>;

/**
 * Makes a cluster a member of its multi-Region cluster, if it has one.
 *
 * @returns what the member has from it; nothing of an imported one, of which only the name is known
 * @throws when the cluster cannot be a member, or differs from what the others are
 */
export function join(cluster: ICluster, props: ClusterProps): Partial<Shared> {
  const { multiRegionCluster } = props;
  if (multiRegionCluster === undefined) {
    return {};
  }
  const shared = MultiRegionCluster.isMultiRegionCluster(multiRegionCluster) ? multiRegionCluster : undefined;
  const engineVersion = props.engineVersion ?? shared?.engineVersion ?? EngineVersion.VALKEY_7_3;
  demand(MULTI_REGION_RULES, { nodeType: props.nodeType, engineVersion }, cluster);
  check(MEMBER_RULES, props, cluster);
  check(MULTI_REGION_REGION_RULES, cluster.env.region, cluster);
  if (shared === undefined) {
    return {};
  }
  demand(SHARED_RULES, { path: shared.node.path, expected: valuesOf(shared), given: valuesOf(props) }, cluster);
  check(NEIGHBOUR_RULES, { member: cluster, others: shared.members }, cluster);
  shared._addMember(cluster);
  return shared;
}

function valuesOf({ nodeType, engineVersion, numShards, tlsEnabled }: Shared): Record<string, string | number | boolean | undefined> {
  return { nodeType: nodeType.name, engineVersion: engineVersion?.toString(), numShards, tlsEnabled };
}
