-- Chooses a media server and reserves a place on it, in one step. The choice is that of choose() in
-- selector/domain/choose.ts, to the last bit of every load; a contract test holds the two together.
-- KEYS: 1 servers (hash)  2 reservation:<call>
-- ARGV: 1 call  2 now, wall-clock ms  3 time to live, ms  4 utilisation  5 rho  6 chance
--       7 what load:<server> starts with  8 what reservations:<server> starts with  9… servers to leave out
-- Returns { chosen id or '', its row as JSON or '', then for each server: id, load or '', why it was left out or '' }
local call, now, ttl = ARGV[1], ARGV[2], ARGV[3]
local utilisation, rho, chance = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local loads, reservations = ARGV[7], ARGV[8]

local exclude = {}
for i = 9, #ARGV do exclude[ARGV[i]] = true end

-- A count as text; nil for anything else, so that a poisoned key means a missing one.
local function count(text)
  local number = text and tonumber(text)
  if number and number >= 0 and number == math.floor(number) and number < 2 ^ 53 then return number end
end

-- What the operator wrote; nil when it cannot be read.
local function operator_row(json)
  local readable, row = pcall(cjson.decode, json)
  local item = readable and type(row) == 'table' and row.item
  if type(item) == 'table' and type(item.capacity) == 'number' then return item end
end

-- A load, or nil and why there is none.
local function consider(id, item)
  if item.wanted ~= 'active' then return nil, 'not-active' end
  local word = redis.pcall('HMGET', loads .. id, 'waiting', 'inCall', 'reconciled', 'health')
  local waiting, in_call = count(word[1]), count(word[2])
  if not waiting or not in_call or word[3] ~= '1' then return nil, 'not-reconciled' end
  if word[4] == 'down' then return nil, 'down' end
  if exclude[id] then return nil, 'tried' end
  local reserved = redis.pcall('ZCOUNT', reservations .. id, '(' .. now, '+inf')
  if type(reserved) ~= 'number' then reserved = 0 end
  if in_call + waiting + reserved >= item.capacity then return nil, 'full' end
  if utilisation == 'in-call' then return in_call end
  return (in_call + rho * (waiting + reserved)) / item.capacity
end

-- Order of bytes. `<` on strings follows the locale of the Redis server.
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local previous = redis.pcall('GET', KEYS[2])
if type(previous) == 'string' then
  redis.pcall('ZREM', reservations .. previous, call)
  redis.call('DEL', KEYS[2])
end

local rows = redis.call('HGETALL', KEYS[1])
local result, tied, least, row_of = { '', '' }, {}, math.huge, {}
for i = 1, #rows, 2 do
  local id, item = rows[i], operator_row(rows[i + 1])
  if item then
    row_of[id] = rows[i + 1]
    local load, excluded = consider(id, item)
    result[#result + 1] = id
    result[#result + 1] = load and string.format('%.17g', load) or ''
    result[#result + 1] = excluded or ''
    if load and load < least then
      least, tied = load, { id }
    elseif load and load == least then
      tied[#tied + 1] = id
    end
  end
end
if #tied == 0 then return result end

table.sort(tied, before)
local chosen = tied[math.floor(chance * #tied) + 1]
local places = reservations .. chosen
if redis.call('TYPE', places).ok ~= 'zset' then redis.call('DEL', places) end
redis.call('ZREMRANGEBYSCORE', places, '-inf', now)
redis.call('ZADD', places, string.format('%.17g', tonumber(now) + tonumber(ttl)), call)
redis.call('PEXPIRE', places, tonumber(ttl) + 60000)
redis.call('SET', KEYS[2], chosen, 'PX', ttl)
result[1], result[2] = chosen, row_of[chosen]
return result
