#!lua
-- Hands out what is due in one shard: leased to the caller, each under a new revision.
--
-- KEYS  1 meta   2 due   3 leased   4 what entries' keys begin with   5 what recipients' keys begin with
-- ARGV  1 epoch   2 how many at most   3 how long the lease is, ms   4 how long an entry that ended is kept, ms
--
-- Answers {member, fields..., } for each, or "foreign". What somebody lost (its lease ended) comes first:
-- a `leased` entry is decided again; a `submitting` one must be settled; a `cancelling` one cancelled at the next hop.
local call = redis.call
local meta = call('HMGET', KEYS[1], 'epoch', 'offset')
if meta[1] ~= ARGV[1] then return 'foreign' end
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local most, lease = tonumber(ARGV[2]), tonumber(ARGV[3])

local members = call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, most)
if #members < most then
  local due = call('ZRANGEBYSCORE', KEYS[2], '-inf', now + tonumber(meta[2] or '0'), 'LIMIT', 0, most - #members)
  for _, member in ipairs(due) do members[#members + 1] = member end
end

-- A call whose last report never came.
local function finish(entry, member)
  local recipient, number = KEYS[5] .. string.sub(member, 1, 16), string.sub(member, 17)
  local listed = call('HGET', recipient, 'q') or ''
  for at = 1, #listed, 8 do
    if string.sub(listed, at, at + 7) == number then
      local left = string.sub(listed, 1, at - 1) .. string.sub(listed, at + 8)
      if left == '' then call('HDEL', recipient, 'q') else call('HSET', recipient, 'q', left) end
      break
    end
  end
  call('HDEL', entry, 'b')
  call('PEXPIRE', entry, ARGV[4])
end

local claimed = {}
for _, member in ipairs(members) do
  local entry = KEYS[4] .. member
  local state = call('HGET', entry, 'state')
  call('ZREM', KEYS[2], member)
  if state == 'waiting' or state == 'leased' or state == 'submitting' or state == 'cancelling' then
    if state == 'waiting' then call('HSET', entry, 'state', 'leased') end
    call('HINCRBY', entry, 'n', 1)
    call('ZADD', KEYS[3], now + lease, member)
    claimed[#claimed + 1] = {member, call('HGETALL', entry)}
  else
    call('ZREM', KEYS[3], member)
    if state == 'sent' then finish(entry, member) end
  end
end
return claimed
