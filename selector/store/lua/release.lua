-- Ends reservations; calls without one are no error.
-- KEYS: reservation:<call>, one per call
-- ARGV: 1…3 see rank.lua  4… the calls, in the order of KEYS
local servers = {}
for i = 1, #KEYS do
  local server = redis.pcall('GET', KEYS[i])
  if type(server) == 'string' then
    redis.pcall('ZREM', prefix .. 'reservations:' .. server, ARGV[i + 3])
    servers[server] = true
  end
  redis.call('DEL', KEYS[i])
end
for server in pairs(servers) do rank(server) end
return #KEYS
