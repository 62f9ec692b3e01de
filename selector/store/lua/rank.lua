-- What the scripts of the ledger share: where a server stands, and the index that keeps servers in that order. Stands in
-- front of each of them. It says what standingOf() in selector/domain/standing.ts says, to the last bit of every load; a
-- contract test holds the two together. The index is made of other keys and may be made anew at any time.
-- ARGV: 1 prefix of all keys  2 policy as JSON  3 now, wall-clock ms
local prefix, policy, now = ARGV[1], cjson.decode(ARGV[2]), tonumber(ARGV[3])
local FRESH, STALE, TRIAL = 10000, 60000, 10000
local COUNTED = { ready = true, warming = true, full = true }

-- A whole number as text; nil for anything else, so that a poisoned key means a missing one.
local function count(text)
  local number = text and tonumber(text)
  if number and number >= 0 and number == math.floor(number) and number < 2 ^ 53 then return number end
end

local function exact(number) return string.format('%.17g', number) end

-- What stands in the place of the server of a reservation that was released.
local RELEASED = ''

-- The server on which a call has a place; nil when it has none, and whether it is known to have had one that was released.
local function reserved_on(key)
  local server = redis.pcall('GET', key)
  if type(server) ~= 'string' then return nil, false end
  if server == RELEASED then return nil, true end
  return server, false
end

-- Takes the place of a call off its server and returns that one, which is to be ranked; nil when it has none. The key stays.
local function give_back(key, call)
  local server = reserved_on(key)
  if server then redis.pcall('ZREM', prefix .. 'reservations:' .. server, call) end
  return server
end

-- What is known of a server; nil when the operator's row is gone or cannot be read.
local function facts_of(id)
  local json = redis.pcall('HGET', prefix .. 'servers', id)
  if type(json) ~= 'string' then return nil end
  local readable, row = pcall(cjson.decode, json)
  local item = readable and type(row) == 'table' and row.item
  if type(item) ~= 'table' or type(item.capacity) ~= 'number' or type(item.zone) ~= 'string' then return nil end
  local facts = { id = id, json = json, item = item, health = 'unknown', reserved = 0, ended = 0 }
  local word = redis.pcall('HMGET', prefix .. 'load:' .. id, 'waiting', 'inCall', 'clients', 'takenAt',
    'reconciled', 'health', 'until', 'warmSince', 'nextAt', 'boot', 'channels', 'ejections', 'state')
  if not word.err then
    facts.waiting, facts.in_call, facts.clients = count(word[1]), count(word[2]), count(word[3]) or 0
    facts.taken_at, facts.reconciled = tonumber(word[4] or ''), word[5] == '1'
    facts.has_load = facts.waiting and facts.in_call and facts.taken_at and (word[5] == '1' or word[5] == '0')
    facts.health = word[6] or 'unknown'
    facts['until'], facts.warm_since, facts.next_at = count(word[7]) or 0, count(word[8]), count(word[9]) or 0
    facts.boot, facts.channels, facts.ejections = tonumber(word[10] or '') or 0, count(word[11]) or 0, count(word[12]) or 0
    facts.state = word[13] or nil
  end
  return facts
end

-- Counts what is reserved and drops what ran out; returns when the next place runs out.
local function count_reserved(facts)
  local places = prefix .. 'reservations:' .. facts.id
  redis.pcall('ZREMRANGEBYSCORE', places, '-inf', now)
  local reserved = redis.pcall('ZCARD', places)
  if type(reserved) ~= 'number' or reserved == 0 then return math.huge end
  facts.reserved = reserved
  return tonumber(redis.call('ZRANGE', places, 0, 0, 'WITHSCORES')[2])
end

-- Counts calls that are over and that the counters still show; never more than they show agents.
local function count_ended(facts)
  local ended = facts.has_load and redis.pcall('ZCARD', prefix .. 'ended:' .. facts.id)
  if type(ended) == 'number' then facts.ended = math.min(ended, facts.in_call + facts.waiting) end
end

