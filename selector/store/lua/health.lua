-- Writes what a door found of a server's health.
-- KEYS: 1 load:<server> (hash)
-- ARGV: 1…3 see rank.lua  4 server  5 time to live, ms  6 health  7 until  8 ejections
-- Returns 1, or 0 when more than half of the fleet would be ejected.
local server, health = ARGV[4], ARGV[6]
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
local before = redis.call('HGET', KEYS[1], 'health') or 'unknown'
local ejected = prefix .. 'ejected'
if health == 'ejected' and before ~= 'ejected' then
  local active = 0
  for _, zone in ipairs(redis.call('ZRANGE', prefix .. 'zones', 0, -1)) do
    for _, standing in ipairs({ 'ready', 'warming', 'doubtful', 'full', 'out' }) do
      active = active + redis.call('ZCARD', prefix .. 'rank:' .. standing .. ':' .. zone)
    end
  end
  if (redis.call('ZCOUNT', ejected, '(' .. exact(now), '+inf') + 1) * 2 > active then return 0 end
end
if health == 'ejected' then redis.call('ZADD', ejected, ARGV[7], server) else redis.call('ZREM', ejected, server) end
redis.call('HSET', KEYS[1], 'health', health, 'until', ARGV[7], 'ejections', ARGV[8])
redis.call('HDEL', KEYS[1], 'nextAt')
if type(policy.ramp) == 'table' and health == 'up' and before ~= 'up' and before ~= 'unknown' then
  redis.call('HSET', KEYS[1], 'warmSince', now)
end
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[5]) end
rank(server)
return 1
