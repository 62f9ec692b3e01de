-- Keeps places of calls that are up and that no counters show yet, and puts those back that were lost.
-- KEYS: reservation:<call>, one per call
-- ARGV: 1…3 see rank.lua  4 time to live, ms  5 how much younger than a call counters must be to hold it, ms
--       6… call, server, when it was placed, and so on, in the order of KEYS
-- Returns how many were put back.
local ttl, after, lost = tonumber(ARGV[4]), tonumber(ARGV[5]), 0
local servers = {}
for i = 1, #KEYS do
  local call, server, placed_at = ARGV[3 + 3 * i], ARGV[4 + 3 * i], tonumber(ARGV[5 + 3 * i])
  local word = redis.pcall('HMGET', prefix .. 'load:' .. server, 'reconciled', 'takenAt')
  local seen = not word.err and word[1] == '1' and (tonumber(word[2] or '') or 0) > placed_at + after
  if not seen then
    local places = prefix .. 'reservations:' .. server
    if redis.call('TYPE', places).ok ~= 'zset' then redis.call('DEL', places) end
    lost = lost + redis.call('ZADD', places, exact(now + ttl), call)
    redis.call('PEXPIRE', places, ttl + 60000)
    redis.call('SET', KEYS[i], server, 'PX', ttl)
    servers[server] = true
  end
end
for server in pairs(servers) do rank(server) end
return lost
