/**
 * Calls the handler as Lambda would and shows what it answers. The connection comes from the environment.
 */
import { db } from './db';
import { handler } from './handler';
import type { Request } from './handler';
import { close } from 'cdk-memorydb/client';

async function ask(request: Request): Promise<void> {
  const { action, ...rest } = request;
  console.log(`${action} ${JSON.stringify(rest)}\n  -> ${JSON.stringify(await handler(request)) ?? 'ok'}`);
}

async function main(): Promise<void> {
  const order = { customerId: '1001', totalCents: '14999', status: 'paid' };
  await ask({ action: 'createOrder', order: { ...order, orderId: '5001', createdAt: '1707696000000' } });
  await ask({ action: 'createOrder', order: { ...order, orderId: '5002', createdAt: '1707782400000' } });
  await ask({ action: 'getOrder', customerId: '1001', orderId: '5001' });
  await ask({ action: 'listOrders', customerId: '1001' });

  await ask({ action: 'claimEmail', email: 'ann@example.com', customerId: '1001' });
  await ask({ action: 'findByEmail', email: 'ann@example.com' });

  const ledger = 'main';
  await ask({ action: 'openAccount', ledger, accountId: 'ann', balanceCents: 10000 });
  await ask({ action: 'openAccount', ledger, accountId: 'ben', balanceCents: 0 });
  const payment = { action: 'transfer', ledger, transferId: 't-1', from: 'ann', to: 'ben', amountCents: 7500 } as const;
  await ask(payment);
  await ask(payment);
  await ask({ ...payment, transferId: 't-2' });
  await ask({ action: 'getBalance', ledger, accountId: 'ann' });
  await ask({ action: 'getBalance', ledger, accountId: 'ben' });
}

main()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => close(db));
