import type { Cluster } from 'ioredis';
import { Command } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { commandEffects } from '../../scripts/command-effects';
import { close, connect } from '../../src/client';
import { COMMAND_EFFECTS, SERVER_VERSION } from '../../src/client/command-effects';
import { isRepeatable } from '../../src/client/repeatable';
import { repeatableOf } from '../../src/client/repeatable-sequence';

let users: Users;
let db: Cluster;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
  db = connect({ connection: users.connection() });
});

afterAll(async () => {
  await close(db);
  await users?.local.stop();
});

const command = (line: string) => {
  const [name, ...args] = line.split(' ');
  return new Command(name, args);
};

describe('the table of commands', () => {
  test('says what the server says', async () => {
    const [node] = users.cluster.nodes;
    const said = commandEffects(await node.call('COMMAND'));
    const version = /redis_version:(.*)\r/.exec(String(await node.call('INFO', 'server')))![1];
    if (version === SERVER_VERSION) {
      expect(COMMAND_EFFECTS).toEqual(said);
    }
    const effects = (table: Record<string, string>) => new Map(Object.entries(table).flatMap(([effect, names]) => names.split(' ').map((name) => [name, effect])));
    const now = effects(said);
    for (const [name, effect] of effects(COMMAND_EFFECTS)) {
      expect(`${name}: ${now.get(name) ?? effect}`).toBe(`${name}: ${effect}`);
    }
  });
});

/** What there is before each command: a key of every type, all in one slot. */
const FIXTURE = [
  'set {k}string value', 'set {k}other VALUE', 'setbit {k}bits 7 1', 'set {k}expiring 1 EX 1000',
  'hset {k}hash f 1 g 2', 'rpush {k}list a b a c', 'sadd {k}set a b', 'sadd {k}set2 b c', 'zadd {k}zset 1 a 2 b 3 c', 'zadd {k}zset2 4 b 5 d',
  'xadd {k}stream 1-1 f v', 'xadd {k}stream 2-1 f v', 'xgroup CREATE {k}stream group 0', 'xreadgroup GROUP group me COUNT 1 STREAMS {k}stream >',
  'geoadd {k}geo 13.361389 38.115556 a 15.087269 37.502669 b', 'pfadd {k}hll a b', 'pfadd {k}hll2 c',
];

