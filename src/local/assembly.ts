import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEFAULT_ACCOUNT, DEFAULT_REGION, Stack, Template } from './template';

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly displayName?: string;
  readonly properties?: { readonly templateFile?: string; readonly stackName?: string; readonly directoryName?: string };
}

/**
 * Read the stacks of a cloud assembly, those of its stages too, in the order of the manifest.
 *
 * Only files are read: no credentials, no network.
 *
 * @param directory what `cdk synth` wrote, usually `cdk.out`
 * @throws when there is no assembly, or one of its files is missing or damaged
 */
export function readAssembly(directory: string): Stack[] {
  const manifest = readJson(join(directory, 'manifest.json'), directory) as { readonly artifacts?: Readonly<Record<string, Artifact>> };
  return Object.entries(manifest.artifacts ?? {}).flatMap(([id, artifact]) => {
    const { templateFile, stackName, directoryName } = artifact.properties ?? {};
    if (artifact.type === 'cdk:cloud-assembly' && directoryName !== undefined) {
      return readAssembly(join(directory, directoryName));
    }
    if (artifact.type !== 'aws:cloudformation:stack' || templateFile === undefined) {
      return [];
    }
    return [{
      name: stackName ?? id,
      id,
      // Behind the path stands the name in parentheses, when it is another one.
      assembly: resolve(directory),
      path: artifact.displayName?.replace(/ \(.*\)$/, ''),
      ...parseEnvironment(artifact.environment ?? ''),
      template: readJson(join(directory, templateFile), directory) as Template,
    }];
  });
}

/** Make a stack of a template that stands alone. */
export function standaloneStack(template: Template): Stack {
  return { name: 'Template', id: 'Template', assembly: '', region: DEFAULT_REGION, account: DEFAULT_ACCOUNT, template };
}

/**
 * Choose one stack by its name, its artifact id or its construct path.
 *
 * @throws when there is no such stack, with those that are there
 */
export function selectStacks(stacks: readonly Stack[], name?: string): Stack[] {
  const selected = stacks.filter((stack) => name === undefined || [stack.name, stack.id, stack.path].includes(name));
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
