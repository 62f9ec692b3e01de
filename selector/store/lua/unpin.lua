-- Removes an agent's pin if it is still that call's.
-- KEYS: 1 pin:<agent>
-- ARGV: 1 call
local stored = redis.pcall('GET', KEYS[1])
if type(stored) ~= 'string' then return 0 end
local readable, pin = pcall(cjson.decode, stored)
if not readable or type(pin) ~= 'table' or pin.call ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
