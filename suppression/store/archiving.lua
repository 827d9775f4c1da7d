#!lua
-- Who archives, and what may be taken off a shard's log. All keys are of one shard.
--
-- KEYS  1 meta   2 lease (its shard's) or fence (each shard's)   3 log
-- ARGV  1 epoch       the store that we opened
--       2 what        "lease", "head" or "remove"
--       lease         3 holder   4 ms
--       head          3 fence    4 what to keep
--       remove        3 fence    4... ids
--
-- Answers  {"done", fence or how many}   {"held", ms}   {"lost"}   {"foreign"}
local call = redis.call
if call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return {'foreign'} end

if ARGV[2] == 'lease' then
  local t = call('TIME')
  local now = t[1] * 1000 + math.floor(t[2] / 1000)
  local lease = call('HMGET', KEYS[2], 'holder', 'until', 'fence')
  local ends = tonumber(lease[2] or '0')
  if lease[1] ~= ARGV[3] or ends <= now then
    if ends > now then return {'held', tostring(ends - now)} end
    lease[3] = call('HINCRBY', KEYS[2], 'fence', 1)
  end
  call('HSET', KEYS[2], 'holder', ARGV[3], 'until', string.format('%.0f', now + tonumber(ARGV[4])))
  return {'done', tostring(lease[3])}
end

-- Numbers only grow: whoever comes with a lower one than was seen here has lost the lease since.
if ARGV[2] == 'head' then
  if call('HGET', KEYS[2], 'fence') ~= ARGV[3] then return {'lost'} end
  call('HSET', KEYS[2], 'head', ARGV[4])
  return {'done', '1'}
end

if tonumber(call('GET', KEYS[2]) or '0') > tonumber(ARGV[3]) then return {'lost'} end
call('SET', KEYS[2], ARGV[3])
local removed = 0
for first = 4, #ARGV, 500 do
  removed = removed + call('XDEL', KEYS[3], unpack(ARGV, first, math.min(first + 499, #ARGV)))
end
return {'done', tostring(removed)}
