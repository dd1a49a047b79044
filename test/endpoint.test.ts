import { Token } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { Endpoint } from '../src/endpoint';
import { newStack } from './support/synth';

test('joins host name and port', () => {
  const endpoint = new Endpoint('db.example.com', 6379);
  expect(endpoint.portAsString()).toBe('6379');
  expect(endpoint.socketAddress).toBe('db.example.com:6379');
});

test('takes a token for the port', () => {
  const endpoint = new Endpoint('db.example.com', Token.asNumber({ Ref: 'Port' }));
  expect(newStack().resolve(endpoint.socketAddress)).toEqual({ 'Fn::Join': ['', ['db.example.com:', { Ref: 'Port' }]] });
});