/** Every command with keys that is sent again, with arguments that make it do something. */
const SAMPLES = [
  // strings
  'append? {k}string x', 'get {k}string', 'getrange {k}string 0 2', 'substr {k}string 0 2', 'strlen {k}string', 'mget {k}string {k}none', 'lcs {k}string {k}other',
  'set {k}string new', 'set {k}new 1 EX 100', 'set {k}string new XX KEEPTTL', 'set {k}string new PXAT 33177117420000', 'set? {k}string new NX', 'set? {k}string new KEEPTTL', 'set? {k}string new GET',
  'set? {k}string new XX GET', 'setex {k}string 100 new', 'psetex {k}string 100000 new', 'mset {k}string 1 {k}new 2', 'setrange {k}string 2 xyz', 'getex {k}string EX 1000', 'getex {k}string PXAT 33177117420000',
  'getex? {k}string EX 100', 'getex? {k}string EXAT 1', 'set? {k}string new XX PX 100', 'set {k}string new XX EX 1000',
  'getex {k}expiring PERSIST', 'setnx? {k}new 1', 'msetnx? {k}new 1', 'incr? {k}expiring', 'incrby? {k}expiring 2', 'incrbyfloat? {k}expiring 2', 'decr? {k}expiring',
  'decrby? {k}expiring 2', 'getset? {k}string new', 'getdel? {k}string',
  // bits
  'bitcount {k}bits', 'bitpos {k}bits 1', 'getbit {k}bits 7', 'bitfield_ro {k}bits GET u8 0', 'bitop OR {k}new {k}string {k}other', 'bitop? XOR {k}string {k}string {k}other',
  'setbit? {k}bits 3 1', 'bitfield? {k}bits INCRBY u8 0 1',
  // keys
  'del {k}string {k}none', 'unlink {k}string', 'copy {k}string {k}other REPLACE', 'copy? {k}string {k}new', 'dump {k}string', 'exists {k}string', 'expire {k}string 100',
  'expire? {k}string 100 NX', 'expire {k}expiring 100 XX', 'pexpire {k}string 100000', 'expireat {k}string 33177117420', 'pexpireat {k}string 33177117420000', 'persist {k}expiring', 'ttl {k}expiring', 'pttl {k}expiring',
  'expiretime {k}expiring', 'pexpiretime {k}expiring', 'touch {k}string', 'type {k}string', 'object ENCODING {k}string', 'object FREQ {k}string', 'object IDLETIME {k}string',
  'object REFCOUNT {k}string', 'memory USAGE {k}string', 'sort {k}list ALPHA', 'sort_ro {k}list ALPHA', 'sort? {k}list ALPHA STORE {k}new', 'rename? {k}string {k}new',
  'renamenx? {k}string {k}new', 'move? {k}string 0', 'randomkey', 'scan 0', 'keys {k}none', 'dbsize', 'lolwut', 'restore? {k}new 0 x', 'restore {k}copy 0 DUMP REPLACE',
  'restore-asking? {k}new 0 x', 'migrate? localhost 1 {k}string 0 10',
  // hashes
  'hget {k}hash f', 'hgetall {k}hash', 'hexists {k}hash f', 'hkeys {k}hash', 'hvals {k}hash', 'hlen {k}hash', 'hmget {k}hash f', 'hrandfield {k}hash', 'hscan {k}hash 0', 'hstrlen {k}hash f',
  'hset {k}hash f new h 3', 'hmset {k}hash f new', 'hdel {k}hash f none', 'hsetnx? {k}hash h 1', 'hincrby? {k}hash f 1', 'hincrbyfloat? {k}hash f 1',
  // lists
  'lrange {k}list 0 -1', 'lindex {k}list 0', 'llen {k}list', 'lpos {k}list a', 'lset {k}list 0 new', 'lpush? {k}list x', 'rpush? {k}list x', 'lpushx? {k}list x', 'rpushx? {k}list x',
  'linsert? {k}list BEFORE b x', 'lrem? {k}list 1 a', 'ltrim? {k}list 1 -1', 'lpop? {k}list', 'rpop? {k}list', 'lmpop? 1 {k}list LEFT', 'lmove? {k}list {k}new LEFT RIGHT',
  'rpoplpush? {k}list {k}new', 'blpop? {k}list 1', 'brpop? {k}list 1', 'blmpop? 1 1 {k}list LEFT', 'blmove? {k}list {k}new LEFT RIGHT 1', 'brpoplpush? {k}list {k}new 1',
  // sets
  'smembers {k}set', 'sismember {k}set a', 'smismember {k}set a c', 'scard {k}set', 'srandmember {k}set', 'sscan {k}set 0', 'sdiff {k}set {k}set2', 'sinter {k}set {k}set2',
  'sintercard 2 {k}set {k}set2', 'sunion {k}set {k}set2', 'sadd {k}set c', 'srem {k}set a none', 'sdiffstore {k}new {k}set {k}set2', 'sinterstore {k}new {k}set {k}set2',
  'sunionstore {k}new {k}set {k}set2', 'spop? {k}set', 'smove? {k}set {k}set2 a',
  // sorted sets
  'zrange {k}zset 0 -1', 'zrangebylex {k}zset - +', 'zrangebyscore {k}zset 1 2', 'zrevrange {k}zset 0 -1', 'zrevrangebylex {k}zset + -', 'zrevrangebyscore {k}zset 2 1', 'zrank {k}zset a',
  'zrevrank {k}zset a', 'zscore {k}zset a', 'zmscore {k}zset a', 'zcard {k}zset', 'zcount {k}zset 1 2', 'zlexcount {k}zset - +', 'zrandmember {k}zset', 'zscan {k}zset 0',
  'zdiff 2 {k}zset {k}zset2', 'zinter 2 {k}zset {k}zset2', 'zintercard 2 {k}zset {k}zset2', 'zunion 2 {k}zset {k}zset2', 'zadd {k}zset 9 a 8 new', 'zadd? {k}zset NX 8 new',
  'zadd {k}zset XX GT CH 9 a', 'zadd? {k}zset INCR 9 a', 'zadd? {k}zset XX INCR 9 a', 'zrem {k}zset a none', 'zremrangebyscore {k}zset 1 2', 'zremrangebylex {k}zset - +',
  'zremrangebyrank? {k}zset 0 0', 'zincrby? {k}zset 1 a', 'zpopmin? {k}zset', 'zpopmax? {k}zset', 'zmpop? 1 {k}zset MIN', 'bzpopmin? {k}zset 1', 'bzpopmax? {k}zset 1', 'bzmpop? 1 1 {k}zset MIN',
  'zrangestore {k}new {k}zset 0 0', 'zdiffstore {k}new 2 {k}zset {k}zset2', 'zinterstore {k}new 2 {k}zset {k}zset2', 'zunionstore {k}new 2 {k}zset {k}zset2', 'zunionstore? {k}zset 2 {k}zset {k}zset2',
  // streams
  'xrange {k}stream - +', 'xrevrange {k}stream + -', 'xlen {k}stream', 'xread STREAMS {k}stream 0', 'xread? BLOCK 1 STREAMS {k}stream $', 'xpending {k}stream group', 'xinfo STREAM {k}stream',
  'xinfo GROUPS {k}stream', 'xinfo CONSUMERS {k}stream group', 'xack {k}stream group 1-1', 'xdel {k}stream 1-1', 'xtrim {k}stream MAXLEN 1', 'xsetid {k}stream 9-1', 'xgroup SETID {k}stream group 2-1', 'xgroup? SETID {k}stream group $',
  'xgroup DELCONSUMER {k}stream group me', 'xgroup DESTROY {k}stream group', 'xgroup? CREATE {k}stream new 0', 'xgroup? CREATECONSUMER {k}stream group you', 'xadd? {k}stream * f v',
  'xadd? {k}stream 9-1 f v', 'xclaim? {k}stream group you 0 1-1', 'xautoclaim? {k}stream group you 0 0', 'xreadgroup? GROUP group me STREAMS {k}stream >',
  // others
  'geoadd {k}geo 13 38 a 12 37 c', 'geoadd? {k}geo NX 12 37 c', 'geodist {k}geo a b', 'geohash {k}geo a', 'geopos {k}geo a', 'geosearch {k}geo FROMMEMBER a BYRADIUS 100 km ASC', 'georadius {k}geo 13 38 100 km',
  'georadius_ro {k}geo 13 38 100 km', 'georadiusbymember {k}geo a 100 km', 'georadiusbymember_ro {k}geo a 100 km', 'georadius? {k}geo 13 38 100 km STORE {k}new',
  'georadiusbymember? {k}geo a 100 km STOREDIST {k}new', 'geosearchstore {k}new {k}geo FROMMEMBER a BYRADIUS 100 km', 'pfadd {k}hll c', 'pfcount {k}hll {k}hll2', 'pfmerge {k}hll {k}hll2',
  'eval_ro return(1) 1 {k}string', 'evalsha_ro e0e1f9fabfc9d4800c877a703b823ac0578ff8db 1 {k}string', 'fcall_ro none 1 {k}string', 'eval? return(1) 1 {k}string', 'evalsha? 0 1 {k}string',
  'fcall? none 1 {k}string', 'flushall?', 'flushdb?', 'swapdb? 0 0', 'publish? channel text', 'spublish? {k}channel text', 'wait? 0 1', 'multi?', 'exec?', 'watch? {k}string', 'auth? x', 'unknown? {k}string',
  'function? LOAD code', 'function? FLUSH', 'function? DELETE none', 'function? RESTORE code',
];

