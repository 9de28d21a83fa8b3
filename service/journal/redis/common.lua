-- Put in front of every script. KEYS[1] is the journal (a stream), KEYS[2] the owner record (a hash). A batch has the
-- id <epoch>-<position>; each claim is an entry <epoch>-0 that repeats position and hash of the batch before it. All
-- numbers stay far below 2^53, where Lua's are exact.
local function id_of(epoch, position) return string.format('%.0f-%.0f', epoch, position) end

local function field(entry, name)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == name then return entry[2][i + 1] end
  end
  return false
end

local function first_entry() return redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1] end
local function last_entry() return redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1] end
local function epoch_of(entry) return tonumber(string.match(entry[1], '^(%d+)%-')) end
local function is_claim(entry) return string.match(entry[1], '%-0$') ~= nil end

-- Of a batch its own position, of a claim that of the batch before it.
local function position_of(entry)
  if is_claim(entry) then return tonumber(field(entry, 'position')) end
  return tonumber(string.match(entry[1], '%-(%d+)$'))
end

-- The batch of this position, or nil. Every epoch but the first one that is left begins with its claim, so that the
-- right epoch is found by halving.
local function entry_at(position)
  local first, last = first_entry(), last_entry()
  if not first then return nil end
  local low, high = epoch_of(first), epoch_of(last)
  while low < high do
    local middle = math.ceil((low + high) / 2)
    local claim = redis.call('XRANGE', KEYS[1], id_of(middle, 0), id_of(middle, 0))[1]
    if claim and position_of(claim) < position then low = middle else high = middle - 1 end
  end
  return redis.call('XRANGE', KEYS[1], id_of(low, position), id_of(low, position))[1]
end

-- The position before the first batch that is still there. Trimming ends at a batch: if a claim is first, all is there.
local function trimmed_through()
  local first = first_entry()
  return first and math.max(position_of(first) - 1, 0) or 0
end

-- The chain hash of a position, or false and why not: 'beyond' the end, 'trimmed' away, 'missing' in the middle.
local function hash_at(position)
  if position == 0 then return string.rep('\0', 16) end
  local entry = entry_at(position)
  if entry then return field(entry, 'hash') end
  local last = last_entry()
  if not last or position_of(last) < position then return false, 'beyond' end
  local before = trimmed_through()
  if position == before then return field(first_entry(), 'prev') end
  return false, position < before and 'trimmed' or 'missing'
end
