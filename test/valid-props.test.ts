import { CfnUser } from 'aws-cdk-lib/aws-memorydb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AccessString, Cluster, EngineVersion, IamUser, PasswordUser } from '../src';
import { validProps } from './support/arbitrary-props';
import { importedVpc, newStack, synth } from './support/synth';

test('valid properties, whatever they are, give a template without a finding', () => {
  fc.assert(
    fc.property(validProps, fc.nat(2), (makeProps, userCount) => {
      const stack = newStack();
      const props = makeProps(stack);
      const accessString = AccessString.readWrite('order:*');
      const engineVersion = props.engineVersion ?? EngineVersion.VALKEY_7_3;
      const users = Array.from({ length: userCount }, (_, index) =>
        (index === 0 && engineVersion.supportsIamUsers ? new IamUser(stack, 'App', { accessString }) : new PasswordUser(stack, `User${index}`, { accessString })));
      new Cluster(stack, 'Db', { vpc: importedVpc(stack), users, ...props });
      const { warnings } = synth(stack);
      expect(warnings.filter((warning) => !/overlappingWindows|nodesPerCluster/.test(warning))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('fails when the validator finds something, so that these tests see it', () => {
  const stack = newStack();
  new CfnUser(stack, 'User', { userName: 'UPPER', accessString: 'on', authenticationMode: { type: 'iam' } });
  expect(() => synth(stack)).toThrow(/CloudFormation Validate F3002[^]*CloudFormation Validate F3031|F3031[^]*F3002/);
});
