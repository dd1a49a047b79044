/** One resource of a CloudFormation template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** The parts of a CloudFormation template that MemoryDB Local reads. */
export interface Template {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type?: string; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value?: unknown; readonly Export?: { readonly Name?: unknown } }>>;
}

/** A stack of a cloud assembly. */
export interface Stack {
  /** The name that CloudFormation knows. */
  readonly name: string;
  /** The artifact id, which no other stack of the assembly has. */
  readonly id: string;
  /** The path of the construct, when it is known. */
  readonly path?: string;
  /** The path of the construct behind each logical id, as far as the assembly tells. */
  readonly constructs?: ReadonlyMap<string, string>;
  /** The directory of its cloud assembly; every stage has its own. */
  readonly assembly: string;
  readonly region: string;
  readonly account: string;
  readonly template: Template;
  /** Of a nested stack: the resource that stands for it, and the stack that has it. */
  readonly parent?: { readonly stack: Stack; readonly logicalId: string };
}

/** A resource together with where it stands. */
export interface LocatedResource {
  readonly stack: Stack;
  readonly logicalId: string;
  readonly resource: TemplateResource;
}

/** What stands in for the Region of a stack that is not bound to one. */
export const DEFAULT_REGION = 'us-east-1';

/** What stands in for the account of a stack that is not bound to one. */
export const DEFAULT_ACCOUNT = '000000000000';

/** Find the resources of one type. */
export function resourcesOfType(stacks: readonly Stack[], type: string): LocatedResource[] {
  return stacks.flatMap((stack) => Object.entries(stack.template.Resources ?? {})
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, resource]) => ({ stack, logicalId, resource })));
}

/**
 * Choose among things of the same name: names are unique in one Region of one account only, and stages that are not
 * bound to one may repeat each other.
 */
export function nearest<T extends { readonly stack: Stack }>(from: Stack, candidates: readonly T[]): T | undefined {
  const distance = ({ stack }: T) => {
    const sameEnvironment = stack.region === from.region && stack.account === from.account;
    return stack === from ? 0 : (stack.assembly === from.assembly ? 1 : 3) + (sameEnvironment ? 0 : 1);
  };
  return [...candidates].sort((one, other) => distance(one) - distance(other))[0];
}

/** Name a resource for messages: `Stack/LogicalId`. */
export function describe(located: { readonly stack: Stack; readonly logicalId: string }): string {
  return `${located.stack.name}/${located.logicalId}`;
}
