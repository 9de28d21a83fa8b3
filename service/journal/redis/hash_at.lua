-- The chain hash of a position. ARGV: position. Answers {'ok', hash} or {why there is none}.
local hash, why = hash_at(tonumber(ARGV[1]))
if not hash then return {why} end
return {'ok', hash}
