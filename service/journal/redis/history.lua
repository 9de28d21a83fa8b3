-- Begins a new history: a suffix was given up. ARGV: token; history; how many batches of it are known. Answers {'ok'} or {'deposed'}.
if redis.call('HGET', KEYS[2], 'token') ~= ARGV[1] then return {'deposed'} end
redis.call('HSET', KEYS[2], 'history', ARGV[2])
redis.call('HINCRBY', KEYS[2], 'lost', ARGV[3])
return {'ok'}
