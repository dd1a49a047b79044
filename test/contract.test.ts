import { expect, test } from 'vitest';
import { CONNECTION_FIELDS, PREFIX_PATTERN, outputName, variableName } from '../src/contract';

test('the names of the values do not change', () => {
  expect(CONNECTION_FIELDS.map((field) => [variableName(field), outputName(field)])).toEqual([
    ['MEMORYDB_HOST', 'MemorydbHost'],
    ['MEMORYDB_PORT', 'MemorydbPort'],
    ['MEMORYDB_TLS', 'MemorydbTls'],
    ['MEMORYDB_USERNAME', 'MemorydbUsername'],
    ['MEMORYDB_AUTH', 'MemorydbAuth'],
    ['MEMORYDB_CLUSTER_NAME', 'MemorydbClusterName'],
    ['MEMORYDB_REGION', 'MemorydbRegion'],
    ['MEMORYDB_SECRET_ARN', 'MemorydbSecretArn'],
    ['MEMORYDB_PASSWORD', 'MemorydbPassword'],
    ['MEMORYDB_CA_FILE', 'MemorydbCaFile'],
  ]);
});

test.each([
  ['ORDERS_DB', 'ORDERS_DB_HOST', 'OrdersDbHost'],
  ['orders', 'orders_HOST', 'OrdersHost'],
  ['A__b1_', 'A__b1__HOST', 'AB1Host'],
])('prefix %s', (prefix, variable, output) => {
  expect(PREFIX_PATTERN.test(prefix)).toBe(true);
  expect(variableName('HOST', prefix)).toBe(variable);
  expect(outputName('HOST', prefix)).toBe(output);
});
