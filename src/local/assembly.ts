import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConstructMetadata, constructPaths } from './construct-paths';
import { DEFAULT_ACCOUNT, DEFAULT_REGION, resourcesOfType, Stack, Template } from './template';

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly displayName?: string;
  readonly metadata?: ConstructMetadata;
  /** Where newer versions write what stood in `metadata` before. */
  readonly additionalMetadataFile?: string;
  readonly properties?: { readonly templateFile?: string; readonly stackName?: string; readonly directoryName?: string; readonly file?: string };
}

interface AssetManifest {
  readonly files?: Readonly<Record<string, { readonly source?: { readonly path?: string } }>>;
}

/** Files of a cloud assembly by the hash under which CloudFormation finds them. */
type Assets = Readonly<Record<string, string | undefined>>;

/**
 * Read the stacks of a cloud assembly, those of its stages and nested ones too, in the order of the manifest.
 *
 * Only files are read: no credentials, no network.
 *
 * @param directory what `cdk synth` wrote, usually `cdk.out`
 * @throws when there is no assembly, or one of its files is missing or damaged
 */
export function readAssembly(directory: string): Stack[] {
  const manifest = readJson(join(directory, 'manifest.json'), directory) as { readonly artifacts?: Readonly<Record<string, Artifact>> };
  const assets = readAssets(Object.values(manifest.artifacts ?? {}), directory);
  return Object.entries(manifest.artifacts ?? {}).flatMap(([id, artifact]) => {
    const { templateFile, stackName, directoryName } = artifact.properties ?? {};
    if (artifact.type === 'cdk:cloud-assembly' && directoryName !== undefined) {
      return readAssembly(join(directory, directoryName));
    }
    if (artifact.type !== 'aws:cloudformation:stack' || templateFile === undefined) {
      return [];
    }
    const metadata = readMetadata(artifact, directory);
    return withNested({
      name: stackName ?? id,
      id,
      // Behind the path stands the name in parentheses, when it is another one.
      assembly: resolve(directory),
      path: artifact.displayName?.replace(/ \(.*\)$/, ''),
      ...parseEnvironment(artifact.environment ?? ''),
      template: readJson(join(directory, templateFile), directory) as Template,
      constructs: constructPaths(metadata, templateFile),
    }, assets, metadata);
  });
}

function readMetadata({ metadata, additionalMetadataFile: file }: Artifact, directory: string): ConstructMetadata {
  return { ...metadata, ...file === undefined ? {} : readJson(join(directory, file), directory) as ConstructMetadata };
}

function readAssets(artifacts: readonly Artifact[], directory: string): Assets {
  const files = artifacts.flatMap(({ type, properties }) => type === 'cdk:asset-manifest' && properties?.file !== undefined ? [properties.file] : []);
  return Object.fromEntries(files.flatMap((file) => {
    const { files: entries = {} } = readJson(join(directory, file), directory) as AssetManifest;
    return Object.entries(entries).map(([hash, asset]) => [hash, asset.source?.path]);
  }));
}

/** A nested stack is a resource with the address of a template; the assembly has the template among its assets. */
function withNested(stack: Stack, assets: Assets, metadata: ConstructMetadata): Stack[] {
  const nested = resourcesOfType([stack], 'AWS::CloudFormation::Stack').flatMap(({ logicalId, resource }) => {
    const hash = /([0-9a-f]{64})\.json/.exec(JSON.stringify(resource.Properties?.TemplateURL) ?? '')?.[1];
    const file = hash === undefined ? undefined : assets[hash];
    if (file === undefined) {
      return [];
    }
    const template = readJson(join(stack.assembly, file), stack.assembly) as Template;
    const child = {
      ...stack,
      name: `${stack.name}/${logicalId}`,
      id: `${stack.id}-${logicalId}`,
      path: undefined,
      template,
      constructs: constructPaths(metadata, file),
      parent: { stack, logicalId },
    };
    return withNested(child, assets, metadata);
  });
  return [stack, ...nested];
}

/** Make a stack of a template that stands alone. */
export function standaloneStack(template: Template): Stack {
  return { name: 'Template', id: 'Template', assembly: '', region: DEFAULT_REGION, account: DEFAULT_ACCOUNT, template };
}

/**
 * Choose one stack by its name, its artifact id or its construct path, together with those nested in it.
 *
 * @throws when there is no such stack, with those that are there
 */
export function selectStacks(stacks: readonly Stack[], name?: string): Stack[] {
  const isWanted = (stack: Stack): boolean => name === undefined
    || [stack.name, stack.id, stack.path].includes(name) || (stack.parent !== undefined && isWanted(stack.parent.stack));
  const selected = stacks.filter(isWanted);
  if (selected.length === 0 && name !== undefined) {
    const names = stacks.map((stack) => stack.name).join(', ') || 'none';
    throw new Error(`stack ${JSON.stringify(name)} is not in the cloud assembly, choose one of its stacks: ${names}`);
  }
  return selected;
}

/** Take apart `aws://account/region`, where either may be unknown. */
function parseEnvironment(environment: string): { readonly account: string; readonly region: string } {
  const [account, region] = environment.replace(/^aws:\/\//, '').split('/');
  return {
    account: /^\d+$/.test(account) ? account : DEFAULT_ACCOUNT,
    region: region === undefined || region === '' || region === 'unknown-region' ? DEFAULT_REGION : region,
  };
}

function readJson(file: string, directory: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const hint = 'synthesize the app first (`cdk synth`) or say where its output is';
    throw new Error(`found no cloud assembly in ${JSON.stringify(resolve(directory))}: cannot read ${resolve(file)}; ${hint}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${resolve(file)} is not JSON, synthesize the app again (\`cdk synth\`)`, { cause: error });
  }
}
