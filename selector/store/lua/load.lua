-- Writes a collector's word on a server, unless a newer fence has spoken.
-- KEYS: 1 load:<server> (hash)
-- ARGV: 1 fence  2 time to live, ms  3… field, value, field, value …
-- Returns 1, or 0 when the word came too late.
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
local last = tonumber(redis.call('HGET', KEYS[1], 'fence') or '0') or 0
if last > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
