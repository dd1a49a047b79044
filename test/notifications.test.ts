import { Aws, CfnParameter } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { Cluster, NodeType } from '../src';
import type { ClusterProps } from '../src';
import { importedVpc, newApp, newStack, propertiesOf, synth, templateOf } from './support/synth';

function define(stack: Stack, props: Partial<ClusterProps>): Cluster {
  return new Cluster(stack, 'Db', { vpc: importedVpc(stack), nodeType: NodeType.T4G_SMALL, ...props });
}

const propertiesIn = (stack: Stack) => propertiesOf(templateOf(stack), 'AWS::MemoryDB::Cluster');
const arn = (account: string) => `arn:aws:sns:eu-west-1:${account}:events`;

test('a cluster has none by default', () => {
  const stack = newStack();
  define(stack, {});
  expect(Object.keys(propertiesIn(stack)).filter((name) => name.startsWith('Sns'))).toEqual([]);
});

test.each([[undefined, 'ACTIVE'], [true, 'ACTIVE'], [false, 'INACTIVE']])('are sent to the topic when enabled is %s: %s', (notificationsEnabled, status) => {
  const stack = newStack();
  define(stack, { notificationTopic: new sns.Topic(stack, 'Topic'), notificationsEnabled });
  expect(propertiesIn(stack)).toMatchObject({ SnsTopicArn: { Ref: expect.stringMatching(/^Topic/) }, SnsTopicStatus: status });
});

test.each<[string, (stack: Stack) => sns.CfnTopic | sns.ITopic, unknown]>([
  ['an L1', (stack) => new sns.CfnTopic(stack, 'Topic'), { Ref: 'Topic' }],
  ['imported', (stack) => sns.Topic.fromTopicArn(stack, 'Topic', arn('123456789012')), arn('123456789012')],
  ['imported by a token', (stack) => sns.Topic.fromTopicArn(stack, 'Topic', new CfnParameter(stack, 'TopicArn').valueAsString), { Ref: 'TopicArn' }],
  ['of another account, as far as is known', (stack) => sns.Topic.fromTopicArn(stack, 'Topic', arn(Aws.ACCOUNT_ID)), expect.anything()],
])('may go to a topic that is %s', (_, makeTopic, expected) => {
  const stack = newStack();
  define(stack, { notificationTopic: makeTopic(stack) });
  expect(propertiesIn(stack).SnsTopicArn).toEqual(expected);
  expect(synth(stack).warnings).toEqual([]);
});

test('may go to a topic of another stack', () => {
  const app = newApp();
  const topic = new sns.Topic(newStack(app, 'Events'), 'Topic');
  const stack = newStack(app);
  define(stack, { notificationTopic: topic });
  expect(propertiesIn(stack).SnsTopicArn).toEqual({ 'Fn::ImportValue': expect.stringMatching(/^Events:/) });
});

describe('fail for', () => {
  test.each<[string, (stack: Stack) => sns.CfnTopic | sns.ITopic]>([
    ['a key', (stack) => new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') })],
    ['a key that was set on the L1', (stack) => {
      const topic = new sns.Topic(stack, 'Topic');
      (topic.node.defaultChild as sns.CfnTopic).kmsMasterKeyId = 'alias/aws/sns';
      return topic;
    }],
    ['a key of an L1', (stack) => new sns.CfnTopic(stack, 'Topic', { kmsMasterKeyId: 'alias/aws/sns' })],
    ['a key that an imported one has', (stack) =>
      sns.Topic.fromTopicAttributes(stack, 'Topic', { topicArn: arn('123456789012'), keyArn: 'arn:aws:kms:eu-west-1:123456789012:key/k' })],
  ])('a topic with %s', (_, makeTopic) => {
    const stack = newStack();
    expect(() => define(stack, { notificationTopic: makeTopic(stack) })).toThrow(
      "'notificationTopic' must not be encrypted with a key, since the service cannot publish to such a topic and says nothing about it, got Test/Topic; " +
        'use a topic without a key',
    );
  });

  test('a topic with a key that is set later, at synthesis', () => {
    const stack = newStack();
    const notificationTopic = new sns.Topic(stack, 'Topic');
    define(stack, { notificationTopic });
    (notificationTopic.node.defaultChild as sns.CfnTopic).kmsMasterKeyId = 'alias/aws/sns';
    expect(() => synth(stack)).toThrow("[Test/Db] 'notificationTopic' must not be encrypted with a key");
  });

  test('a topic of another account', () => {
    const stack = newStack();
    const notificationTopic = sns.Topic.fromTopicArn(stack, 'Topic', arn('210987654321'));
    expect(() => define(stack, { notificationTopic })).toThrow(
      "'notificationTopic' must be of the account of the cluster, 123456789012, got Test/Topic of 210987654321",
    );
  });
});
