import { nearest, Stack } from './template';

/** A value of a template, not yet computed, and the stack in whose terms it is written. */
export interface StackValue {
  readonly stack: Stack;
  readonly value: unknown;
}

/** What a nested stack gets for one of its parameters. */
export function nestedParameter(stack: Stack, name: string): StackValue | undefined {
  const { parent } = stack;
  const parameters = parent?.stack.template.Resources?.[parent.logicalId].Properties?.Parameters as Readonly<Record<string, unknown>> | undefined;
  return parent === undefined || parameters?.[name] === undefined ? undefined : { stack: parent.stack, value: parameters[name] };
}

/** What a stack gets back from a nested one: the attribute `Outputs.<name>`. */
export function nestedOutput(stacks: readonly Stack[], stack: Stack, logicalId: string, attribute: string): StackValue | undefined {
  const nested = stacks.find(({ parent }) => parent?.stack === stack && parent.logicalId === logicalId);
  return nested && outputOf(nested, attribute.replace(/^Outputs\./, ''));
}

/** What `Fn::GetStackOutput` reads, the CDK's weak reference. */
export function stackOutput(stacks: readonly Stack[], from: Stack, stackName: string, outputName: string, region: string): StackValue | undefined {
  const found = nearest(from, stacks.filter((stack) => stack.name === stackName && stack.region === region).map((stack) => ({ stack })));
  return found && outputOf(found.stack, outputName);
}

/** What the CDK hands from one Region to another, by a custom resource that writes on one side and one that reads on the other. */
export function crossRegionExport(stacks: readonly Stack[], from: Stack, name: string): StackValue | undefined {
  const found = stacks.flatMap((stack) => Object.values(stack.template.Resources ?? {})
    .filter((resource) => resource.Type === 'Custom::CrossRegionExportWriter')
    .map((resource) => resource.Properties?.WriterProps as { readonly exports?: Readonly<Record<string, unknown>> } | undefined)
    .filter((writer) => writer?.exports?.[name] !== undefined)
    .map((writer) => ({ stack, value: writer?.exports?.[name] })));
  return nearest(from, found);
}

function outputOf(stack: Stack, name: string): StackValue | undefined {
  const output = stack.template.Outputs?.[name];
  return output && { stack, value: output.Value };
}
