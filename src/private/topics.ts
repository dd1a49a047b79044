import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { aws_sns as sns } from 'aws-cdk-lib/interfaces';

/** Whether a topic is known to be encrypted with a key. */
export function isEncryptedTopic(topic: sns.ITopicRef): boolean {
  const resource = CfnTopic.isCfnTopic(topic) ? topic : topic.node.defaultChild;
  return (topic as ITopic).masterKey !== undefined || (CfnTopic.isCfnTopic(resource) && resource.kmsMasterKeyId !== undefined);
}
