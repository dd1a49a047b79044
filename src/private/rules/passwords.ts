import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { THIS_LIBRARY, errorRule } from './rule';
import type { PasswordReference } from '../password-references';

const SCHEMA = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-memorydb-user-authenticationmode.html';

const SECURE_STRINGS = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html';

/** At most two, so that one can be replaced while the other is in use. */
const MAX_PASSWORDS = 2;

const COUNT = errorRule<readonly PasswordReference[]>(lit`InvalidPasswordCount`, 'MemoryDB Developer Guide, "Quotas"', ({ length }) =>
  (length >= 1 && length <= MAX_PASSWORDS
    ? undefined
    : `'passwords' must have 1 or ${MAX_PASSWORDS} entries, got ${length}; leave it out to have a password generated`));

const REFERENCE = errorRule<readonly PasswordReference[]>(lit`PlainTextPassword`, THIS_LIBRARY, (passwords) => {
  const index = passwords.findIndex(({ plainText }) => plainText !== undefined);
  return index < 0
    ? undefined
    : `'passwords' must be references to secrets that CloudFormation resolves while it deploys, but entry ${index} ${passwords[index].plainText}, which ` +
      "everybody who can read the template would see; put the password into a secret and give 'secret', or use SecretValue.secretsManager()";
});

/** CDK's validator has this of the service, too: E1027. */
const NOT_SECURE_STRING = errorRule<readonly PasswordReference[]>(lit`SecureStringPassword`, SECURE_STRINGS, (passwords) => {
  const index = passwords.findIndex(({ isSecureString }) => isSecureString);
  return index < 0
    ? undefined
    : `'passwords' must be in Secrets Manager, but entry ${index} is a secure string of Systems Manager, which CloudFormation does not resolve for ` +
      "MemoryDB; put the password into a secret and give 'secret', or use SecretValue.secretsManager()";
});

const UNIQUE = errorRule<readonly PasswordReference[]>(lit`DuplicatePassword`, SCHEMA, (passwords) =>
  (passwords.every(({ text }, index) => text === undefined || passwords.findIndex((other) => other.text === text) === index)
    ? undefined
    : "'passwords' must be two different ones, but both entries are the same reference; leave one out"));

export const PASSWORD_RULES = [COUNT, REFERENCE, NOT_SECURE_STRING, UNIQUE];
