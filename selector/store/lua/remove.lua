-- Removes one object of a collection and the keys that hang on it.
-- KEYS: 1 collection (hash)  2 versions (hash)  3… keys that go with the object
-- ARGV: 1 collection's name  2 id  3 channel of changes
-- Returns 1, or 0 when there was nothing.
if redis.call('HDEL', KEYS[1], ARGV[2]) == 0 then return 0 end
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
local writes = redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
redis.call('PUBLISH', ARGV[3], ARGV[1] .. ' ' .. writes)
return 1
