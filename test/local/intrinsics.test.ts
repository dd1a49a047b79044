import { describe, expect, test } from 'vitest';
import { Evaluator } from '../../src/local/intrinsics';
import { Stack } from '../../src/local/template';

const ORDERS: Stack = {
  name: 'Orders',
  id: 'Orders',
  assembly: '',
  region: 'eu-west-1',
  account: '123456789012',
  template: {
    Parameters: { Stage: { Type: 'String', Default: 'prod' }, Zones: { Type: 'CommaDelimitedList', Default: 'a, b' }, Unset: { Type: 'String' }, Stored: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/name' } },
    Mappings: { Sizes: { 'eu-west-1': { small: 'db.t4g.small' } } },
    Conditions: {
      IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
      IsTest: { 'Fn::Not': [{ Condition: 'IsProd' }] },
      Both: { 'Fn::And': [{ Condition: 'IsProd' }, { Condition: 'IsTest' }] },
      Either: { 'Fn::Or': [{ Condition: 'IsProd' }, { Condition: 'IsTest' }] },
    },
    Resources: {
      Cluster: { Type: 'AWS::MemoryDB::Cluster', Properties: { ClusterName: { 'Fn::Sub': 'orders-${Stage}' } } },
      Secret: { Type: 'AWS::SecretsManager::Secret' },
      Table: { Type: 'AWS::DynamoDB::Table' },
    },
    Outputs: {
      Exported: { Value: { 'Fn::GetAtt': ['Cluster', 'ClusterEndpoint.Address'] }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Host' } } },
      Private: { Value: 'not exported' },
    },
  },
};
const WEB: Stack = { name: 'Web', id: 'Web', assembly: '', region: 'cn-north-1', account: '000000000000', template: {} };
const evaluator = new Evaluator([ORDERS, WEB], ({ logicalId }) => logicalId === 'Cluster' ? { host: 'localhost', port: 7000 } : undefined);

test.each([
  ['plain', 'plain'],
  [12, 12],
  [{ Ref: 'Stage' }, 'prod'],
  [{ Ref: 'Zones' }, ['a', 'b']],
  [{ Ref: 'AWS::Region' }, 'eu-west-1'],
  [{ Ref: 'AWS::AccountId' }, '123456789012'],
  [{ Ref: 'AWS::Partition' }, 'aws'],
  [{ Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
  [{ Ref: 'AWS::StackName' }, 'Orders'],
  [{ Ref: 'Cluster' }, 'orders-prod'],
  [{ Ref: 'Secret' }, 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:Orders-Secret'],
  [{ 'Fn::GetAtt': ['Cluster', 'ARN'] }, 'arn:aws:memorydb:eu-west-1:123456789012:cluster/orders-prod'],
  [{ 'Fn::GetAtt': 'Cluster.ClusterEndpoint.Address' }, 'localhost'],
  [{ 'Fn::GetAtt': ['Cluster', 'ClusterEndpoint.Port'] }, 7000],
  [{ 'Fn::Join': ['-', ['a', { Ref: 'Stage' }, 3]] }, 'a-prod-3'],
  [{ 'Fn::Join': [',', { Ref: 'Zones' }] }, 'a,b'],
  [{ 'Fn::Sub': '${Stage} ${!literal} ${AWS::Region} ${Cluster.ClusterEndpoint.Address}' }, 'prod ${literal} eu-west-1 localhost'],
  [{ 'Fn::Sub': ['${Name}/${Stage}', { Name: { Ref: 'Cluster' } }] }, 'orders-prod/prod'],
  [{ 'Fn::Select': [1, { Ref: 'Zones' }] }, 'b'],
  [{ 'Fn::Select': ['0', { 'Fn::Split': ['-', { Ref: 'Cluster' }] }] }, 'orders'],
  [{ 'Fn::ImportValue': 'Orders:Host' }, 'localhost'],
  [{ 'Fn::GetStackOutput': { StackName: 'Orders', OutputName: 'Private' } }, 'not exported'],
  [{ 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'small'] }, 'db.t4g.small'],
  [{ 'Fn::If': ['IsProd', 'yes', 'no'] }, 'yes'],
  [{ 'Fn::If': ['IsTest', 'yes', 'no'] }, 'no'],
  [{ 'Fn::If': ['Both', 'yes', 'no'] }, 'no'],
  [{ 'Fn::If': ['Either', 'yes', 'no'] }, 'yes'],
  [{ 'Fn::Base64': 'text' }, 'dGV4dA=='],
  [{ a: { Ref: 'Stage' }, b: { Ref: 'AWS::NoValue' } }, { a: 'prod' }],
  [['a', { Ref: 'AWS::NoValue' }], ['a']],
])('%j becomes %j', (value, expected) => {
  expect(evaluator.evaluate(value, ORDERS)).toEqual(expected);
});

describe('what only AWS knows', () => {
  test.each([
    [{ Ref: 'Table' }, 'Orders.Table'],
    [{ Ref: 'Unset' }, 'Orders.Unset'],
    [{ Ref: 'Stored' }, 'Orders.Stored'],
    [{ 'Fn::GetStackOutput': { StackName: 'Orders', OutputName: 'Private', Region: 'us-west-2' } }, 'Orders.Private'],
    [{ Ref: 'NotThere' }, 'Orders.NotThere'],
    [{ 'Fn::GetAtt': ['Table', 'StreamArn'] }, 'Orders.Table.StreamArn'],
    [{ 'Fn::ImportValue': 'Elsewhere:Host' }, 'Elsewhere:Host'],
    [{ 'Fn::GetAZs': '' }, 'Orders.Fn::GetAZs'],
    [{ 'Fn::FindInMap': ['Sizes', 'eu-west-1', 'large'] }, 'Orders.Sizes.eu-west-1.large'],
  ])('%j becomes the text %j', (value, expected) => {
    const text = evaluator.text(value, ORDERS);
    expect(text).toBe(expected);
    expect(evaluator.isPlaceholder(text)).toBe(true);
    expect(evaluator.isPlaceholder(`prefix-${text}`)).toBe(true);
  });

  test('a value of the template is none of it', () => {
    expect(evaluator.isPlaceholder(evaluator.text({ Ref: 'Stage' }, ORDERS))).toBe(false);
  });
});

test('partitions follow the Region', () => {
  expect(evaluator.text({ 'Fn::Sub': '${AWS::Partition} ${AWS::URLSuffix}' }, WEB)).toBe('aws-cn amazonaws.com.cn');
});

test('a resource whose condition does not hold does not exist', () => {
  const located = (condition?: string) => ({ stack: ORDERS, logicalId: 'Any', resource: { Type: 'Any', Condition: condition } });
  expect(evaluator.exists(located())).toBe(true);
  expect(evaluator.exists(located('IsProd'))).toBe(true);
  expect(evaluator.exists(located('IsTest'))).toBe(false);
});