const repeatable = SAMPLES.filter((line) => !line.includes('?'));
const others = SAMPLES.filter((line) => line.includes('?')).map((line) => line.replace('?', ''));

describe('a command that is sent again', () => {
  const words = (line: string) => line.split(' ').slice(0, 2);

  test('is among the samples, unless it has no keys', () => {
    const sampled = new Set(SAMPLES.map((line) => line.replace('?', '')).flatMap((line) => [words(line)[0], words(line).join('|').toLowerCase()]));
    const names = Object.entries(COMMAND_EFFECTS).flatMap(([effect, text]) => (effect === 'other' || effect === 'other: not_key' ? [] : text.split(' ')));
    expect(names.filter((name) => !sampled.has(name))).toEqual([]);
  });

  test.each(others)('is not %s', (line) => expect(isRepeatable(command(line))).toBe(false));

  test('leaves the state that it left the first time', async () => {
    const run = (line: string, dump?: Buffer) => {
      const [name, ...args] = line.split(' ');
      return db.callBuffer(name, ...args.map((arg) => (arg === 'DUMP' ? dump! : arg))).catch((error: Error) => error.message);
    };
    // DUMP says nothing about the time to live, and the exact one differs.
    const state = async () => {
      const keys = (await Promise.all(db.nodes('master').map((node) => node.keys('{k}*')))).flat().sort();
      return Promise.all(keys.map(async (key) => [key, (await db.dumpBuffer(key))?.toString('hex'), (await db.ttl(key)) > 0]));
    };
    const changed: string[] = [];
    const failed: string[] = [];
    for (const line of repeatable) {
      await Promise.all(db.nodes('master').map((node) => node.flushall()));
      await Promise.all(FIXTURE.map((each) => run(each)));
      const dump = await db.dumpBuffer('{k}string') ?? undefined;
      const before = await state();
      const first = await run(line, dump);
      const once = await state();
      const second = await run(line, dump);
      expect({ line, state: await state() }).toEqual({ line, state: once });
      expect({ line, kind: typeof second }).toEqual({ line, kind: typeof first });
      expect({ line, repeatable: isRepeatable(command(line)), inUpperCase: isRepeatable(command(line.toUpperCase())) })
        .toEqual({ line, repeatable: true, inUpperCase: true });
      if (typeof first === 'string') {
        failed.push(words(line)[0]);
      }
      if (JSON.stringify(once) !== JSON.stringify(before)) {
        changed.push(words(line)[0]);
      }
    }
    // The samples are worth something: few of them fail, because there is no such script or function, nor a usage counter.
    expect(failed).toEqual(['object', 'evalsha_ro', 'fcall_ro']);
    expect(new Set(changed).size).toBeGreaterThan(40);
  });

  test('may be declared to read, as a script', () => {
    expect(isRepeatable(new Command('evalsha', ['0', '1', '{k}'], { readOnly: true }))).toBe(true);
  });
});

