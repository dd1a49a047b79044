import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
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

  test('limits its user to the keys of orders, accounts and transfers', () => {
    const [user] = local.clusters[0].users;
    expect(user.accessString).toContain('~account:* ~order:* ~transfer:* -@all');
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

  test('are replaced when they are stored again', async () => {
    const replaced = { ...order, customerId: 'c-3', status: 'shipped', createdAt: '1707696000001' };
    await handler({ action: 'createOrder', order: { ...order, customerId: 'c-3' } });
    await handler({ action: 'createOrder', order: replaced });
    expect(await handler({ action: 'listOrders', customerId: 'c-3' })).toEqual([replaced]);
  });

  test.each([
    ['createdAt', '2024-01-01T00:00:00Z'],
    ['createdAt', 'Infinity'],
    ['totalCents', '1.5'],
    ['totalCents', '9007199254740992'],
    ['status', ''],
    ['orderId', undefined],
    ['customerId', '}'],
    ['customerId', ''],
  ])('fail for the %s %j and leave nothing behind', async (field, value) => {
    const bad = { ...order, customerId: 'c-bad', [field]: value } as typeof order;
    await expect(handler({ action: 'createOrder', order: bad })).rejects.toThrow(new RegExp(`^${field} must be `));
    expect(await handler({ action: 'getOrder', customerId: 'c-bad', orderId: order.orderId })).toBeUndefined();
    expect(await handler({ action: 'listOrders', customerId: 'c-bad' })).toEqual([]);
  });

  test.each([0, -1, 1.5, 101, '5'])('fail for the limit %j', async (limit) => {
    await expect(handler({ action: 'listOrders', customerId: 'c-1', limit: limit as number })).rejects.toThrow(/^limit must be a whole number from 1 to 100/);
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

  test('with the id of another transfer move nothing', async () => {
    const ledger = 'ids';
    await Promise.all(['a', 'b'].map((accountId) => handler({ action: 'openAccount', ledger, accountId, balanceCents: 100 })));
    const request = { action: 'transfer', ledger, transferId: 't-1', from: 'a', to: 'b', amountCents: 10 } as const;

    expect(await handler(request)).toBe('done');
    expect(await handler({ ...request, amountCents: 11 })).toBe('transferId in use');
    expect(await handler({ ...request, from: 'b', to: 'a' })).toBe('transferId in use');
    expect(await handler({ ...request, transferId: 't-2', to: 'transfer:t-1' })).toBe('no such account');
    expect(await balances(ledger, ['a', 'b'])).toEqual([90, 110]);
  });

  test.each(['1.5', '-5', 'nan', '007', '1e3', ''])('fail before anything moves when a balance has become %j', async (balance) => {
    const ledger = `damaged-${balance}`;
    await handler({ action: 'openAccount', ledger, accountId: 'a', balanceCents: 100 });
    await db.hset(`account:{${ledger}}:b`, 'balanceCents', balance);
    const request = { action: 'transfer', ledger, transferId: 't', from: 'a', to: 'b', amountCents: 10 } as const;

    for (let attempt = 1; attempt <= 2; attempt++) {
      await expect(handler(request)).rejects.toThrow(/BALANCE is not a whole number/);
    }
    await expect(handler({ ...request, from: 'b', to: 'a' })).rejects.toThrow(/BALANCE is not a whole number/);
    expect(await balances(ledger, ['a'])).toEqual([100]);
    expect(await db.hget(`account:{${ledger}}:b`, 'balanceCents')).toBe(balance);
  });

  test('stop where a balance could no longer be read exactly', async () => {
    const ledger = 'limit';
    await handler({ action: 'openAccount', ledger, accountId: 'a', balanceCents: 2 });
    await handler({ action: 'openAccount', ledger, accountId: 'b', balanceCents: Number.MAX_SAFE_INTEGER - 1 });
    const request = { action: 'transfer', ledger, transferId: 't-1', from: 'a', to: 'b', amountCents: 2 } as const;

    expect(await handler(request)).toBe('balance too large');
    expect(await handler({ ...request, amountCents: 1 })).toBe('done');
    expect(await balances(ledger, ['a', 'b'])).toEqual([1, Number.MAX_SAFE_INTEGER]);
    expect(await handler({ ...request, transferId: 't-2', from: 'b', to: 'a', amountCents: Number.MAX_SAFE_INTEGER })).toBe('balance too large');
    expect(await handler({ ...request, transferId: 't-3', from: 'b', to: 'a', amountCents: 1e15 })).toBe('done');
    expect(await balances(ledger, ['a', 'b'])).toEqual([1e15 + 1, Number.MAX_SAFE_INTEGER - 1e15]);
  });

  test('whose reply is lost are sent again, move once, and are given up in the end', async () => {
    const ledger = 'doubt';
    await Promise.all(['a', 'b'].map((accountId) => handler({ action: 'openAccount', ledger, accountId, balanceCents: 100 })));
    const evaluate = db.eval.bind(db) as (...args: unknown[]) => Promise<unknown>;
    let lost = 0;
    const lossy = vi.spyOn(db, 'eval').mockImplementation((async (...args: unknown[]) => {
      const reply = await evaluate(...args);
      if (lost === 0) {
        return reply;
      }
      lost--;
      throw Object.assign(new Error('the reply was lost'), { code: 'EINDOUBT' });
    }) as never);
    try {
      const request = { action: 'transfer', ledger, transferId: 't-1', from: 'a', to: 'b', amountCents: 10 } as const;
      lost = 2;
      expect(await handler(request)).toBe('done');
      expect(await balances(ledger, ['a', 'b'])).toEqual([90, 110]);
      lost = 3;
      await expect(handler({ ...request, transferId: 't-2' })).rejects.toThrow('the reply was lost');
      expect(await balances(ledger, ['a', 'b'])).toEqual([80, 120]);
    } finally {
      lossy.mockRestore();
    }
  });

  test.each([
    ['transferId', undefined],
    ['transferId', ''],
    ['ledger', '}'],
    ['ledger', ''],
    ['accountId', '{a'],
    ['accountId', '\ud800'],
    ['accountId', 7],
  ])('fail for the %s %j', async (field, value) => {
    const names = field === 'accountId' ? { to: value } : { [field]: value };
    const request = { action: 'transfer', ledger: 'x', transferId: 't', from: 'a', to: 'b', amountCents: 1, ...names };
    await expect(handler(request as never)).rejects.toThrow(new RegExp(`^${field} must be a text of 1 to 256 characters`));
  });

  test('fail from an account to itself', async () => {
    await expect(handler({ action: 'transfer', ledger: 'x', transferId: 't', from: 'a', to: 'a', amountCents: 1 })).rejects.toThrow(/two accounts, got "a" twice/);
  });

  test.each([-1, 1.5, NaN, Infinity, 2 ** 53, '5'])('fail for an account that is opened with %j', async (balanceCents) => {
    await expect(handler({ action: 'openAccount', ledger: 'bad', accountId: 'a', balanceCents: balanceCents as number })).rejects.toThrow(/^balanceCents must be/);
    expect(await handler({ action: 'getBalance', ledger: 'bad', accountId: 'a' })).toBeUndefined();
  });

  test('of any ids and amounts, each sent twice, keep the total and move once', async () => {
    const id = fc.oneof(
      fc.constantFrom('a', 'b', 'transfer:t', 't', '{', '}', '', '|', '__proto__', '["a","b",1]', 'a|b', '\ud800', '\0', ':'),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    const cents = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(0, -1, 0.5, Number.MAX_SAFE_INTEGER));
    const transfers = fc.array(fc.record({ transferId: id, from: id, to: id, amountCents: cents }), { minLength: 1, maxLength: 12 });
    let ledgers = 0;

    await fc.assert(fc.asyncProperty(transfers, async (requests) => {
      const ledger = `any-${ledgers++}`;
      const expected = new Map<string, number>();
      for (const accountId of new Set(requests.flatMap(({ from, to }) => [from, to]))) {
        await handler({ action: 'openAccount', ledger, accountId, balanceCents: 100 }).then(() => expected.set(accountId, 100), () => undefined);
      }
      const send = async (request: (typeof requests)[number]) => handler({ action: 'transfer', ledger, ...request }).catch(() => 'failed');
      const moved = new Set<string>();
      for (const request of requests) {
        const { transferId, from, to, amountCents } = request;
        // Both at once, so that either may be the first.
        const [result, again] = await Promise.all([send(request), send(request)]);
        expect(again).toBe(result);
        if (result === 'done' && !moved.has(transferId)) {
          moved.add(transferId);
          expected.set(from, expected.get(from)! - amountCents);
          expected.set(to, expected.get(to)! + amountCents);
        }
      }
      expect(await balances(ledger, [...expected.keys()])).toEqual([...expected.values()]);
      expect([...expected.values()].every((balance) => balance >= 0)).toBe(true);
    }), { numRuns: 60 });
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
