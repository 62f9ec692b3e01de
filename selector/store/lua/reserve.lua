-- Chooses a media server and reserves a place on it, in one step. The choice is that of pick() in
-- selector/domain/choose.ts; a contract test holds the two together. Looks at a few servers only: O(log n).
-- KEYS: 1 servers (hash)  2 reservation:<call>
-- ARGV: 1…3 see rank.lua  4 call  5 time to live, ms  6 chance  7… servers to leave out
-- Returns JSON: { situation, picked?, chosen?: row, fence?, looked?: [facts] }
local call, ttl, chance = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local WRITTEN, WOKEN, MOST_TRIES = 4, 32, 8

local excluded, exclude = {}, {}
for i = 7, #ARGV do
  if not excluded[ARGV[i]] then
    excluded[ARGV[i]] = true
    exclude[#exclude + 1] = ARGV[i]
  end
end

local zones
local function size(set) return redis.call('ZCARD', prefix .. 'rank:' .. set) end

local function situation_now()
  local counts = {}
  for _, standing in ipairs({ 'ready', 'warming', 'doubtful', 'full', 'out', 'off' }) do
    counts[standing] = 0
    for _, zone in ipairs(zones) do counts[standing] = counts[standing] + size(standing .. ':' .. zone) end
  end
  local counted = redis.call('ZCARD', prefix .. 'taken')
  local fresh = redis.call('ZCOUNT', prefix .. 'taken', exact(now - FRESH), '+inf')
  return { counts = counts, counted = counted, fresh = fresh }
end

local function attempts_of(situation)
  local counts = situation.counts
  local rule = situation.fresh * 2 >= situation.counted and 'least' or 'two-choices'
  local known = counts.ready + counts.warming
  local well = known + counts.full
  local all = { standings = { 'ready', 'warming' }, rule = rule, chance = chance }
  if well * 2 >= well + counts.doubtful + counts.out then
    if counts.warming * 2 < known then return { { standings = { 'ready' }, rule = rule, chance = chance }, all } end
    return { all }
  end
  local draw = chance * (known + counts.doubtful)
  local doubtful = { standings = { 'doubtful' }, rule = 'ledger', chance = draw - math.floor(draw) }
  all.chance = doubtful.chance
  if math.floor(draw) < known then return { all, doubtful } end
  return { doubtful, all }
end

-- The least load among those that are not excluded.
local function least_in(sets)
  local least
  for _, set in ipairs(sets) do
    local members = redis.call('ZRANGE', prefix .. 'rank:' .. set, 0, #exclude, 'WITHSCORES')
    for i = 1, #members, 2 do
      if not excluded[members[i]] then
        local score = tonumber(members[i + 1])
        if not least or score < least then least = score end
        break
      end
    end
  end
  return least
end

-- Those of a set with that load: where they begin, how many they are, and the places of the excluded among them.
local function ties_in(set, load)
  local key, score = prefix .. 'rank:' .. set, exact(load)
  local gaps = {}
  for _, id in ipairs(exclude) do
    local own = redis.call('ZSCORE', key, id)
    if own and tonumber(own) == load then gaps[#gaps + 1] = redis.call('ZRANK', key, id) end
  end
  table.sort(gaps)
  local equal = redis.call('ZCOUNT', key, score, score)
  return { key = key, from = redis.call('ZCOUNT', key, '-inf', '(' .. score), equal = equal,
    count = equal - #gaps, gaps = gaps }
end

-- Those tied from that place on, `most` at the most.
local function tied_from(ties, place, most)
  local found = {}
  for _, tie in ipairs(ties) do
    local last = tie.from + tie.count + #tie.gaps - 1
    local at = tie.from + place
    for _, gap in ipairs(tie.gaps) do if gap <= at then at = at + 1 end end
    if place < tie.count then
      for _, id in ipairs(redis.call('ZRANGE', tie.key, at, math.min(last, at + most + #tie.gaps - 1))) do
        if #found < most and not excluded[id] then found[#found + 1] = id end
      end
    end
    place = math.max(0, place - tie.count)
    if #found == most then break end
  end
  return found
end

local function least_loaded(sets, draw)
  local least = least_in(sets)
  if not least then return nil end
  local ties, among, looked = {}, 0, {}
  for i, set in ipairs(sets) do
    ties[i] = ties_in(set, least)
    among = among + ties[i].count
  end
  local chosen = math.floor(draw * among)
  local from = chosen - chosen % WRITTEN
  local id
  for i, tied in ipairs(tied_from(ties, from, WRITTEN)) do
    looked[#looked + 1] = { id = tied, place = from + i - 1 }
    if from + i - 1 == chosen then id = tied end
  end
  local behind = 0
  for _, tie in ipairs(ties) do
    local from_place = tie.from + tie.equal
    for _, other in ipairs(redis.call('ZRANGE', tie.key, from_place, from_place + WRITTEN - 1)) do
      if behind < WRITTEN then
        looked[#looked + 1] = { id = other }
        behind = behind + 1
      end
    end
  end
  return { id = id, among = among, looked = looked }
end

local function less_of_two(sets, draw)
  local total = 0
  for _, set in ipairs(sets) do total = total + size(set) end
  local scaled = draw * total
  local first = math.floor(scaled)
  local places = { first }
  if total > 1 then
    local second = math.floor((scaled - first) * (total - 1))
    places[2] = second >= first and second + 1 or second
  end
  local looked, id, least = {}, nil, nil
  for _, place in ipairs(places) do
    local rest = place
    for _, set in ipairs(sets) do
      local members = size(set)
      if rest < members then
        local member = redis.call('ZRANGE', prefix .. 'rank:' .. set, rest, rest, 'WITHSCORES')
        local score = tonumber(member[2])
        looked[#looked + 1] = { id = member[1], place = place }
        if not excluded[member[1]] and (not least or score < least) then id, least = member[1], score end
        break
      end
      rest = rest - members
    end
  end
  if id then return { id = id, among = total, looked = looked } end
end

local function pick_in(attempt)
  local function sets_of(names)
    local sets = {}
    for _, standing in ipairs(attempt.standings) do
      for _, zone in ipairs(names) do sets[#sets + 1] = standing .. ':' .. zone end
    end
    return sets
  end
  local own = policy.zone and sets_of({ policy.zone }) or {}
  local own_best = least_in(own)
  local stays = own_best and (policy.utilisation == 'in-call' or own_best < (policy.spillAt or 0.8))
  local sets = stays and own or sets_of(zones)
  local rule = attempt.rule
  local found = rule == 'two-choices' and less_of_two(sets, attempt.chance)
  if not found then
    found = least_loaded(sets, attempt.chance)
    if rule == 'two-choices' then rule = 'least' end
  end
  if not found then return nil end
  found.rule, found.zones, found.ownBest = rule, stays and 'own' or 'all', own_best and exact(own_best)
  return found
end

local function pick()
  local situation = situation_now()
  for i, attempt in ipairs(attempts_of(situation)) do
    local found = pick_in(attempt)
    if found then
      found.attempt = i - 1
      return found, situation
    end
  end
  return nil, situation
end

-- What is written down of a server. JSON of Redis keeps 14 digits, so loads are left to the reader.
local function shown(facts, place)
  local item = facts.item
  return { place = place, id = facts.id, zone = item.zone, capacity = item.capacity, weight = item.weight,
    maxCalls = item.maxCalls, wanted = item.wanted, health = facts.health, reserved = facts.reserved,
    load = facts.has_load and { waiting = facts.waiting, inCall = facts.in_call, clients = facts.clients,
      channels = facts.channels, takenAt = exact(facts.taken_at), boot = exact(facts.boot), state = facts.state,
      reconciled = facts.reconciled } or nil,
    ['until'] = exact(facts['until'] or 0), warmSince = facts.warm_since and exact(facts.warm_since) or nil,
    nextAt = exact(facts.next_at or 0), ejections = facts.ejections,
    ended = facts.ended > 0 and facts.ended or nil }
end

-- When the next join on a server in its ramp or on trial is due.
local function next_join(facts)
  if facts.health == 'ejected' then return now + TRIAL end
  local ramp = type(policy.ramp) == 'table' and policy.ramp
  if not ramp or not facts.warm_since or now - facts.warm_since >= ramp.windowMs then return nil end
  local done = math.max(0, now - facts.warm_since) / ramp.windowMs
  return math.ceil(now + 1000 / (ramp.fromPerSec + (ramp.toPerSec - ramp.fromPerSec) * done))
end

-- Reserves the place. Returns a number that is greater than that of every choice before, for the agent's pin.
local function keep_place(facts)
  local id = facts.id
  local places = prefix .. 'reservations:' .. id
  local next_at = next_join(facts)
  if next_at then redis.call('HSET', prefix .. 'load:' .. id, 'nextAt', exact(next_at)) end
  if redis.call('TYPE', places).ok ~= 'zset' then redis.call('DEL', places) end
  redis.call('ZADD', places, exact(now + ttl), call)
  redis.call('PEXPIRE', places, ttl + 60000)
  redis.call('SET', KEYS[2], id, 'PX', ttl)
  rank(id)
  local last = tonumber(redis.pcall('GET', prefix .. 'fence:pins') or '') or 0
  local fence = math.max(now, last + 1)
  redis.call('SET', prefix .. 'fence:pins', exact(fence))
  return exact(fence)
end

local previous = give_back(KEYS[2], call)
if previous then
  redis.call('DEL', KEYS[2])
  rank(previous)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'wake', '-inf', now, 'LIMIT', 0, WOKEN)) do rank(id) end
zones = redis.call('ZRANGE', prefix .. 'zones', 0, -1)

-- The index is derived: what is taken from it is held against the truth before it counts.
local found, situation, looked
for _ = 1, MOST_TRIES do
  found, situation = pick()
  looked = {}
  local moved_any = false
  for _, one in ipairs(found and found.looked or {}) do
    local facts, moved = look_at(one.id)
    if moved then moved_any = true
    elseif facts then looked[#looked + 1] = { facts = facts, place = one.place } end
  end
  if not moved_any then break end
  found = nil
end

local result = { situation = situation, looked = {} }
for _, one in ipairs(looked) do
  result.looked[#result.looked + 1] = shown(one.facts, one.place)
  if found and one.facts.id == found.id then result.chosen = one.facts.json end
end
if found and result.chosen then
  result.picked = { id = found.id, attempt = found.attempt, rule = found.rule, zones = found.zones,
    ownBest = found.ownBest, among = found.among }
  for _, one in ipairs(looked) do
    if one.facts.id == found.id then result.fence = keep_place(one.facts) end
  end
end
if #result.looked == 0 then result.looked = nil end
return cjson.encode(result)
