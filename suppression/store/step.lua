#!lua
-- One atomic step on one recipient, or one person: compare, log, write. All keys are of one shard.
--
-- KEYS  1 meta   2 recipient or person   3 seen id   4 log   5 hand-overs   6... what the writes name by number
-- ARGV  1 epoch       the store that we opened; another (or none) is not ours
--       2 try         what to compare with the seen id's: the same try gets the same answer; "" = no id
--       3 ends        member of the hand-overs that this step ends; "" = none; ended already: "seen"
--       4 time        the request's, in ms; "" = not compared
--       5 generation  that was decided on; "" = not compared
--       6 version     that was decided on; "*" = not compared
--       7 record      what is logged; "" = nothing (a step that only tidies up what was logged before)
--       8 caps        how many; for each its key's number, the message in it, the start of its time (ms), its count
--       9 holds       how many; for each its key's number, a field, and the value that it must still have ("" = none)
--       10...         caps, holds, then writes: op, then its arguments
--
-- Answers  {"done", record id, duplicate}          {"seen", record id, state, text, duplicate}
--          {"settled", record id, state, text}     {"busy", record id}
--          {"moved", generation, clock offset, fields...}   {"clock", ms, offset}   {"full"}   {"lost"}   {"foreign"}
--
-- A step that concerns no recipient has the meta record's key in the recipient's place.
local call = redis.call
local meta = call('HMGET', KEYS[1], 'epoch', 'generation', 'offset')
if meta[1] ~= ARGV[1] then return {'foreign'} end

local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local duplicate = '0'

if ARGV[2] ~= '' then
  local seen = call('HMGET', KEYS[3], 'try', 'state', 'record', 'deadline', 'text', 'duplicate')
  if seen[2] then
    if seen[1] == ARGV[2] then return {'seen', seen[3], seen[2], seen[5] or '', seen[6] or '0'} end
    if seen[2] == 'handing_over' then
      if now < tonumber(seen[4]) then return {'busy', seen[3]} end
      duplicate = '1'
    elseif seen[2] == 'unknown' then
      duplicate = '1'
    else
      return {'settled', seen[3], seen[2], seen[5] or ''}
    end
  end
end

if ARGV[3] ~= '' and call('ZSCORE', KEYS[5], ARGV[3]) == false then return {'seen', '', '', ''} end

-- Two seconds: DESIGN "State", decide costs two round trips.
if ARGV[4] ~= '' and math.abs(now + tonumber(meta[3] or '0') - tonumber(ARGV[4])) > 2000 then
  return {'clock', tostring(now), meta[3] or '0'}
end

