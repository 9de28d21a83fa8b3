-- Some batches in order. ARGV: the first position and the last; how many batches, and after how many bytes to stop.
-- Answers {'ok', {{id, at, prev, hash, data, results, committed}, ...}} or {'trimmed', through} or {'missing'}.
local first, last = tonumber(ARGV[1]), tonumber(ARGV[2])
local start = entry_at(first)
if not start then
  local through = trimmed_through()
  if first <= through then return {'trimmed', string.format('%.0f', through)} end
  return {'missing'}
end
local found, bytes, from = {}, 0, start[1]
while true do
  local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 16)
  for _, entry in ipairs(entries) do
    if not is_claim(entry) then
      if position_of(entry) > last then return {'ok', found} end
      local data = field(entry, 'data')
      found[#found + 1] = {entry[1], field(entry, 'at'), field(entry, 'prev'), field(entry, 'hash'), data,
                           field(entry, 'results'), field(entry, 'committed')}
      bytes = bytes + #data
      if #found >= tonumber(ARGV[3]) or bytes >= tonumber(ARGV[4]) then return {'ok', found} end
    end
  end
  if #entries < 16 then return {'ok', found} end
  from = '(' .. entries[#entries][1]
end
