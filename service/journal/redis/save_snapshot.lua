-- Keeps a snapshot that the journal confirms, and of all only the two newest. KEYS[3]: the snapshots.
-- ARGV: position; hash; bytes. Answers {'ok'} or {'unconfirmed'}.
if hash_at(tonumber(ARGV[1])) ~= ARGV[2] then return {'unconfirmed'} end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
local positions = redis.call('HKEYS', KEYS[3])
table.sort(positions, function(a, b) return tonumber(a) > tonumber(b) end)
for i = 3, #positions do redis.call('HDEL', KEYS[3], positions[i]) end
return {'ok'}
