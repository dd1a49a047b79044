/** What an assembly notes about its constructs, by their paths. */
export type ConstructMetadata = Readonly<Record<string, readonly { readonly type?: unknown; readonly data?: unknown }[]>>;

/**
 * The paths of the constructs of one template, by their logical ids.
 *
 * The metadata of a stack tells of those nested in it too, where the same logical ids may stand again.
 *
 * @param templateFile the template's name in the assembly
 */
export function constructPaths(metadata: ConstructMetadata, templateFile: string): ReadonlyMap<string, string> {
  const note = (path: string, type: string) => metadata[path].find((entry) => entry.type === type)?.data;
  const paths = Object.keys(metadata);
  const templates = paths.filter((path) => note(path, 'aws:cdk:templateFile') !== undefined).sort((one, other) => other.length - one.length);
  const own = (path: string) => {
    const stack = templates.find((candidate) => path.startsWith(`${candidate}/`));
    return stack === undefined || note(stack, 'aws:cdk:templateFile') === templateFile;
  };
  return new Map(paths.filter(own).flatMap((path) => {
    const logicalId = note(path, 'aws:cdk:logicalId');
    return typeof logicalId === 'string' ? [[logicalId, path.slice(1)] as const] : [];
  }));
}
