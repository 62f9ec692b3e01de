-- Keeps places of calls that are up while their counters are old, and puts those back that were lost.
-- KEYS: reservation:<call>, one per call
-- ARGV: 1…3 see rank.lua  4 time to live, ms  5… call, server, when it was placed, and so on, in the order of KEYS
-- Returns how many were put back.
local ttl, lost = tonumber(ARGV[4]), 0
local servers = {}
for i = 1, #KEYS do
  local call, server, placed_at = ARGV[2 + 3 * i], ARGV[3 + 3 * i], tonumber(ARGV[4 + 3 * i])
  local word = redis.pcall('HMGET', prefix .. 'load:' .. server, 'reconciled', 'takenAt')
  local taken_at = not word.err and tonumber(word[2] or '') or 0
  local fresh = not word.err and word[1] == '1' and now - taken_at <= FRESH
  local held, released = reserved_on(KEYS[i])
  local lost_one = not held and not released and placed_at > taken_at
  -- A place on another server is that of a move that is under way. One that is gone without a word was lost, or released so long ago
  -- that counters show the call.
  if (held == server and not fresh) or lost_one then
    local places = prefix .. 'reservations:' .. server
    if redis.call('TYPE', places).ok ~= 'zset' then redis.call('DEL', places) end
    redis.call('ZADD', places, exact(now + ttl), call)
    redis.call('PEXPIRE', places, ttl + 60000)
    redis.call('SET', KEYS[i], server, 'PX', ttl)
    if lost_one then lost = lost + 1 end
    servers[server] = true
  end
end
for server in pairs(servers) do rank(server) end
return lost
