-- Keeps an agent's pin alive, and puts it back if it was lost.
-- KEYS: 1 pin:<agent>
-- ARGV: 1 call of the pin  2 JSON of the pin  3 time to live, ms  4 fence of the pin
-- Returns 1, or 0 when a newer leg of the agent has the pin.
local stored = redis.pcall('GET', KEYS[1])
if type(stored) == 'string' then
  local readable, pin = pcall(cjson.decode, stored)
  local newer = readable and type(pin) == 'table' and (tonumber(pin.fence) or 0) >= tonumber(ARGV[4])
  if newer and pin.call ~= ARGV[1] then return 0 end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
