-- kind: predicate
-- description: Only on weekdays from nine to five, by the clock of a place
local zone, from, to = "UTC", 9, 17

return function(ctx)
  local text = perigee.time.format(ctx.now, zone)
  local hour = tonumber(text:sub(12, 13))
  -- The first of January 1970 was a Thursday.
  local day = (math.floor(ctx.now / 86400) + 4) % 7
  if day == 0 or day == 6 then return false, "weekend" end
  return hour >= from and hour < to, text:sub(12, 16)
end
