-- A call is over: gives back what it had reserved, and takes it off counters that show it and cannot know of its end.
-- KEYS: 1 reservation:<call>
-- ARGV: 1…3 see rank.lua  4 call  5 its server  6 when it was placed  7 how much later counters must be taken to hold it
--       for sure, ms  8 time to live, ms
-- Returns 1 when it was taken off counters, else 0.
local call, server = ARGV[4], ARGV[5]
local ended, taken_off = prefix .. 'ended:' .. server, 0
local held = give_back(KEYS[1], call)
redis.call('DEL', KEYS[1])
if held and held ~= server then rank(held) end
local facts = facts_of(server)
if facts and facts.has_load and facts.reconciled and now > facts.taken_at
  and facts.taken_at > tonumber(ARGV[6]) + tonumber(ARGV[7]) then
  if redis.call('TYPE', ended).ok ~= 'zset' then redis.call('DEL', ended) end
  if redis.call('ZCARD', ended) < facts.in_call + facts.waiting then
    taken_off = redis.call('ZADD', ended, exact(now), call)
    redis.call('PEXPIRE', ended, ARGV[8])
  end
end
rank(server)
return taken_off
