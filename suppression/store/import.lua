#!lua
-- Stops of a list for many recipients of one shard, each as the step script would write it, in a call of bounded length.
--
-- KEYS  1 meta   2 what recipients' keys begin with   3 what addresses' keys begin with   4 what evidence's keys begin with
--       5 log    6 what the batch added here (list of recipient's key and entry's id)
-- ARGV  1 epoch   2 how long the batch can be undone, ms   3 how many templates
--       4...      templates, 8 each: the entry's value up to the exact address, "1" if it is bound to that;
--                 the record's parts, between which come recipient, exact address and entry (hex), and behind the last of
--                 which, but for its brace, comes what was written (records.Record.writes); and the entry's
--                 id: 6 bytes, hex; "" where each row has its own
--       then rows, 3 each: fixed part, sealed address, sealed evidence ("" for none). The fixed part: recipient's key
--                 (16), the same in hex (32), exact address (16), template's number from 0 (2, big-endian), then where the
--                 template has none the entry's id (6) and the same in hex (12)
--
-- Answers  {how many it added, how many were there, rows for the ordinary step by number from 0...}, or "foreign".
-- For the ordinary step is what needs more than an entry: something waits in the outbox (q), the recipient is a
-- person's (p), may be erased (changed before, and no address is kept), or has the entry with another end.
local call = redis.call
if call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 'foreign' end
local count = tonumber(ARGV[3])
local first = 4 + count * 8
local answer, pushed, sealings, known, added = {0, 0}, {}, {}, 0, 0
local time, packed_time = '', ''

for at = first, #ARGV, 3 do
  local row, sealed, evidence = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local key, exact = string.sub(row, 1, 16), string.sub(row, 49, 64)
  local high, low = string.byte(row, 65, 66)
  local template = 4 + (high * 256 + low) * 8
  local entry, hex = ARGV[template + 6], ARGV[template + 7]
  if entry == '' then entry, hex = string.sub(row, 67, 72), string.sub(row, 73, 84) end
  local value = ARGV[template]
  if ARGV[template + 1] == '1' then value = value .. exact end
  value = value .. '|'

  local recipient, address = KEYS[2] .. key, KEYS[3] .. key
  local is = call('HMGET', recipient, 'v', 'l', 'p', 'q', 's' .. entry)
  if is[5] and string.sub(is[5], 1, #value) == value then
    known = known + 1
    if evidence ~= '' then call('SET', KEYS[4] .. key .. entry, evidence) end
  elseif is[3] or is[4] or is[5] or (is[1] and call('EXISTS', address) == 0) then
    answer[#answer + 1] = (at - first) / 3
  else
    local id = call('XADD', KEYS[5], '*', 'r', ARGV[template + 2] .. string.sub(row, 17, 48) .. ARGV[template + 3]
      .. exact .. ARGV[template + 4] .. hex .. string.sub(ARGV[template + 5], 1, -2)
      .. ',"writes":{"s' .. hex .. '":' .. cjson.encode('+' .. value) .. '}}')
    local ms, seq = string.match(id, '(%d+)-(%d+)')
    if ms ~= time then time, packed_time = ms, struct.pack('>I6', tonumber(ms)) end
    local last = packed_time .. struct.pack('>I2', tonumber(seq))
    if is[2] then last = string.sub(is[2] .. last, -48) end
    call('HSET', recipient, 's' .. entry, value .. id, 'v', id, 'l', last)
    if is[2] then
      if not is[1] then call('SET', address, sealed, 'NX') end
    else
      sealings[#sealings + 1] = address
      sealings[#sealings + 1] = sealed
    end
    if evidence ~= '' then call('SET', KEYS[4] .. key .. entry, evidence) end
    added = added + 1
    pushed[added] = key .. entry
  end
end

-- Of whom nothing at all was known: together, which takes half the time. (One who is in the call twice has the second
-- row done by the ordinary step.)
for start = 1, #sealings, 1000 do
  call('MSET', unpack(sealings, start, math.min(#sealings, start + 999)))
end
for start = 1, added, 1000 do
  call('RPUSH', KEYS[6], unpack(pushed, start, math.min(added, start + 999)))
end
if added > 0 then call('PEXPIRE', KEYS[6], ARGV[2]) end
answer[1], answer[2] = added, known
return answer
