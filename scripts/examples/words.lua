-- kind: module
-- description: Words of a text; for others: local words = require "words"
local words = {}

--- The words of a text in lower case, with their counts.
function words.count(text)
  local counts = {}
  for word in text:lower():gmatch("%a%a+") do counts[word] = (counts[word] or 0) + 1 end
  return counts
end

--- "A Title, at last" becomes "a-title-at-last".
function words.slug(text) return (text:lower():gsub("[^%w]+", "-"):gsub("^%-+", ""):gsub("%-+$", "")) end

return words
