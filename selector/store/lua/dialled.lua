-- Writes what became of a call that was ordered, unless more is known already.
-- KEYS: 1 dial:<call> (hash)
-- ARGV: 1 JSON of the news  2 rank of its state
-- Returns {order, holds}, or {} when the call was not ordered or is as far already.
local rank = tonumber(redis.call('HGET', KEYS[1], 'rank') or '')
if not rank or tonumber(ARGV[2]) <= rank then return {} end
redis.call('HSET', KEYS[1], 'news', ARGV[1], 'rank', ARGV[2])
return redis.call('HMGET', KEYS[1], 'order', 'holds')
