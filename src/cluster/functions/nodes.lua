#!lua name=mio_chat_nodes_v1
-- What the engine itself does for nodes, names and queues of players. Each function runs alone and
-- touches keys of one hash slot. Answers are lists, and begin with a word.
--
-- A name: `run shown`. leases, a hash: l:<run> and j:<dead run> (its janitor), each `time run` with
-- the time at which it ends. A queue, a list, oldest first: `time player data`.

local function text(number) return string.format('%.0f', number) end

local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Takes a name that is free, one's own, or held by the run that is named as dead.
local function claim(keys, args)
    local held = redis.call('GET', keys[1])
    local by = held and string.match(held, '^%S+')
    if held and by ~= args[1] and by ~= args[4] then return {'taken', held} end
    redis.call('SET', keys[1], args[1] .. ' ' .. args[2], 'PX', args[3])
    return {'done', ''}
end

local function release(keys, args)
    local held = redis.call('GET', keys[1])
    if not held or string.match(held, '^%S+') ~= args[1] then return {'again'} end
    redis.call('DEL', keys[1])
    return {'done', ''}
end

-- A lease that ends or is over: what is left of it in milliseconds, less than nothing if it is.
local function left(leases, field)
    local held = redis.call('HGET', leases, field)
    return held and tonumber(string.match(held, '^%d+')) - now(), held
end

-- Renews a node's lease. Answers the time, whether it still held, and what is left of each lease.
local function beat(keys, args)
    local had, time = left(keys[1], 'l:' .. args[1]), now()
    local own = text(time + tonumber(args[2])) .. ' ' .. args[1]
    redis.call('HSET', keys[1], 'l:' .. args[1], own)
    local answer = {'beat', text(time), had and had > 0 and '1' or '0'}
    local fields = redis.call('HGETALL', keys[1])
    for index = 1, #fields, 2 do
        if string.sub(fields[index], 1, 2) == 'l:' then
            local ends = tonumber(string.match(fields[index + 1], '^%d+'))
            answer[#answer + 1] = string.sub(fields[index], 3)
            answer[#answer + 1] = text(ends - time)
        end
    end
    return answer
end

-- Who clears up after a node whose lease is over: one at a time.
local function janitor(keys, args)
    local lease, ends = left(keys[1], 'l:' .. args[1])
    if not ends then return {'again'} end
    if lease > 0 then return {'taken', ends} end
    local other, by = left(keys[1], 'j:' .. args[1])
    if other and other > 0 and string.match(by, '%S+$') ~= args[2] then return {'taken', by} end
    redis.call('HSET', keys[1], 'j:' .. args[1], text(now() + tonumber(args[3])) .. ' ' .. args[2])
    return {'done', ''}
end

-- A node that is gone is forgotten: by its janitor, or by itself when it ends in order.
local function bury(keys, args)
    local _, by = left(keys[1], 'j:' .. args[1])
    if args[1] ~= args[2] and (not by or string.match(by, '%S+$') ~= args[2]) then
        return {'again'}
    end
    redis.call('HDEL', keys[1], 'l:' .. args[1], 'j:' .. args[1])
    redis.call('UNLINK', keys[2])
    return {'done', ''}
end

-- Who waits in a queue still, oldest first, without the player that asks; and where that stood.
local function waiting(queue, player)
    local kept, place, time = {}, nil, now()
    for _, entry in ipairs(redis.call('LRANGE', queue, 0, -1)) do
        local ends, who = string.match(entry, '^(%d+) (%S+)')
        if who == player then
            place = #kept + 1
        elseif tonumber(ends) > time then
            kept[#kept + 1] = entry
        end
    end
    return kept, place
end

local function store(queue, entries, span)
    redis.call('DEL', queue)
    if #entries == 0 then return end
    redis.call('RPUSH', queue, unpack(entries))
    redis.call('PEXPIRE', queue, span)
end

-- Asks for a group of so many: the others, if the player completes one, or it waits.
local function seek(keys, args)
    local player, need, span = args[1], tonumber(args[2]), args[3]
    local kept, place = waiting(keys[1], player)
    if #kept + 1 < need then
        local own = text(now() + tonumber(span)) .. ' ' .. player .. ' ' .. args[4]
        table.insert(kept, place or #kept + 1, own)
        store(keys[1], kept, span)
        return {'waiting', tostring(#kept)}
    end
    local group, rest = {'group'}, {}
    for index, entry in ipairs(kept) do
        if index < need then
            group[#group + 1] = string.match(entry, '^%d+ (.*)$')
        else
            rest[#rest + 1] = entry
        end
    end
    store(keys[1], rest, span)
    return group
end

local function unseek(keys, args)
    local kept, place = waiting(keys[1], args[1])
    if not place then return {'again'} end
    store(keys[1], kept, args[2])
    return {'done', ''}
end

redis.register_function('mio1_claim', claim)
redis.register_function('mio1_release', release)
redis.register_function('mio1_beat', beat)
redis.register_function('mio1_janitor', janitor)
redis.register_function('mio1_bury', bury)
redis.register_function('mio1_seek', seek)
redis.register_function('mio1_unseek', unseek)
