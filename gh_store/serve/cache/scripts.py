"""
What Valkey does with a read model, in Lua: each script happens wholly or not at all.

The model is five keys. `rows` holds each row as a line of facts and a text, by id; `ids` the ids of objects, in the
order of their bytes; `changes` all ids by position; `made` the id that an issue made last. `state` counts them: where a
key was evicted, its count disagrees, and there is no model. A model that nobody uses is kept for seven days.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final

_BEFORE: Final = r"""
local state, rows, ids, changes, made = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function count(command, key)
  local told = redis.pcall(command, key)
  return type(told) == 'number' and tostring(told) or 'another type'
end

local function generation()
  local told = redis.pcall('HMGET', state, 'generation', 'rows', 'objects', 'made')
  if told.err or not told[1] then return nil end
  local all = count('HLEN', rows)
  if all ~= told[2] or count('ZCARD', changes) ~= all then return nil end
  if count('ZCARD', ids) ~= told[3] or count('HLEN', made) ~= told[4] then return nil end
  return told[1]
end

local function renew()
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, 604800) end
end

local function facts(row)
  return row and string.match(row, '^[^\n]*') or ''
end

local function row_of(number)
  local id = redis.call('HGET', made, number)
  local row = id and redis.call('HGET', rows, id)
  return row and string.match(row, '^%S+ %S+ (%S+)') == number and row or false
end

local function rows_of(chosen)
  local told = {}
  for at, id in ipairs(chosen) do told[2 * at - 1], told[2 * at] = id, redis.call('HGET', rows, id) end
  return told
end

local function raise(name, value)
  if tonumber(value) > tonumber(redis.call('HGET', state, name)) then redis.call('HSET', state, name, value) end
end

local function run()
  local told = redis.pcall('INFO', 'server')
  return type(told) == 'string' and string.match(told, 'run_id:(%w+)') or ''
end

local function model()
  return redis.call('HMGET', state, 'generation', 'position', 'objects', 'complete', 'since', 'listed', 'completed')
end
"""


@dataclass(frozen=True, slots=True)
class Script:
    """A script, with the name that Valkey remembers it by."""

    text: str
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest())


# A server that was started again may have lost what came last: positions go on ahead of all that were told.
MODEL: Final = Script(
    _BEFORE
    + """
if not generation() then return false end
local now = run()
if redis.call('HGET', state, 'run') ~= now then
  redis.call('HSET', state, 'run', now)
  redis.call('HINCRBY', state, 'position', 1000000)
end
if redis.call('TTL', state) < 518400 then renew() end
return model()
"""
)

BEGIN: Final = Script(
    _BEFORE
    + """
if not generation() then
  redis.call('DEL', unpack(KEYS))
  redis.call('HSET', state, 'generation', ARGV[1], 'run', run(), 'position', '0', 'rows', '0', 'objects', '0',
    'made', '0', 'complete', '0', 'since', '0', 'listed', '0', 'completed', '0')
  renew()
end
return model()
"""
)

HELD: Final = Script(
    _BEFORE
    + """
local told = generation()
if not told then return {false, false, false, false} end
local former = row_of(ARGV[2])
return {told, redis.call('HGET', rows, ARGV[1]), former and redis.call('HGET', made, ARGV[2]), former}
"""
)

ROW_OF_ISSUE: Final = Script(
    _BEFORE
    + """
local row = generation() and row_of(ARGV[1])
return row and {redis.call('HGET', made, ARGV[1]), row} or {}
"""
)

KEEP: Final = Script(
    _BEFORE
    + """
local told, id, number, live = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
if generation() ~= told then return 'over' end
if facts(redis.call('HGET', rows, id)) ~= ARGV[5] or facts(row_of(number)) ~= ARGV[6] then return 'changed' end
local position = ARGV[7]
if position == '0' then position = string.format('%.0f', redis.call('HINCRBY', state, 'position', 1)) end
redis.call('HSET', rows, id, position .. ARGV[8])
redis.call('HSET', made, number, id)
redis.call('ZADD', changes, position, id)
if live then redis.call('ZADD', ids, 0, id) else redis.call('ZREM', ids, id) end
redis.call('HSET', state, 'rows', count('HLEN', rows), 'objects', count('ZCARD', ids), 'made', count('HLEN', made))
renew()
return position
"""
)

ROW: Final = Script(
    _BEFORE
    + """
return generation() and redis.call('HGET', rows, ARGV[1])
"""
)

ROWS: Final = Script(
    _BEFORE
    + """
if not generation() then return {} end
return rows_of(redis.call('ZRANGEBYLEX', ids, ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3]))
"""
)

CONFIRM: Final = Script(
    _BEFORE
    + """
if generation() ~= ARGV[1] then return 0 end
raise('since', ARGV[2])
raise('listed', ARGV[3])
if ARGV[4] == '1' then
  redis.call('HSET', state, 'complete', '1')
  raise('completed', ARGV[3])
end
renew()
return 1
"""
)

CHANGES: Final = Script(
    _BEFORE
    + """
if generation() ~= ARGV[1] then return false end
return rows_of(redis.call('ZRANGEBYSCORE', changes, '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[3]))
"""
)
