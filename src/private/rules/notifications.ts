import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import type { ClusterInput } from './cluster-input';
import { THIS_LIBRARY, errorRule, known } from './rule';
import { isEncryptedTopic } from '../topics';

const SOURCE = 'MemoryDB Developer Guide, "Event Notifications and Amazon SNS"';

const UNENCRYPTED = errorRule<Pick<ClusterInput, 'notificationTopic'>>(lit`EncryptedTopic`, SOURCE, ({ notificationTopic: topic }) =>
  (topic !== undefined && isEncryptedTopic(topic)
    ? `'notificationTopic' must not be encrypted with a key, since the service cannot publish to such a topic and says nothing about it, got ${topic.node.path}; ` +
      'use a topic without a key'
    : undefined));

/** The key of a topic can be set at any time. */
export const TOPIC_KEY_RULES = [UNENCRYPTED];

const ACCOUNT = errorRule<ClusterInput>(lit`TopicOfAnotherAccount`, SOURCE, ({ notificationTopic: topic, scope }) => {
  const account = scope.env.account;
  return topic === undefined || !known(topic.env.account, account) || topic.env.account === account
    ? undefined
    : `'notificationTopic' must be of the account of the cluster, ${account}, got ${topic.node.path} of ${topic.env.account}; use a topic of that account and ` +
      'subscribe to it from the other one';
});

const TOPIC = errorRule<ClusterInput>(lit`NotificationsWithoutTopic`, THIS_LIBRARY, ({ notificationTopic, notificationsEnabled }) =>
  (notificationTopic === undefined && notificationsEnabled !== undefined
    ? `'notificationsEnabled' must be given together with 'notificationTopic', got ${notificationsEnabled} alone; ` +
      'to turn notifications off keep the topic, since removing it changes nothing'
    : undefined));

export const NOTIFICATION_RULES = [...TOPIC_KEY_RULES, ACCOUNT, TOPIC];
