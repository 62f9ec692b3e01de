-- Takes or renews a lease.
-- KEYS: 1 lease:<name>  2 fence:<name>
-- ARGV: 1 holder  2 time to live, ms
-- Returns the fence, or 0 while another holds it.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local last = tonumber(redis.call('GET', KEYS[2]) or '')
-- The same holder keeps its fence; one that let the lease run out counts as a new one.
if holder and last then return last end
-- At least the time, so that no fence from before a Redis that lost everything is greater than a new one.
local time = redis.call('TIME')
local fence = math.max((last or 0) + 1, time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('SET', KEYS[2], string.format('%.0f', fence))
return fence
