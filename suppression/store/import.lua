#!lua
-- Stops of a list for many recipients of one shard, each as the step script would write it, in a call of bounded length.
--
-- KEYS  1 meta   2 what recipients' keys begin with   3 what addresses' keys begin with   4 what evidence's keys begin with
--       5 log    6 what the batch added here (list of recipient's key and entry's id)
-- ARGV  1 epoch   2 how long the batch can be undone, ms   3 how many templates
--       4...      templates, 8 each: the entry's id (6 bytes), "" where each row has its own; the entry's value up to
--                 the order, or up to the exact address where each row has its own; the record's parts, between which
--                 come recipient and exact address, then, where each row has its own, entry, entry and exact address
--       then rows, 3 each: fixed part, sealed address, sealed evidence ("" for none). The fixed part: recipient's key
--                 (16), the same in hex (32), exact address (16), template's number from 0 (2, big-endian), then where the
--                 template has none the entry's id (6) and the same in hex (12)
--
-- Answers  {how many it added, how many were there, rows for the ordinary step by number from 0...}, or "foreign".
-- For the ordinary step is what needs more than an entry: something waits in the outbox (q), the recipient is a
-- person's (p), may be erased (changed before, and no address is kept), or has the entry with another end.
local call, arguments, sub = redis.call, ARGV, string.sub
if call('HGET', KEYS[1], 'epoch') ~= arguments[1] then return 'foreign' end
local recipients, addresses, evidences, log, batch = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local answer, pushed, known, added = {0, 0}, {}, 0, 0
local sealings, unknown = {}, 0
local time, packed_time = '?', ''

local templates, count = {}, tonumber(arguments[3])
for number = 0, count - 1 do
  templates[number] = {unpack(arguments, 4 + number * 8, 11 + number * 8)}
end
local first = 4 + count * 8

-- What a row's entry is: its id, its value up to the order, and its record.
local function entry_of(row, exact)
  local high, low = string.byte(row, 65, 66)
  local entry, value, before, between, after, until_again, until_exact, last = unpack(templates[high * 256 + low])
  local record = before .. sub(row, 17, 48) .. between .. exact .. after
  if entry ~= '' then return entry, value, record end
  local hex = sub(row, 73, 84)
  return sub(row, 67, 72), value .. exact .. '|', record .. hex .. until_again .. hex .. until_exact .. exact .. last
end

-- Milliseconds of a record's id, packed (once for the many that have them in common), and the number behind them.
local function parts(id)
  if sub(id, 1, #time) ~= time then
    time = string.match(id, '%d+-')
    packed_time = struct.pack('>I6', tonumber(sub(time, 1, -2)))
  end
  return packed_time, tonumber(sub(id, #time + 1))
end

-- A record's id, and the same in 8 bytes: two are for the number behind the milliseconds. See `log` in step.lua.
local function logged(record)
  local id = call('XADD', log, '*', 'r', record)
  local packed, number = parts(id)
  if number > 65535 then
    call('XDEL', log, id)
    id = call('XADD', log, string.format('%.0f-0', tonumber(sub(time, 1, -2)) + 1), 'r', record)
    packed, number = parts(id)
  end
  return id, packed .. struct.pack('>I2', number)
end

for at = first, #arguments, 3 do
  local row, sealed, evidence = arguments[at], arguments[at + 1], arguments[at + 2]
  local key = sub(row, 1, 16)
  local entry, value, record = entry_of(row, sub(row, 49, 64))
  local recipient, address, field = recipients .. key, addresses .. key, 's' .. entry
  local is = call('HMGET', recipient, 'v', 'l', 'p', 'q', field)
  if is[5] and sub(is[5], 1, #value) == value then
    known = known + 1
    if evidence ~= '' then call('SET', evidences .. key .. entry, evidence) end
  elseif is[3] or is[4] or is[5] or (is[1] and call('EXISTS', address) == 0) then
    answer[#answer + 1] = (at - first) / 3
  else
    local id, last = logged(record)
    if is[2] then last = sub(is[2] .. last, -48) end
    call('HSET', recipient, field, value .. id, 'v', id, 'l', last)
    if not is[2] then
      sealings[unknown + 1], sealings[unknown + 2] = address, sealed
      unknown = unknown + 2
    elseif not is[1] then
      call('SET', address, sealed, 'NX')
    end
    if evidence ~= '' then call('SET', evidences .. key .. entry, evidence) end
    added = added + 1
    pushed[added] = key .. entry
  end
end

-- Of whom nothing at all was known: together, which takes half the time. (One who is in the call twice has the second
-- row done by the ordinary step.)
for start = 1, unknown, 1000 do
  call('MSET', unpack(sealings, start, math.min(unknown, start + 999)))
end
for start = 1, added, 1000 do
  call('RPUSH', batch, unpack(pushed, start, math.min(added, start + 999)))
end
if added > 0 then call('PEXPIRE', batch, arguments[2]) end
answer[1], answer[2] = added, known
return answer
