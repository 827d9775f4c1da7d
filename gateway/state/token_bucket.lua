-- A bucket that fills evenly, and of which each use takes one.
-- KEYS 1 the bucket   ARGV 1 how much it holds   2 milliseconds from one to the next
-- Answers {1, 0}: taken; {0, wait in milliseconds}: there is none now.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local most, between = tonumber(ARGV[1]), tonumber(ARGV[2])
local known = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(known[1] or most), tonumber(known[2] or now)
left = math.min(most, left + math.max(0, now - at) / between)
local taken = 0
if left >= 1 then
  taken = 1
  left = left - 1
end
redis.call('HSET', KEYS[1], 'left', string.format('%.6f', left), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(most * between) + 1000)
if taken == 1 then return {1, 0} end
return {0, math.ceil((1 - left) * between)}
