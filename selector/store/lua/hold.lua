-- Takes or renews a lease.
-- KEYS: 1 lease:<name>  2 fence:<name>
-- ARGV: 1 holder  2 time to live, ms
-- Returns the fence, or 0 while another holds it.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
-- The same holder keeps its fence; one that let the lease run out counts as a new one.
if holder then return tonumber(redis.call('GET', KEYS[2]) or redis.call('INCR', KEYS[2])) end
return redis.call('INCR', KEYS[2])
