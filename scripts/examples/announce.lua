-- kind: batch
-- description: Report an event of your own that triggers and hooks listen to
local answer = perigee.events.emit("custom.deployed", {version = arg[1] or "1.0", by = arg[2] or "somebody"})
print("event " .. (answer.seq or "?"))
