-- Who waits for a client. An agent that is in its conference stands in its lines unless a client is with it.
-- KEYS: 1 clients:<agent> (zset), attendance:<agent> (hash) and line:<name> (zset) with the prefix of ARGV[2]
-- ARGV: 1 join | leave | occupy | free | take  2 prefix of the fleet's keys  3 now, ms  4… as below
local op, prefix, now = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function linesOf(agent)
  local stored = redis.pcall('HGET', prefix .. 'attendance:' .. agent, 'lines')
  local lines = {}
  if type(stored) == 'string' then for line in string.gmatch(stored, '%S+') do lines[#lines + 1] = line end end
  return lines
end

local function isBusy(agent)
  local key = prefix .. 'clients:' .. agent
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  return redis.call('ZCARD', key) > 0
end

local function stepOut(agent)
  local since = nil
  for _, line in ipairs(linesOf(agent)) do
    since = redis.call('ZSCORE', prefix .. 'line:' .. line, agent) or since
    redis.call('ZREM', prefix .. 'line:' .. line, agent)
  end
  return since
end

local function stepIn(agent, since)
  if isBusy(agent) then return end
  for _, line in ipairs(linesOf(agent)) do redis.call('ZADD', prefix .. 'line:' .. line, since, agent) end
end

local function occupy(agent, client, expiry)
  stepOut(agent)
  redis.call('ZADD', prefix .. 'clients:' .. agent, expiry, client)
  redis.call('PEXPIREAT', prefix .. 'clients:' .. agent, expiry)
end

local agent = ARGV[4]
-- 5 call  6 server  7 its lines, with blanks between  8 time to live, ms
if op == 'join' then
  local since = stepOut(agent) or now
  local key = prefix .. 'attendance:' .. agent
  redis.call('DEL', key)
  redis.call('HSET', key, 'call', ARGV[5], 'server', ARGV[6], 'lines', ARGV[7])
  redis.call('PEXPIRE', key, ARGV[8])
  stepIn(agent, since)
  return {}
end
-- 5 call
if op == 'leave' then
  if redis.call('HGET', prefix .. 'attendance:' .. agent, 'call') ~= ARGV[5] then return {} end
  stepOut(agent)
  redis.call('DEL', prefix .. 'attendance:' .. agent)
  return {}
end
-- 5 client  6 time to live, ms
if op == 'occupy' then
  occupy(agent, ARGV[5], now + tonumber(ARGV[6]))
  return {}
end
-- 5 client
if op == 'free' then
  if redis.call('ZREM', prefix .. 'clients:' .. agent, ARGV[5]) == 1 then stepIn(agent, now) end
  return {}
end
-- take: 4 client  5 time to live, ms  6 number of lines  7… lines, then agents that are passed over
local last = 6 + tonumber(ARGV[6])
local passed = {}
for i = last + 1, #ARGV do passed[ARGV[i]] = true end
for i = 7, last do
  local line, at = prefix .. 'line:' .. ARGV[i], 0
  while true do
    local found = redis.call('ZRANGE', line, at, at)[1]
    if not found then break end
    local attendance = redis.call('HMGET', prefix .. 'attendance:' .. found, 'server', 'call')
    if passed[found] then
      at = at + 1
    elseif not attendance[1] or isBusy(found) then
      -- Its door is gone, or it was taken while it was not in the line.
      redis.call('ZREM', line, found)
    else
      occupy(found, ARGV[4], now + tonumber(ARGV[5]))
      return { found, attendance[1], attendance[2] }
    end
  end
end
return {}
