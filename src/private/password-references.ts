import { CfnParameter, Reference, Stack, Tokenization } from 'aws-cdk-lib';
import type { SecretValue } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** What stands for a password in the template. */
export interface PasswordReference {
  /** Its text in the template: equal for equal references. */
  readonly text: string;
  /** What of it everybody who reads the template can see; nothing when it is a reference throughout. */
  readonly plainText?: string;
}

/** One reference to a secret and nothing else: what is in it is where the password is, not the password. */
const SECRET_REFERENCE = /^\{\{resolve:(secretsmanager|ssm-secure):[^{}]+\}\}$/;

/** A reference to a parameter of Systems Manager that is not encrypted. */
const PARAMETER_REFERENCE = /^\{\{resolve:ssm:[^{}]+\}\}$/;

/** Stands for what is not known before the deployment. */
const UNKNOWN = '\0';

/** How a password is written to the template of a construct. */
export function passwordReference(scope: Construct, password: SecretValue): PasswordReference {
  const value = password.unsafeUnwrap();
  const resolved = Stack.of(scope).resolve(value);
  return { text: JSON.stringify(resolved), plainText: echo(value) ?? plainTextIn(resolved) };
}

/** A parameter of the template shows its value to everybody unless it is told not to. */
function echo(value: string): string | undefined {
  const { tokens, length } = Tokenization.reverseString(value);
  const target = length === 1 && Reference.isReference(tokens[0]) ? tokens[0].target : undefined;
  return target instanceof CfnParameter && !target.noEcho ? `is the parameter ${target.node.path} without 'noEcho'` : undefined;
}

function plainTextIn(resolved: any): string | undefined {
  const choices: unknown[] = resolved['Fn::If']?.slice(1) ?? (Array.isArray(resolved['Fn::Select']?.[1]) ? resolved['Fn::Select'][1] : []);
  if (choices.length > 0) {
    return choices.map(plainTextIn).find((found) => found !== undefined);
  }
  const text = textOf(resolved);
  if (SECRET_REFERENCE.test(text) || text.split(UNKNOWN).join('') === '') {
    return undefined;
  }
  return PARAMETER_REFERENCE.test(text) ? 'is a parameter of Systems Manager that is not a secure string' : 'is plain text';
}

/** What is known of a text before the deployment. */
function textOf(resolved: any): string {
  if (typeof resolved === 'string') {
    return resolved;
  }
  const [[name, argument]] = Object.entries<any>(resolved);
  switch (name) {
    case 'Ref':
      return argument.startsWith('AWS::') ? argument : UNKNOWN;
    case 'Fn::Join':
      return Array.isArray(argument[1]) ? argument[1].map(textOf).join(argument[0]) : UNKNOWN;
    case 'Fn::Sub':
      return (typeof argument === 'string' ? argument : argument[0]).replace(/\$\{[^!}][^}]*\}/g, UNKNOWN);
    case 'Fn::Base64':
      return textOf(argument);
    case 'Fn::FindInMap':
      return name;
    default:
      return UNKNOWN;
  }
}
