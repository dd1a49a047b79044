import { claimEmail, findByEmail, getBalance, openAccount, transfer } from './accounts';
import type { Transfer } from './accounts';
import { createOrder, getOrder, listOrders } from './orders';
import type { Order } from './orders';

/** What the function can be asked to do. */
export type Request =
  | { readonly action: 'createOrder'; readonly order: Order }
  | { readonly action: 'getOrder'; readonly customerId: string; readonly orderId: string }
  | { readonly action: 'listOrders'; readonly customerId: string; readonly limit?: number }
  | { readonly action: 'claimEmail'; readonly email: string; readonly customerId: string }
  | { readonly action: 'findByEmail'; readonly email: string }
  | { readonly action: 'openAccount'; readonly ledger: string; readonly accountId: string; readonly balanceCents: number }
  | { readonly action: 'getBalance'; readonly ledger: string; readonly accountId: string }
  | ({ readonly action: 'transfer' } & Transfer);

export async function handler(request: Request): Promise<unknown> {
  switch (request.action) {
    case 'createOrder':
      return createOrder(request.order);
    case 'getOrder':
      return getOrder(request.customerId, request.orderId);
    case 'listOrders':
      return listOrders(request.customerId, request.limit);
    case 'claimEmail':
      return claimEmail(request.email, request.customerId);
    case 'findByEmail':
      return findByEmail(request.email);
    case 'openAccount':
      return openAccount(request.ledger, request.accountId, request.balanceCents);
    case 'getBalance':
      return getBalance(request.ledger, request.accountId);
    case 'transfer':
      return transfer(request);
    default:
      throw new TypeError(`unknown action ${JSON.stringify((request as { action?: unknown }).action)}`);
  }
}
