"""What Redis does to count in one step each, by the clock of Redis: those of the processes may differ.

Keys, all with an end so that nothing outlives the server for long:

    {prefix}:counts:processes      sorted set: process -> when it last added up, in ms
    {prefix}:counts:of:{process}   set: the accounts that are connected to that process
    {prefix}:counts:accounts       hash: account -> how many processes it is connected to
    {prefix}:counts:guests         hash: process -> its guests

The set of a process lasts longer than the sums: it says what is to be taken out of them.
"""

from __future__ import annotations

_COMMON = """
local base, own = ARGV[1], ARGV[2]
local accounts, guests = base .. 'accounts', base .. 'guests'
local function removed(user)
    if redis.call('HINCRBY', accounts, user, -1) <= 0 then
        redis.call('HDEL', accounts, user)
    end
end
local function drop(process)
    for _, user in ipairs(redis.call('SMEMBERS', base .. 'of:' .. process)) do
        removed(user)
    end
    redis.call('DEL', base .. 'of:' .. process)
    redis.call('HDEL', guests, process)
    redis.call('ZREM', KEYS[1], process)
end
"""

ADD_UP = (
    _COMMON
    + """
-- KEYS: processes. ARGV: base of the keys, own process, dead after ms, kept for ms, 1 to look for the dead,
-- 1 if this is everything (else what changed), own guests, how many accounts came, these, and those that went.
-- Answers {1, accounts, guests}, or {0} when everything is needed first.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local dead_after, kept, came = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[8])
if ARGV[6] == '1' then
    drop(own)
elseif not redis.call('ZSCORE', KEYS[1], own) then
    return {0}
end
redis.call('ZADD', KEYS[1], now, own)
redis.call('HSET', guests, own, ARGV[7])
for place = 9, #ARGV do
    local user = ARGV[place]
    if place < 9 + came then
        if redis.call('SADD', base .. 'of:' .. own, user) == 1 then
            redis.call('HINCRBY', accounts, user, 1)
        end
    elseif redis.call('SREM', base .. 'of:' .. own, user) == 1 then
        removed(user)
    end
end
if ARGV[5] == '1' then
    for _, process in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - dead_after)) do
        drop(process)
    end
end
redis.call('PEXPIRE', KEYS[1], kept)
redis.call('PEXPIRE', accounts, kept)
redis.call('PEXPIRE', guests, kept)
redis.call('PEXPIRE', base .. 'of:' .. own, 10 * kept)
local sum = 0
for _, some in ipairs(redis.call('HVALS', guests)) do
    sum = sum + some
end
return {1, redis.call('HLEN', accounts), sum}
"""
)

GOODBYE = (
    _COMMON
    + """
-- KEYS: processes. ARGV: base of the keys, own process.
drop(own)
"""
)
