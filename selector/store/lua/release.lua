-- Ends reservations; calls without one are no error.
-- KEYS: reservation:<call>, one per call
-- ARGV: 1 what reservations:<server> starts with  2… the calls, in the order of KEYS
for i = 1, #KEYS do
  local server = redis.pcall('GET', KEYS[i])
  if type(server) == 'string' then redis.pcall('ZREM', ARGV[1] .. server, ARGV[i + 1]) end
  redis.call('DEL', KEYS[i])
end
return #KEYS
