-- Tries that are counted before it is known how they end: many at once are not one.
-- KEYS 1 what is tried at   ARGV 1 tries before the first wait   2 first wait   3 longest wait   4 when tries are
-- forgotten; times in milliseconds. Each further try doubles the wait.
-- Answers {1, 0}: try; {0, wait}: not before.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'tries', 'shut')
local tries, shut = tonumber(known[1] or '0'), tonumber(known[2] or '0')
if shut > now then return {0, math.min(shut - now, tonumber(ARGV[3]))} end
tries = tries + 1
local beyond = tries - tonumber(ARGV[1])
local wait = 0
if beyond >= 0 then wait = math.min(tonumber(ARGV[2]) * 2 ^ math.min(beyond, 20), tonumber(ARGV[3])) end
redis.call('HSET', KEYS[1], 'tries', tries, 'shut', string.format('%.0f', now + wait))
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[4]))
return {1, 0}
