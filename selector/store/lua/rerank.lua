-- Puts servers where they stand now: after a change of theirs, of the policy, or of all of Redis.
-- KEYS: 1 servers (hash)
-- ARGV: 1…3 see rank.lua  4… the servers
-- Returns how many stood elsewhere.
local moved_count = 0
for i = 4, #ARGV do
  local _, moved = rank(ARGV[i])
  if moved then moved_count = moved_count + 1 end
end
return moved_count
