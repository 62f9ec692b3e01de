-- Writes one registration of an agent; the key lives as long as the registration that lasts longest.
-- KEYS: 1 binding:<agent> (hash)
-- ARGV: 1 Contact  2 JSON of the binding  3 time to live, ms  4 'put', or 'restore': only if the Contact is unknown
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
redis.call(ARGV[4] == 'restore' and 'HSETNX' or 'HSET', KEYS[1], ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
