-- Notes an order to dial, unless its reference is known or a limit is reached, and counts it under its limits.
-- KEYS: 1 dial:<call>  2 dial-reference:<agent>:<reference>, or dial:<call> again when there is no reference
--       then for each limit  dialling:<whose>  dialled:<whose>
-- ARGV: 1 call  2 JSON of the order  3 JSON of the news  4 JSON of whose limits it counts under  5 now, wall-clock ms
--       6 until when it counts as a call, wall-clock ms  7 time to live, ms  then for each limit  calls  calls an hour, '' = any number
-- Returns {'begun'}, {'known', call}, or {'refused', number of the limit from 1, which, ms until the oldest of the hour is past}.
local call, now = ARGV[1], tonumber(ARGV[5])
local hour = 3600000
local named = KEYS[2] ~= KEYS[1]
local known = named and redis.call('GET', KEYS[2])
if known then return { 'known', known } end
local limits = (#KEYS - 2) / 2
for i = 1, limits do
  local dialling, dialled = KEYS[2 * i + 1], KEYS[2 * i + 2]
  local calls, perHour = tonumber(ARGV[6 + 2 * i]), tonumber(ARGV[7 + 2 * i])
  redis.call('ZREMRANGEBYSCORE', dialling, '-inf', now)
  redis.call('ZREMRANGEBYSCORE', dialled, '-inf', now - hour)
  if calls and redis.call('ZCARD', dialling) >= calls then return { 'refused', i, 'calls', 0 } end
  if perHour and redis.call('ZCARD', dialled) >= perHour then
    local oldest = redis.call('ZRANGE', dialled, 0, 0, 'WITHSCORES')
    return { 'refused', i, 'callsPerHour', math.max(1, tonumber(oldest[2] or now) + hour - now) }
  end
end
for i = 1, limits do
  local dialling, dialled = KEYS[2 * i + 1], KEYS[2 * i + 2]
  redis.call('ZADD', dialling, ARGV[6], call)
  redis.call('PEXPIRE', dialling, ARGV[7])
  redis.call('ZADD', dialled, now, call)
  redis.call('PEXPIRE', dialled, hour)
end
redis.call('HSET', KEYS[1], 'order', ARGV[2], 'news', ARGV[3], 'rank', 0, 'holds', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
if named then redis.call('SET', KEYS[2], call, 'PX', ARGV[7]) end
return { 'begun' }
