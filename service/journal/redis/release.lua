-- Hands the workspace over: without a token it may be claimed at once. ARGV: token. Answers {'ok'} or {'deposed'}.
if redis.call('HGET', KEYS[2], 'token') ~= ARGV[1] then return {'deposed'} end
redis.call('HSET', KEYS[2], 'token', '')
return {'ok'}
