"""What Redis does for presence in one step each, by the clock of Redis: those of the processes may differ.

Keys, all with an end so that nothing outlives the server for long:

    {prefix}:presence:processes         sorted set: process -> when it last beat, in ms
    {prefix}:presence:of:{process}      hash: user -> the user's metas in that process
    {prefix}:presence:taken:{process}   the hash of a process taken for dead, until a survivor has told
    {prefix}:presence:reaped:{process}  tells a process that it was taken for dead, should it live
"""

from __future__ import annotations

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

BEAT = (
    _NOW
    + """
-- KEYS: processes. ARGV: base of the keys, own process, dead after ms, kept for ms, 1 to look for the dead.
-- Answers {was known, others were told of its end, processes taken for dead by this call}.
local base, own, dead_after, kept = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local known = redis.call('ZSCORE', KEYS[1], own) and 1 or 0
local reaped = 0
if redis.call('EXISTS', base .. 'taken:' .. own) == 0 then  -- not while a survivor is still about to tell
    reaped = redis.call('DEL', base .. 'reaped:' .. own)
end
redis.call('ZADD', KEYS[1], now, own)
redis.call('PEXPIRE', KEYS[1], kept)
redis.call('PEXPIRE', base .. 'of:' .. own, kept)
local dead = {}
if ARGV[5] == '1' then
    dead = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - dead_after)
end
for _, process in ipairs(dead) do
    redis.call('ZREM', KEYS[1], process)
    redis.call('SET', base .. 'reaped:' .. process, 1, 'PX', 60 * kept)
    if redis.call('EXISTS', base .. 'of:' .. process) == 1 then
        redis.call('RENAME', base .. 'of:' .. process, base .. 'taken:' .. process)
        redis.call('PEXPIRE', base .. 'taken:' .. process, kept)
    end
end
return {known, reaped, dead}
"""
)

OF = (
    _NOW
    + """
-- KEYS: processes. ARGV: base of the keys, own process, dead after ms, then users.
-- Answers, per living process but the own one, the metas of each user, or nil.
local base, own, dead_after = ARGV[1], ARGV[2], tonumber(ARGV[3])
local users = {unpack(ARGV, 4)}
local found = {}
for _, process in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now - dead_after, '+inf')) do
    if process ~= own then
        found[#found + 1] = redis.call('HMGET', base .. 'of:' .. process, unpack(users))
    end
end
return found
"""
)

GOODBYE = """
-- KEYS: processes. ARGV: base of the keys, own process.
-- With presences left it becomes the next survivor's dead process; without, nothing remains.
if redis.call('EXISTS', ARGV[1] .. 'of:' .. ARGV[2]) == 1 then
    redis.call('ZADD', KEYS[1], 'XX', 0, ARGV[2])
else
    redis.call('ZREM', KEYS[1], ARGV[2])
end
"""