local function standing_of(facts)
  local item = facts.item
  if item.wanted ~= 'active' or facts.health == 'stopping' or not facts.has_load then return 'off' end
  if facts.state == 'draining' then return 'off' end
  if facts.health == 'down' or facts.state == 'dead' or facts.state == 'hung' then return 'out' end
  local doubtful = not facts.reconciled or now - facts.taken_at > STALE
    or (facts.health == 'ejected' and facts['until'] > now)
  local full = facts.in_call + facts.waiting + facts.reserved - facts.ended >= item.capacity
    or (item.maxCalls and facts.clients >= item.maxCalls)
  if full then return doubtful and 'out' or 'full' end
  if doubtful then return 'doubtful' end
  return facts.next_at > now and 'warming' or 'ready'
end

local function load_of(facts, standing)
  local item = facts.item
  local weight = item.weight or 1
  if item.capacity <= 0 then return 0 end
  if standing == 'doubtful' then return facts.reserved / (item.capacity * weight) end
  if policy.utilisation == 'in-call' then return (facts.in_call or 0) / weight end
  local expected = policy.rho * ((facts.waiting or 0) + facts.reserved - facts.ended)
  return ((facts.in_call or 0) + expected) / (item.capacity * weight)
end

local function wake_of(facts, next_expiry)
  local wake = next_expiry
  local stale_at = facts.has_load and facts.reconciled and facts.taken_at + STALE + 1 or 0
  for _, time in ipairs({ stale_at, facts['until'] or 0, facts.next_at or 0 }) do
    if time > now and time < wake then wake = time end
  end
  return wake
end

local function forget(id)
  local place = redis.call('HGET', prefix .. 'ranked', id)
  if place then redis.call('ZREM', prefix .. 'rank:' .. place, id) end
  redis.call('HDEL', prefix .. 'ranked', id)
  redis.call('ZREM', prefix .. 'taken', id)
  redis.call('ZREM', prefix .. 'wake', id)
end

-- Where a server stands now: the set, its load as text, and whether it stood elsewhere.
local function place_of(facts)
  count_ended(facts)
  facts.standing = standing_of(facts)
  facts.load = exact(load_of(facts, facts.standing))
  local place = facts.standing .. ':' .. facts.item.zone
  local before = redis.call('HGET', prefix .. 'ranked', facts.id)
  local moved = before ~= place
    or tonumber(redis.call('ZSCORE', prefix .. 'rank:' .. place, facts.id) or 'nan') ~= tonumber(facts.load)
  return place, before, moved
end

-- Puts a server where it stands now. Returns what is known of it, and whether it stood elsewhere.
local function rank(id)
  local facts = facts_of(id)
  if not facts then
    forget(id)
    return nil, true
  end
  local next_expiry = count_reserved(facts)
  local place, before, moved = place_of(facts)
  local standing, load, key = facts.standing, facts.load, prefix .. 'rank:' .. place
  if before and before ~= place then redis.call('ZREM', prefix .. 'rank:' .. before, id) end
  if before ~= place then
    redis.call('HSET', prefix .. 'ranked', id, place)
    redis.call('ZADD', prefix .. 'zones', 0, facts.item.zone)
  end
  if moved then redis.call('ZADD', key, load, id) end
  if COUNTED[standing] then redis.call('ZADD', prefix .. 'taken', exact(facts.taken_at), id)
  else redis.call('ZREM', prefix .. 'taken', id) end
  local wake = wake_of(facts, next_expiry)
  if wake < math.huge then redis.call('ZADD', prefix .. 'wake', exact(wake), id)
  else redis.call('ZREM', prefix .. 'wake', id) end
  return facts, moved
end

-- The same of a server that most likely stands where it should: writes only if it does not.
local function look_at(id)
  local facts = facts_of(id)
  if not facts then return rank(id) end
  local reserved = redis.pcall('ZCOUNT', prefix .. 'reservations:' .. id, '(' .. exact(now), '+inf')
  if type(reserved) == 'number' then facts.reserved = reserved end
  local _, _, moved = place_of(facts)
  if moved then return rank(id) end
  return facts, false
end
