-- Ends reservations; calls without one are no error. That they are over is remembered for a while: the counters that show a call may
-- say that they are older than its reservation was (their events may have been on their way for longer than the call).
-- KEYS: reservation:<call>, one per call
-- ARGV: 1…3 see rank.lua  4… the calls, in the order of KEYS
local REMEMBERED_MS = 60000
local servers = {}
for i = 1, #KEYS do
  local server = give_back(KEYS[i], ARGV[i + 3])
  if server then servers[server] = true end
  redis.call('SET', KEYS[i], RELEASED, 'PX', REMEMBERED_MS)
end
for server in pairs(servers) do rank(server) end
return #KEYS
