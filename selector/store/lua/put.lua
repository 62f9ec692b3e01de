-- Writes one object of a collection, if its version is the expected one.
-- KEYS: 1 collection (hash)  2 versions (hash)
-- ARGV: 1 collection's name  2 id  3 JSON of the object  4 expected version, 0 = new, '' = any  5 channel of changes
-- Returns the new version, or 0 when the expectation was not met.
local version = 0
local stored = redis.call('HGET', KEYS[1], ARGV[2])
if stored then
  -- What is not ours to read counts as never written.
  local readable, row = pcall(cjson.decode, stored)
  if readable and type(row) == 'table' and type(row.version) == 'number' then version = row.version end
end
if ARGV[4] ~= '' and tonumber(ARGV[4]) ~= version then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], string.format('{"version":%d,"item":%s}', version + 1, ARGV[3]))
local writes = redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
redis.call('PUBLISH', ARGV[5], ARGV[1] .. ' ' .. writes)
return version + 1
