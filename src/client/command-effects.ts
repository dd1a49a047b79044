// Written by scripts/command-effects.ts from what a server replies to COMMAND.

/** The server that was asked. */
export const SERVER_VERSION = '7.0.15';

/** Names of commands by what the server says that they do to their keys; a subcommand follows its command after a `|`. */
export const COMMAND_EFFECTS = {
  'other':
    'acl|cat acl|genpass acl|help acl|whoami asking auth client|caching client|getname client|getredir client|help client|id client|info ' +
    'client|reply client|setname client|tracking client|trackinginfo cluster|countkeysinslot cluster|getkeysinslot cluster|help cluster|info ' +
    'cluster|keyslot cluster|links cluster|myid cluster|nodes cluster|shards cluster|slots command|count command|docs command|getkeys ' +
    'command|getkeysandflags command|help command|info command|list config|help discard echo exec function|dump function|help function|kill ' +
    'function|list function|stats hello info lastsave latency|help memory|doctor memory|help memory|malloc-stats memory|purge memory|stats ' +
    'module|help multi object|help ping psubscribe publish pubsub|channels pubsub|help pubsub|numpat pubsub|numsub pubsub|shardchannels ' +
    'pubsub|shardnumsub punsubscribe quit readonly readwrite reset role script|debug script|exists script|flush script|help script|kill ' +
    'script|load select slowlog|help subscribe time unsubscribe unwatch wait xgroup|help xinfo|help',
  'other: RO':
    'watch',
  'other: RW access update':
    'eval evalsha fcall',
  'other: not_key':
    'spublish ssubscribe sunsubscribe',
  'readonly':
    'bitcount bitfield_ro bitpos dbsize dump eval_ro evalsha_ro exists expiretime fcall_ro geodist geohash geopos georadius_ro ' +
    'georadiusbymember_ro geosearch get getbit getrange hexists hget hgetall hkeys hlen hmget hrandfield hscan hstrlen hvals keys lcs lindex llen ' +
    'lolwut lpos lrange memory|usage mget object|encoding object|freq object|idletime object|refcount pexpiretime pfcount pttl randomkey scan ' +
    'scard sdiff sinter sintercard sismember smembers smismember sort_ro srandmember sscan strlen substr sunion touch ttl type xinfo|consumers ' +
    'xinfo|groups xinfo|stream xlen xpending xrange xread xrevrange zcard zcount zdiff zinter zintercard zlexcount zmscore zrandmember zrange ' +
    'zrangebylex zrangebyscore zrank zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion',
  'write':
    'flushall flushdb function|delete function|flush function|load function|restore swapdb',
  'write: OW insert':
    'msetnx setnx',
  'write: OW update':
    'mset psetex restore restore-asking setex',
  'write: OW update, RO access':
    'bitop geosearchstore sdiffstore sunionstore zdiffstore zinterstore zrangestore zunionstore',
  'write: RM delete':
    'del unlink',
  'write: RO access':
    'xreadgroup',
  'write: RO access, OW update':
    'copy',
  'write: RO access, OW update, OW update':
    'georadius georadiusbymember',
  'write: RO access, RO access, OW update':
    'sort',
  'write: RW access delete':
    'blmpop blpop brpop bzmpop bzpopmax bzpopmin getdel lmpop lpop rpop spop zmpop zpopmax zpopmin',
  'write: RW access delete, OW insert':
    'renamenx',
  'write: RW access delete, OW update':
    'rename',
  'write: RW access delete, RW access delete incomplete':
    'migrate',
  'write: RW access delete, RW insert':
    'blmove brpoplpush lmove rpoplpush smove',
  'write: RW access insert, RO access':
    'pfmerge',
  'write: RW access update':
    'decr decrby getex getset hincrby hincrbyfloat incr incrby incrbyfloat move setbit zincrby',
  'write: RW access update variable_flags':
    'bitfield set',
  'write: RW delete':
    'hdel lrem ltrim srem xautoclaim xdel xgroup|delconsumer xgroup|destroy xtrim zrem zremrangebylex zremrangebyrank zremrangebyscore',
  'write: RW insert':
    'append hsetnx linsert lpush lpushx pfadd rpush rpushx sadd xgroup|create xgroup|createconsumer',
  'write: RW update':
    'expire expireat geoadd hmset hset lset persist pexpire pexpireat setrange xack xadd xclaim xgroup|setid xsetid zadd',
  'write: RW update, RO access':
    'sinterstore',
};