if (ARGV[5] ~= '' and meta[2] ~= ARGV[5])
    or (ARGV[6] ~= '*' and (call('HGET', KEYS[2], 'v') or '') ~= ARGV[6]) then
  local moved = {'moved', meta[2] or '', meta[3] or '0'}
  for _, value in ipairs(call('HGETALL', KEYS[2])) do moved[#moved + 1] = value end
  return moved
end

local i = 10
local function nextarg()
  i = i + 1
  return ARGV[i - 1]
end
local function key() return KEYS[tonumber(nextarg())] end

-- What has left a cap's time goes; a message that has its place there keeps it.
for _ = 1, tonumber(ARGV[8]) do
  local cap, message, start, count = key(), nextarg(), nextarg(), tonumber(nextarg())
  call('ZREMRANGEBYSCORE', cap, '-inf', start)
  if not call('ZSCORE', cap, message) and call('ZCARD', cap) >= count then return {'full'} end
end

-- What somebody else moved meanwhile is theirs.
for _ = 1, tonumber(ARGV[9]) do
  local held, field, value = key(), nextarg(), nextarg()
  if (call('HGET', held, field) or '') ~= value then return {'lost'} end
end

local id = ''
if duplicate == '1' then
  id = call('XADD', KEYS[4], '*', 'r', ARGV[7], 'duplicate', '1')
elseif ARGV[7] ~= '' then
  id = call('XADD', KEYS[4], '*', 'r', ARGV[7])
end
if ARGV[3] ~= '' then call('ZREM', KEYS[5], ARGV[3]) end

local function packed(record)
  local ms, seq = string.match(record, '(%d+)-(%d+)')
  return struct.pack('>I6I2', tonumber(ms), tonumber(seq))
end

-- Ids of log records, 8 bytes each, newest last: the recipient's last 6, an entry's last 32.
local function trace(hash, field, record, most)
  call('HSET', hash, field, string.sub((call('HGET', hash, field) or '') .. packed(record), -8 * most))
end
if id ~= '' and KEYS[2] ~= KEYS[1] then trace(KEYS[2], 'l', id, 6) end

-- Field q: the numbers of what waits for the recipient, 8 bytes each.
local function unlist(number)
  local listed = call('HGET', KEYS[2], 'q') or ''
  for at = 1, #listed, 8 do
    if string.sub(listed, at, at + 7) == number then
      listed = string.sub(listed, 1, at - 1) .. string.sub(listed, at + 8)
      if listed == '' then call('HDEL', KEYS[2], 'q') else call('HSET', KEYS[2], 'q', listed) end
      return
    end
  end
end

-- A dispatcher that sleeps would not see what has become the earliest: hints, on a channel that bears the shard's name.
local function wake(waiting, member)
  if call('ZRANGE', waiting, 0, 0)[1] == member then call('PUBLISH', waiting, '') end
end

-- Whether a stop (channels' codes, purpose, sender, app; "" = all) covers an entry ("channel|purpose|sender|app|flags").
local function covers(stop, entry)
  local channel, purpose, sender, app, flags = string.match(entry, '^(.-)|(.-)|(.-)|(.-)|(.-)$')
  return not string.find(flags, 's', 1, true)
    and (stop.required or not string.find(flags, 'r', 1, true))
    and (stop.channels == '' or string.find(stop.channels, channel, 1, true) ~= nil)
    and (stop.purpose == '' or stop.purpose == purpose or string.sub(purpose, 1, #stop.purpose + 1) == stop.purpose .. '/')
    and (stop.sender == '' or stop.sender == sender)
    and (stop.app == '' or stop.app == app)
end

local taken_over = false
local ops = {
  version = function() call('HSET', KEYS[2], 'v', id) end,
  field = function() local f, v = nextarg(), nextarg(); call('HSET', KEYS[2], f, v .. id) end,
  put = function() local f, v = nextarg(), nextarg(); call('HSET', KEYS[2], f, v) end,
  unfield = function() call('HDEL', KEYS[2], nextarg()) end,
  set = function() local k = key(); call('SET', k, nextarg()) end,
  setnew = function() local k = key(); call('SET', k, nextarg(), 'NX') end,
  append = function() local k, ttl = key(), nextarg(); call('RPUSH', k, id); call('PEXPIRE', k, ttl) end,
  delete = function() call('DEL', key()) end,
  -- Fields of a hash, which ends with the last of them that was kept.
  keep = function()
    local k, f, v, ttl = key(), nextarg(), nextarg(), nextarg()
    call('HSET', k, f, v)
    call('PEXPIRE', k, ttl)
  end,
  rekeep = function()
    local k, f, v = key(), nextarg(), nextarg()
    if call('HEXISTS', k, f) == 1 then call('HSET', k, f, v) end
  end,
  unkeep = function() local k = key(); call('HDEL', k, nextarg()) end,
  count = function()
    local cap, message, at, per = key(), nextarg(), nextarg(), nextarg()
    call('ZADD', cap, at, message)
    call('PEXPIRE', cap, per)
  end,
  -- Unless `settle` found that a later try of the message has taken over: it is that one's place now.
  uncount = function()
    local cap, message = key(), nextarg()
    if not taken_over then call('ZREM', cap, message) end
  end,
  -- Members of a sorted set by the time (from now, in ms) after which a sweeper may take them up.
  due = function() local k, delay = key(), nextarg(); call('ZADD', k, now + tonumber(delay), nextarg()) end,
  undue = function() local k = key(); call('ZREM', k, nextarg()) end,
  -- Fields of an entry, as pairs; which record it was; all records about it.
  hset = function()
    local k, count, pairs = key(), tonumber(nextarg()), {}
    for n = 1, count * 2 do pairs[n] = nextarg() end
    call('HSET', k, unpack(pairs))
  end,
  hdel = function() local k = key(); call('HDEL', k, nextarg()) end,
  stamp = function() local k = key(); call('HSET', k, nextarg(), id) end,
  trace = function() local k = key(); trace(k, 'r', id, 32) end,
  expire = function() local k = key(); call('PEXPIRE', k, nextarg()) end,
  persist = function() call('PERSIST', key()) end,
  at = function() local k, score, member = key(), nextarg(), nextarg(); call('ZADD', k, score, member); wake(k, member) end,
  enlist = function() call('HSET', KEYS[2], 'q', (call('HGET', KEYS[2], 'q') or '') .. nextarg()) end,
  unlist = function() unlist(nextarg()) end,
  -- What is logged, on its way to an app: an entry that nobody else lists, due at once. Nothing is left of the address
  -- of somebody who is erased but what such an entry keeps, where it is told to (its key's number, or none).
  event = function()
    local entry, due, member, about, address = key(), key(), nextarg(), nextarg(), nextarg()
    local ms = now + tonumber(meta[3] or '0')
    local kept = address ~= '' and call('GET', KEYS[tonumber(address)])
    call('HSET', entry, 'state', 'waiting', 'n', 0, 'c', about, 'd', string.format('%.0f', ms), 'record', id, 'e', ARGV[7])
    if kept then call('HSET', entry, 'j', kept) end
    call('ZADD', due, ms, member)
    wake(due, member)
  end,
  -- A stop: what waits and is covered is cancelled, logged under its own id; a call that the next hop has is to be.
  -- Keys: what entries' keys of the recipient begin with, the due, the leased. The entries' keys are of this shard too.
  cancel = function()
    local prefix, due, leased = key(), key(), key()
    local recipient, record, kept = nextarg(), nextarg(), nextarg()
    local stop = {channels = nextarg(), purpose = nextarg(), sender = nextarg(), app = nextarg(), required = nextarg() == '1'}
    local listed, last = call('HGET', KEYS[2], 'q') or '', nil
    for at = 1, #listed, 8 do
      local number = string.sub(listed, at, at + 7)
      local entry, member = prefix .. number, recipient .. number
      local is = call('HMGET', entry, 'state', 'c')
      if not is[1] then
        unlist(number)
      elseif covers(stop, is[2]) then
        local state = is[1]
        if state == 'waiting' or state == 'leased' then
          local channel, purpose, sender, app = string.match(is[2], '^(.-)|(.-)|(.-)|(.-)|')
          local cancelled = call('XADD', KEYS[4], '*', 'r', record, 'number', number, 'channel', channel,
            'purpose', purpose, 'sender', sender, 'app', app)
          trace(entry, 'r', cancelled, 32)
          last = cancelled
          call('HSET', entry, 'state', 'cancelled', 'y', 'stopped')
          call('HINCRBY', entry, 'n', 1)
          call('HDEL', entry, 'b')
          call('ZREM', due, member)
          call('ZREM', leased, member)
          call('PEXPIRE', entry, kept)
          unlist(number)
        elseif state == 'submitting' then
          call('HSET', entry, 'k', '1')
        elseif state == 'sent' then
          call('HSET', entry, 'state', 'cancelling')
          call('HINCRBY', entry, 'n', 1)
          call('ZADD', leased, now, member)
          wake(leased, member)
        elseif state == 'dead' or state == 'unknown' then
          call('HDEL', entry, 'b')
          unlist(number)
        end
      end
    end
    if last then trace(KEYS[2], 'l', last, 6) end
  end,
  -- The seen id's record: try, state, text, how long it counts as being handed over, how long it is kept.
  see = function()
    local state, text, deadline, ttl = nextarg(), nextarg(), nextarg(), nextarg()
    call('DEL', KEYS[3])
    call('HSET', KEYS[3], 'try', ARGV[2], 'state', state, 'record', id, 'text', text, 'duplicate', duplicate,
      'deadline', string.format('%.0f', now + tonumber(deadline)))
    call('PEXPIRE', KEYS[3], ttl)
  end,
  handover = function()
    local deadline, member = nextarg(), nextarg()
    call('ZADD', KEYS[5], now + tonumber(deadline), id .. member)
  end,
  -- A hand-over's marker, unless a later try has taken it over: its new state, or none.
  settle = function()
    local decision, state, text, ttl = nextarg(), nextarg(), nextarg(), nextarg()
    if call('HGET', KEYS[3], 'record') == decision then
      if state == '' then
        call('DEL', KEYS[3])
      else
        call('HSET', KEYS[3], 'state', state, 'text', text)
        call('PEXPIRE', KEYS[3], ttl)
      end
    else
      taken_over = true
    end
  end,
}
while i <= #ARGV do ops[nextarg()]() end
return {'done', id, duplicate}
