-- Makes `new token` the owner, if the record still says what the claimant saw: token, beat and tail ('' each where there
-- is no record). The claim is an entry of the journal, so that the owner before can append nothing more.
-- ARGV: token, beat and tail as seen; new token; name of the node; history for a journal that does not exist yet.
-- Answers {'ok', epoch, position, hash, at, history, alive, lost} or {why not, what was found}.
local record = redis.call('HMGET', KEYS[2], 'format', 'token', 'beat', 'tail', 'hash', 'epoch', 'position', 'at',
                          'history', 'alive', 'lost')
local last = last_entry()
local format, token, beat, tail, hash, epoch, position, at, history, alive, lost = unpack(record)
if not format then
  if last then return {'orphan', last[1]} end
  token, beat, tail, hash, epoch, position, at = '', '', '', string.rep('\0', 16), '0', '0', '0'
  history, alive = ARGV[6], '0'
elseif format ~= '1' then
  return {'format', format}
end
if token ~= ARGV[1] or beat ~= ARGV[2] or tail ~= ARGV[3] then return {'changed', tail} end
if tail ~= '' and (not last or last[1] ~= tail or field(last, 'hash') ~= hash) then
  return {'torn', tail, last and last[1] or 'nothing'}
end
epoch = string.format('%.0f', tonumber(epoch) + 1)
tail = epoch .. '-0'
redis.call('XADD', KEYS[1], tail, 'position', position, 'hash', hash, 'node', ARGV[5])
redis.call('HSET', KEYS[2], 'format', '1', 'token', ARGV[4], 'tail', tail, 'hash', hash, 'epoch', epoch, 'position',
           position, 'at', at, 'history', history, 'alive', alive, 'node', ARGV[5])
redis.call('HINCRBY', KEYS[2], 'beat', 1)
return {'ok', epoch, position, hash, at, history, alive, lost or '0'}
