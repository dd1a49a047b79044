import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OrdersStack } from '../../examples/orders/orders-stack';
import { startLocal } from '../../src/local';
import type { Local } from '../../src/local';

let outdir: string;
let local: Local;
let handler: typeof import('../../examples/orders/handler').handler;
let db: typeof import('../../examples/orders/db').db;

beforeAll(async () => {
  outdir = await mkdtemp(path.join(tmpdir(), 'orders-'));
  const app = new App({ outdir, postCliContext: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks());
  new OrdersStack(app, 'Orders');
  app.synth();

  local = await startLocal({ app: outdir });
  Object.assign(process.env, local.environment());
  ({ handler } = await import('../../examples/orders/handler.js'));
  ({ db } = await import('../../examples/orders/db.js'));
});

afterAll(async () => {
  const { close } = await import('cdk-memorydb/client');
  await close(db);
  await local.stop();
  await rm(outdir, { recursive: true });
});

describe('the stack', () => {
  test('synthesizes without a finding of CDK or cdk-nag', () => {
    const report = JSON.parse(readFileSync(path.join(outdir, 'validation-report.json'), 'utf8'));
    expect(report.pluginReports.flatMap((plugin: { violations: unknown[] }) => plugin.violations)).toEqual([]);
  });

  test('limits its user to the keys of orders and accounts', () => {
    const [user] = local.clusters[0].users;
    expect(user.accessString).toContain('~account:* ~order:* -@all');
  });
});

describe('orders', () => {
  const order = { orderId: '1', customerId: 'c-1', totalCents: '14999', status: 'paid', createdAt: '1707696000000' };

  test('are stored and found by customer, the latest first', async () => {
    const later = { ...order, orderId: '2', createdAt: '1707782400000' };
    await handler({ action: 'createOrder', order });
    await handler({ action: 'createOrder', order: later });
    await handler({ action: 'createOrder', order });

    expect(await handler({ action: 'getOrder', customerId: 'c-1', orderId: '1' })).toEqual(order);
    expect(await handler({ action: 'listOrders', customerId: 'c-1' })).toEqual([later, order]);
    expect(await handler({ action: 'listOrders', customerId: 'c-1', limit: 1 })).toEqual([later]);
    expect(await handler({ action: 'getOrder', customerId: 'c-2', orderId: '1' })).toBeUndefined();
  });

  test('of many customers are spread over all shards', async () => {
    const customers = Array.from({ length: 30 }, (_, i) => `c-${100 + i}`);
    await Promise.all(customers.map((customerId) => handler({ action: 'createOrder', order: { ...order, customerId } })));

    const primaries = local.nodes.filter((node) => node.role === 'primary');
    const sizes = await Promise.all(primaries.map((node) => node.call('DBSIZE')));
    expect(sizes.every((size) => Number(size) > 0)).toBe(true);
  });

  test('fail for keys that are neither orders nor accounts', async () => {
    await expect(db.set('session:1', 'x')).rejects.toThrow(/NOPERM/);
  });
});

describe('email addresses', () => {
  test('belong to the first who claims them', async () => {
    expect(await handler({ action: 'claimEmail', email: 'Ann@example.com', customerId: 'c-1' })).toBe(true);
    expect(await handler({ action: 'claimEmail', email: 'ann@example.com', customerId: 'c-1' })).toBe(true);
    expect(await handler({ action: 'claimEmail', email: 'ann@example.com', customerId: 'c-2' })).toBe(false);
    expect(await handler({ action: 'findByEmail', email: 'ANN@example.com' })).toBe('c-1');
    expect(await handler({ action: 'findByEmail', email: 'nobody@example.com' })).toBeUndefined();
  });
});

describe('transfers', () => {
  const balances = async (ledger: string, accountIds: string[]) =>
    (await Promise.all(accountIds.map((accountId) => handler({ action: 'getBalance', ledger, accountId })))) as number[];

  test('move money once, however often they are sent, and refuse an overdraft', async () => {
    const ledger = 'once';
    await handler({ action: 'openAccount', ledger, accountId: 'a', balanceCents: 100 });
    await handler({ action: 'openAccount', ledger, accountId: 'b', balanceCents: 0 });
    const request = { action: 'transfer', ledger, transferId: 't-1', from: 'a', to: 'b', amountCents: 60 } as const;

    expect(await handler(request)).toBe('done');
    expect(await handler(request)).toBe('done');
    expect(await handler({ ...request, transferId: 't-2' })).toBe('insufficient funds');
    expect(await handler({ ...request, transferId: 't-3', to: 'nobody' })).toBe('no such account');
    expect(await balances(ledger, ['a', 'b'])).toEqual([40, 60]);
  });

  test.each([0, -1, 0.5, NaN, 2 ** 53])('fail for the amount %s', async (amountCents) => {
    await expect(handler({ action: 'transfer', ledger: 'x', transferId: 't', from: 'a', to: 'b', amountCents })).rejects.toThrow(/amountCents/);
  });

  test('at once and at random leave the total as it is and no account below zero', async () => {
    const ledger = 'many';
    const accountIds = Array.from({ length: 10 }, (_, i) => `a-${i}`);
    await Promise.all(accountIds.map((accountId) => handler({ action: 'openAccount', ledger, accountId, balanceCents: 1000 })));
    const pick = () => Math.floor(Math.random() * accountIds.length);

    const results = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => {
        const from = pick();
        const to = (from + 1 + Math.floor(Math.random() * 9)) % 10;
        const amountCents = 1 + Math.floor(Math.random() * 900);
        return handler({ action: 'transfer', ledger, transferId: `t-${i}`, from: accountIds[from], to: accountIds[to], amountCents });
      }),
    );

    expect(new Set(results)).toEqual(new Set(['done', 'insufficient funds']));
    const after = await balances(ledger, accountIds);
    expect(after.reduce((sum, balance) => sum + balance, 0)).toBe(10_000);
    expect(Math.min(...after)).toBeGreaterThanOrEqual(0);
  });
});

test('an action that does not exist fails by its name', async () => {
  await expect(handler({ action: 'dropTables' } as never)).rejects.toThrow(/dropTables/);
});
