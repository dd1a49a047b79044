import { CfnParameter, DefaultTokenResolver, Reference, Stack, Tokenization } from 'aws-cdk-lib';
import type { IFragmentConcatenator, IPostProcessor, IResolvable, IResolveContext, SecretValue } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** What stands for a password in the template. */
export interface PasswordReference {
  /** Its text: equal for equal references; nothing when it has none yet. */
  readonly text?: string;
  /** What of it everybody who reads the template can see; nothing when it is a reference throughout. */
  readonly plainText?: string;
  /** Whether it is a secure string of Systems Manager. */
  readonly isSecureString: boolean;
}

/** One reference to a secret and nothing else: what is in it is where the password is, not the password. */
const SECRET_REFERENCE = /^\{\{resolve:(secretsmanager|ssm-secure):[^{}]+\}\}$/;

/** A reference to a parameter of Systems Manager that is encrypted. */
const SECURE_STRING = /^\{\{resolve:ssm-secure:/;

/** A reference to a parameter of Systems Manager that is not encrypted. */
const PARAMETER_REFERENCE = /^\{\{resolve:ssm:[^{}]+\}\}$/;

/** Stands for what is not known before the deployment. */
const UNKNOWN = '\0';

/** Stands around the path of a parameter that shows its value. */
const SHOWN = '\u0001';
const SHOWN_PARAMETER = new RegExp(`${SHOWN}([^${SHOWN}]+)${SHOWN}`, 'g');

/** How a password is written to the template of a construct. */
export function passwordReference(scope: Construct, password: SecretValue): PasswordReference {
  const stack = Stack.of(scope);
  const resolved = Tokenization.resolve(password.unsafeUnwrap(), { scope, resolver: new TargetResolver(stack) });
  const texts = choicesOf(resolved).map((choice) => textOf(choice, stack));
  return {
    text: JSON.stringify(resolved),
    plainText: texts.map(plainTextIn).find((found) => found !== undefined),
    isSecureString: texts.some((text) => SECURE_STRING.test(text)),
  };
}

/** Writes strings that have tokens in them as CloudFormation joins them. */
const JOINED: IFragmentConcatenator = {
  join: (left: any, right: any) => (left === undefined ? right : right === undefined ? left : { 'Fn::Join': ['', [left, right]] }),
};

/** Tells references to other stacks apart, whose logical ids can be equal, and finds parameters that show their values. */
class TargetResolver extends DefaultTokenResolver {
  constructor(private readonly stack: Stack) {
    super(JOINED);
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): any {
    const resolved = super.resolveToken(token, context, postProcessor);
    if (!Reference.isReference(token) || Stack.of(token.target) === this.stack) {
      return resolved;
    }
    const { target, displayName } = token;
    return isShown(target) ? `${SHOWN}${target.node.path}${SHOWN}` : { 'Fn::ImportValue': `${target.node.path}.${displayName}` };
  }
}

/** A parameter of the template shows its value to everybody unless it is told not to. */
function isShown(target: unknown): target is CfnParameter {
  return target instanceof CfnParameter && !target.noEcho;
}

/** What a reference by a logical id, or by the name of a pseudo parameter, stands for. */
function referenced(name: string, stack: Stack): string {
  if (name.startsWith('AWS::')) {
    return name === 'AWS::NoValue' ? UNKNOWN : name;
  }
  const target = stack.node.findAll().find((one) => isShown(one) && one.stack === stack && stack.resolve(one.logicalId) === name);
  return target ? `${SHOWN}${target.node.path}${SHOWN}` : UNKNOWN;
}

/** Everything that a value can come to be. */
function choicesOf(resolved: any): unknown[] {
  const choices: unknown = resolved?.['Fn::If']?.slice(1) ?? resolved?.['Fn::Select']?.[1];
  return Array.isArray(choices) ? choices.flatMap(choicesOf) : [resolved];
}

function plainTextIn(text: string): string | undefined {
  if (SECRET_REFERENCE.test(text)) {
    return undefined;
  }
  const [shown] = text.matchAll(SHOWN_PARAMETER);
  if (shown) {
    return `is made of the parameter ${shown[1]} without 'noEcho'`;
  }
  if (text.split(UNKNOWN).join('') === '') {
    return undefined;
  }
  return PARAMETER_REFERENCE.test(text) ? 'is a parameter of Systems Manager that is not a secure string' : 'is plain text';
}

/** What is known of a text before the deployment. */
function textOf(resolved: any, stack: Stack): string {
  if (typeof resolved !== 'object' || resolved === null) {
    return resolved === undefined ? UNKNOWN : String(resolved);
  }
  const [[name, argument] = []] = Object.entries<any>(resolved);
  switch (name) {
    case 'Ref':
      return referenced(argument, stack);
    case 'Fn::Join':
      return Array.isArray(argument[1]) ? argument[1].map((part) => textOf(part, stack)).join(argument[0]) : UNKNOWN;
    case 'Fn::Sub':
      return substituted(argument, stack);
    case 'Fn::Base64':
      return textOf(argument, stack);
    case 'Fn::FindInMap':
      return name;
    default:
      return UNKNOWN;
  }
}

function substituted(argument: string | [string, Record<string, unknown>], stack: Stack): string {
  const [text, values] = typeof argument === 'string' ? [argument, {}] : argument;
  return text.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) =>
    (Object.hasOwn(values, name) ? textOf((values as Record<string, unknown>)[name], stack) : name.includes('.') ? UNKNOWN : referenced(name, stack)));
}
