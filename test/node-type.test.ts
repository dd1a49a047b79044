import { Size, Token } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { NodeType } from '../src/node-type';

const LISTED = Object.entries(NodeType).filter((entry): entry is [string, NodeType] => entry[1] instanceof NodeType);

test('there are 20 listed types', () => {
  expect(LISTED).toHaveLength(20);
});

test.each(LISTED)('%s is named like the type', (name, nodeType) => {
  expect(nodeType.toString()).toBe(`db.${name.toLowerCase().replace('_', '.')}`);
  expect(nodeType.name).toBe(nodeType.toString());
  expect(nodeType.vCpus).toBeGreaterThan(1);
  expect(nodeType.memory!.toMebibytes()).toBeGreaterThan(1024);
  expect(nodeType.dataTiering).toBe(name.startsWith('R6GD'));
});

test.each([
  ['db.r7g.large', false],
  ['db.r6gd.16xlarge', true],
  ['db.r8g.large', false],
])('data tiering follows from the family: %s', (name, dataTiering) => {
  expect(NodeType.of(name).dataTiering).toBe(dataTiering);
});

test('what is given is kept', () => {
  const nodeType = NodeType.of('db.r9gd.large', { vCpus: 2, memory: Size.gibibytes(16), dataTiering: true });
  expect([nodeType.vCpus, nodeType.memory?.toGibibytes(), nodeType.dataTiering]).toEqual([2, 16, true]);
});

test.each([undefined, true, false])('nothing is checked of a token, with dataTiering %s', (dataTiering) => {
  expect(NodeType.of(Token.asString({ Ref: 'NodeType' }), { dataTiering }).dataTiering).toBe(dataTiering ?? false);
});
