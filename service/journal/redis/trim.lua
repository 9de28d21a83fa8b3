-- Removes batches through a position, but none that the older of two snapshots needs, and never the end. KEYS[3]: the
-- snapshots. ARGV: token; position. Answers {'ok', trimmed through} or {'deposed'}.
if redis.call('HGET', KEYS[2], 'token') ~= ARGV[1] then return {'deposed'} end
local positions = redis.call('HKEYS', KEYS[3])
local through = tonumber(ARGV[2])
if #positions < 2 then through = 0 end
for _, position in ipairs(positions) do through = math.min(through, tonumber(position)) end
local next = entry_at(through + 1)
if next then redis.call('XTRIM', KEYS[1], 'MINID', '=', next[1]) end
return {'ok', string.format('%.0f', trimmed_through())}
