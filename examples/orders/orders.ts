import { db } from './db';
import { digits, text, wholeNumber } from './input';

/** An order as it is stored: all fields are text. */
export interface Order {
  readonly orderId: string;
  readonly customerId: string;
  /** In cents: a float cannot hold every amount of money. */
  readonly totalCents: string;
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly createdAt: string;
}

// The customer in braces is the hash tag: all keys of one customer are in one slot, so that a transaction can have them all.
const orderKey = (customerId: string, orderId: string) => `order:{${text('customerId', customerId)}}:${text('orderId', orderId)}`;
const ordersKey = (customerId: string) => `order:{${text('customerId', customerId)}}`;

/**
 * Stores an order and enters it in its customer's list. Nobody sees the one without the other; storing it again replaces it.
 *
 * A command of a transaction that fails does not undo the others, so the order is checked before it is sent.
 */
export async function createOrder(order: Order): Promise<void> {
  const { orderId, customerId } = order;
  const fields: Order = {
    orderId,
    customerId,
    totalCents: digits('totalCents', order.totalCents),
    status: text('status', order.status),
    createdAt: digits('createdAt', order.createdAt),
  };
  const replies = await db
    .multi()
    .hset(orderKey(customerId, orderId), { ...fields })
    .zadd(ordersKey(customerId), fields.createdAt, orderId)
    .exec();
  const failure = replies?.find(([error]) => error);
  if (failure) {
    throw failure[0];
  }
}

export async function getOrder(customerId: string, orderId: string): Promise<Order | undefined> {
  const order = await db.hgetall(orderKey(customerId, orderId));
  return order.orderId === undefined ? undefined : (order as unknown as Order);
}

/** A customer's orders, the latest first; 100 at most. */
export async function listOrders(customerId: string, limit = 10): Promise<Order[]> {
  const last = wholeNumber('limit', limit, 1, 100) - 1;
  const orderIds = await db.zrange(ordersKey(customerId), 0, String(last), 'REV');
  const orders = await Promise.all(orderIds.map((orderId) => getOrder(customerId, orderId)));
  return orders.filter((order) => order !== undefined);
}
