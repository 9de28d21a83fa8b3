-- Appends one batch, if the token is mine and the end of the journal, by the record and by the stream itself, is the
-- entry that I expect. So a deposed owner, a rewind, a gap or a stranger's entry refuses it, and offering a batch again
-- whose outcome is unknown is harmless.
-- ARGV: token; id and hash of the expected tail; id, hash, position, at of the batch; payload; results; committed id.
-- Answers {'ok'}, {'again'} (it was there), {'deposed'} or {'tail', id by the record, id by the stream}.
local token, tail, hash, alive = unpack(redis.call('HMGET', KEYS[2], 'token', 'tail', 'hash', 'alive'))
if token ~= ARGV[1] then return {'deposed'} end
local last = last_entry()
local last_id, last_hash = '', ''
if last then last_id, last_hash = last[1], field(last, 'hash') end
if last_id ~= tail or last_hash ~= hash then return {'tail', tail, last_id} end
if tail == ARGV[4] and hash == ARGV[5] then
  -- A write, though there is nothing to write: WAIT on this connection covers only what was written before on it.
  redis.call('HINCRBY', KEYS[2], 'beat', 1)
  return {'again'}
end
if tail ~= ARGV[2] or hash ~= ARGV[3] then return {'tail', tail, last_id} end
redis.call('XADD', KEYS[1], ARGV[4], 'at', ARGV[7], 'prev', ARGV[3], 'hash', ARGV[5], 'data', ARGV[8], 'results',
           ARGV[9], 'committed', ARGV[10])
-- A mark of life of a time that the clock has left is taken back.
if tonumber(ARGV[7]) < tonumber(alive) then alive = ARGV[7] end
redis.call('HSET', KEYS[2], 'tail', ARGV[4], 'hash', ARGV[5], 'position', ARGV[6], 'at', ARGV[7], 'committed',
           ARGV[10], 'alive', alive)
return {'ok'}
