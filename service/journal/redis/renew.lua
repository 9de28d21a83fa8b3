-- The owner's beat. ARGV: token; mark of life in milliseconds, or ''; committed id. Answers {'ok', id of the
-- tail} or {'deposed'}.
local token, at, alive, tail = unpack(redis.call('HMGET', KEYS[2], 'token', 'at', 'alive', 'tail'))
if token ~= ARGV[1] then return {'deposed'} end
redis.call('HINCRBY', KEYS[2], 'beat', 1)
redis.call('HSET', KEYS[2], 'committed', ARGV[3])
if ARGV[2] ~= '' and tonumber(ARGV[2]) > tonumber(at) and tonumber(ARGV[2]) > tonumber(alive) then
  redis.call('HSET', KEYS[2], 'alive', ARGV[2])
end
return {'ok', tail}
