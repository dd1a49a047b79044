import { db } from './db';

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
const orderKey = (customerId: string, orderId: string) => `order:{${customerId}}:${orderId}`;
const ordersKey = (customerId: string) => `order:{${customerId}}`;

/** Stores an order and enters it in its customer's list, both or neither. Doing it twice changes nothing. */
export async function createOrder(order: Order): Promise<void> {
  const replies = await db
    .multi()
    .hset(orderKey(order.customerId, order.orderId), { ...order })
    .zadd(ordersKey(order.customerId), order.createdAt, order.orderId)
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

/** A customer's orders, the latest first. */
export async function listOrders(customerId: string, limit = 10): Promise<Order[]> {
  const orderIds = await db.zrange(ordersKey(customerId), 0, String(limit - 1), 'REV');
  const orders = await Promise.all(orderIds.map((orderId) => getOrder(customerId, orderId)));
  return orders.filter((order) => order !== undefined);
}
