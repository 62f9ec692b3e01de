-- Writes a collector's word on a server, unless a newer fence has spoken.
-- KEYS: 1 load:<server> (hash)
-- ARGV: 1…3 see rank.lua  4 server  5 fence  6 time to live, ms  7… field, value, field, value …
-- Returns 1, or 0 when the word came too late.
local ended = prefix .. 'ended:' .. ARGV[4]
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
local before = redis.call('HMGET', KEYS[1], 'fence', 'boot')
if (tonumber(before[1] or '0') or 0) > tonumber(ARGV[5]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[5], unpack(ARGV, 7))
if type(policy.ramp) == 'table' then
  local after = redis.call('HMGET', KEYS[1], 'boot', 'reconciled')
  local was, is = tonumber(before[2] or ''), tonumber(after[1] or '')
  -- Never heard before, or started anew; its clock is read to the second.
  if after[2] == '1' and (not was or math.abs(was - (is or 0)) > 3000) then
    redis.call('HSET', KEYS[1], 'warmSince', now)
    redis.call('HDEL', KEYS[1], 'nextAt')
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
-- These counters know of the calls that ended before they were taken.
redis.pcall('ZREMRANGEBYSCORE', ended, '-inf', redis.call('HGET', KEYS[1], 'takenAt'))
rank(ARGV[4])
return 1
