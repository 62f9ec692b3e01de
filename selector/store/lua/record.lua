-- Writes down what led to a choice.
-- KEYS: 1 decisions (stream)  2 decision:<call> (list)
-- ARGV: 1 JSON of the decision  2 how many decisions are kept  3 time to live of the list, ms  4 the most of one call
local entry = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'decision', ARGV[1])
redis.call('RPUSH', KEYS[2], entry)
redis.call('LTRIM', KEYS[2], -tonumber(ARGV[4]), -1)
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return entry