describe('a sequence', () => {
  const again = (...lines: string[]) => {
    const commands = lines.map(command);
    const set = repeatableOf(commands);
    return commands.map((each) => (set.has(each) ? '+' : '-')).join('');
  };

  test.each([
    [['get a', 'set b 1', 'incr c', 'get b'], '++-+'],
    [['get a', 'del a'], '-+'],
    [['set a 1', 'get a', 'set b 1'], '+++'],
    [['del b', 'rename a b'], '--'],
    [['del b', 'copy a b REPLACE', 'del a'], '--+'],
    [['getex a', 'set a 1'], '-+'],
    [['set a 1', 'del a', 'set a 2'], '+++'],
    [['set a 1', 'eval return(1) 1 a', 'expire a 10'], '--+'],
    [['expire a 10', 'hset a f 1'], '-+'],
    [['hset a f 1', 'expire a 10'], '++'],
    [['sadd a 1', 'set a 1'], '-+'],
    [['sadd a 1', 'srem a 2', 'del a'], '+++'],
    [['set a 1 XX', 'hset a f 1'], '-+'],
    [['zadd a XX 5 m', 'zadd a LT 9 m'], '-+'],
    [['zremrangebyscore a 0 5', 'zadd a 9 m', 'expire a 10'], '+++'],
    [['zremrangebyscore a 0 5', 'zadd a XX 3 m'], '-+'],
    [['lset a 0 b', 'del a'], '-+'],
    [['xack a g 1-1', 'xdel a 1-1'], '++'],
    [['dbsize', 'set a 1', 'keys *', 'ping'], '-+++'],
    [['get a', 'set b 1', 'flushall', 'ping', 'set c 1'], '---++'],
    [['get a', 'json.set a $ 1', 'ping', 'set a 1'], '--++'],
    [['json.get a $', 'json.set a $ 1'], '--'],
    [['json.get a $', 'get a'], '++'],
    [['ft.search i *', 'hset a f 1'], '-+'],
  ])('%j is repeated as %s', (lines, expected) => expect(again(...lines)).toBe(expected));

  test('leaves the state and gives the answers that it left and gave the first time', async () => {
    const starts = ['', 'set K hello', 'set K hello EX 1000', 'hset K f 1', 'sadd K a', 'zadd K 10 a', 'rpush K a', 'zadd K 3 a 7 b'];
    const steps = [
      'set K v', 'set K w XX', 'set K x XX KEEPTTL', 'setex K 500 v', 'setrange K 5 !', 'getex K PERSIST', 'get K', 'del K', 'expire K 100', 'expire K 500 LT', 'expire K 900 GT',
      'expire K 300 XX', 'persist K', 'hset K f 1', 'hset K g 2', 'hdel K f', 'sadd K a', 'srem K a', 'zadd K 5 a', 'zadd K XX 3 a', 'zadd K LT 9 a', 'zadd K GT 9 a', 'zrem K a',
      'zremrangebyscore K 0 6', 'zrange K 0 -1 WITHSCORES', 'lset K 0 b', 'pfadd K a', 'unionstore', 'incr K', 'rpush K x', 'spop K', 'copy K L REPLACE', 'copy L K REPLACE',
    ].map((line) => line.replace('unionstore', 'sunionstore K L M'));
    const sequences = steps.flatMap((one) => steps.flatMap((two) => [[one, two], ...['del K', 'hset K f 1', 'expire K 100'].map((three) => [one, two, three])]));
    const whole = sequences.filter((lines) => !again(...lines).includes('-'));
    expect(whole.length).toBeGreaterThan(400);
    let number = 0;
    /** Executes commands on a key of their own, and tells their answers and what they leave. */
    const play = async (start: string, lines: readonly string[], times: number) => {
      number += 1;
      const [key, other, third] = ['', 'l', 'm'].map((end) => `{k}${number}${end}`);
      const pipeline = db.pipeline();
      const add = (line: string) => {
        const [name, ...args] = line.split(' ').map((word) => ({ K: key, L: other, M: third })[word] ?? word);
        pipeline.call(name, ...args);
      };
      ['sadd L a b', 'sadd M c', ...start ? [start] : []].forEach(add);
      Array.from({ length: times }, () => lines.forEach(add));
      const to = pipeline.length;
      ['dump K', 'pttl K', 'dump L', 'del K L M'].forEach(add);
      const replies = (await pipeline.exec())!.map(([error, reply]) => (error ? 'error' : reply));
      const [value, ttl, copy] = replies.slice(to);
      // The exact time to live differs.
      return { answers: replies.slice(to - lines.length, to), state: [value, Math.ceil(Number(ttl) / 50_000), copy] };
    };
    const different: unknown[] = [];
    for (const start of starts) {
      await Promise.all(whole.map(async (lines) => {
        const [once, twice] = await Promise.all([play(start, lines, 1), play(start, lines, 2)]);
        // What counts, counts the second time, and a value of another type that was deleted is in the way no more.
        const isSame = lines.every((line, index) => {
          const [first, second] = [once.answers[index], twice.answers[index]];
          return first === 'error' || (/^(get|zrange)/.test(line) ? JSON.stringify(first) === JSON.stringify(second) : second !== 'error');
        });
        if (!isSame || JSON.stringify(once.state) !== JSON.stringify(twice.state)) {
          different.push({ start, lines, once, twice });
        }
      }));
    }
    expect(different).toEqual([]);
  });
});
