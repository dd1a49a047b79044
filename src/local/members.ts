import { Evaluator } from './intrinsics';
import { LocatedResource, nearest, resourcesOfType, Stack, TemplateResource } from './template';

/** What a member of a multi-Region cluster leaves to it. */
const SHARED_PROPERTIES = ['Engine', 'EngineVersion', 'NumShards', 'TLSEnabled'];

/** A cluster with what it has from its multi-Region cluster, if that is in reach. */
export function withShared(cluster: LocatedResource, all: readonly Stack[], evaluator: Evaluator): TemplateResource {
  const { stack, resource } = cluster;
  const name = evaluator.text(resource.Properties?.MultiRegionClusterName, stack);
  const shared = name === '' ? undefined : findByName(name, stack, all, evaluator);
  const valueOf = (property: string) => shared && evaluator.evaluate(shared.resource.Properties?.[property], shared.stack);
  const properties = SHARED_PROPERTIES.map((property) => [property, valueOf(property)]);
  return { ...resource, Properties: { ...Object.fromEntries(properties), ...resource.Properties } };
}

/** The service makes the name, so what stands for it is compared. */
function findByName(name: string, from: Stack, all: readonly Stack[], evaluator: Evaluator): LocatedResource | undefined {
  const found = resourcesOfType(all, 'AWS::MemoryDB::MultiRegionCluster').filter(({ stack, logicalId }) =>
    [{ Ref: logicalId }, { 'Fn::GetAtt': [logicalId, 'MultiRegionClusterName'] }].some((reference) => evaluator.text(reference, stack) === name));
  return nearest(from, found);
}
