-- Writes an agent's pin, unless a newer leg of the agent has it.
-- KEYS: 1 pin:<agent>
-- ARGV: 1 fence of the pin  2 JSON of the pin  3 time to live, ms
-- Returns 1, or 0 when a pin with a greater fence is there.
local stored = redis.pcall('GET', KEYS[1])
if type(stored) == 'string' then
  local readable, pin = pcall(cjson.decode, stored)
  if readable and type(pin) == 'table' and (tonumber(pin.fence) or 0) > tonumber(ARGV[1]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
