#!lua name=mio_chat_rooms_v1
-- What the engine itself does for rooms. Each function runs alone and touches keys of one hash
-- slot. Answers are lists, and begin with a word. Nothing here looks into bodies.
-- meta of a room, a hash: term, n (messages so far), before and base (the term before this one, and
-- n when it ended), version, charter, m:<author> (the last "number time" of an author's entries),
-- w:<run> (people of that node). log: its entries, `count author number time body` in the field `e`.

local function text(number) return string.format('%.0f', number) end

local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Why an author's entry of this number may not be added, if so; else nothing and the room's n.
local function refusal(meta, author, term, number)
    local got = redis.call('HMGET', meta, 'term', 'm:' .. author, 'n')
    if got[1] ~= term then return {'term', got[1] or '0'} end
    if not got[2] then return {'closed'} end
    local mark = tonumber(string.match(got[2], '^%d+'))
    if tonumber(number) <= mark then return {'again'} end
    if tonumber(number) > mark + 1 then return {'ahead'} end
    return nil, got[3] or '0'
end

-- Adds an entry. One that counts for no message is not added, and marked all the same.
local function add(log, meta, n, author, term, number, count, kept, body)
    local at = text(now())
    local mark = number .. ' ' .. at
    if count == '0' then
        redis.call('HSET', meta, 'm:' .. author, mark)
        return {'done', ''}
    end
    n = text(n + count)
    redis.call('HSET', meta, 'm:' .. author, mark, 'n', n)
    local id = term .. '-' .. n
    local entry = count .. ' ' .. author .. ' ' .. mark .. ' ' .. body
    redis.call('XADD', log, 'MAXLEN', '~', kept, id, 'e', entry)
    redis.call('PUBLISH', log, id .. ' ' .. entry)
    return {'done', id}
end

-- The engine's term for a node that knows one: that of the engine's run, or a new one.
local function term(keys, args)
    local got, known = redis.call('HMGET', keys[1], 'run', 'term'), tonumber(args[2])
    local stored = tonumber(got[2] or '0')
    if got[1] == args[1] and stored >= known then return {'term', got[2]} end
    local new = text(math.max(stored + 1, known + 1, now()))
    redis.call('HSET', keys[1], 'run', args[1], 'term', new)
    return {'term', new}
end

local function open(keys, args)
    local log, meta, run, term, after = keys[1], keys[2], args[1], args[2], args[5]
    local got = redis.call('HMGET', meta, 'term', 'n')
    local known, n = tonumber(got[1] or '0'), tonumber(got[2] or '0')
    if known > tonumber(term) then return {'term', got[1]} end
    local seen = tonumber(string.match(after, '%d+$'))
    local is_here = string.match(after, '^%d+') == term
    if is_here and (known < tonumber(term) or n < seen) then return {'behind'} end
    if known < tonumber(term) then
        if not got[1] then redis.call('UNLINK', log) end
        redis.call('HSET', meta, 'term', term, 'before', text(known), 'base', text(n))
    end
    local answer = {'open', text(n)}
    for index, author in ipairs({run, run .. '/c'}) do
        local least = tonumber(args[2 + index]) - 1
        local mark = redis.call('HGET', meta, 'm:' .. author)
        mark = mark and tonumber(string.match(mark, '^%d+')) or -1
        if mark < least then
            mark = least
            redis.call('HSET', meta, 'm:' .. author, text(mark) .. ' ' .. text(now()))
        end
        answer[2 + index] = text(mark)
    end
    local entries, bytes = {}, 0
    for _, entry in ipairs(redis.call('XRANGE', log, '(' .. after, '+', 'COUNT', args[6])) do
        if bytes > tonumber(args[7]) then break end
        bytes = bytes + #entry[2][2]
        entries[#entries + 1] = entry[1] .. ' ' .. entry[2][2]
    end
    local old, counts, fields = now() - 3600000, {}, redis.call('HGETALL', meta)
    for index = 1, #fields, 2 do
        local kind, of = string.match(fields[index], '^([mw]):(.*)$')
        if kind == 'w' then
            counts[#counts + 1], counts[#counts + 2] = of, fields[index + 1]
        elseif kind == 'm' and tonumber(string.match(fields[index + 1], '%d+$')) < old
            and of ~= run and of ~= run .. '/c' then
            redis.call('HDEL', meta, fields[index])
        end
    end
    got = redis.call('HMGET', meta, 'before', 'base', 'version', 'charter')
    for index = 1, 4 do answer[4 + index] = got[index] or (index < 4 and '0' or '') end
    answer[9], answer[10], answer[11] = redis.call('HGETALL', keys[3]), counts, entries
    return answer
end

-- People who come (+name) and go (-name) with an entry; those who go are no officers any more.
local function append(keys, args)
    local log, meta, officers, who = keys[1], keys[2], keys[3], keys[4]
    local run, number = args[1], args[3]
    local refused, n = refusal(meta, run, args[2], number)
    if refused then return refused end
    for index = 7, #args do
        local name = string.sub(args[index], 2)
        if string.sub(args[index], 1, 1) == '+' then
            redis.call('SADD', who, name)
        else
            redis.call('SREM', who, name)
            if redis.call('HGET', officers, name) == run then redis.call('HDEL', officers, name) end
        end
    end
    if #args > 6 then redis.call('HSET', meta, 'w:' .. run, redis.call('SCARD', who)) end
    return add(log, meta, n, run, args[2], number, args[4], args[5], args[6])
end

-- The charter's next version, if the author knows this one. Officers: name, run (or '') by turns.
local function change(keys, args)
    local log, meta, officers, author = keys[1], keys[2], keys[3], args[1] .. '/c'
    local refused, n = refusal(meta, author, args[2], args[3])
    if refused then return refused end
    local got = redis.call('HMGET', meta, 'version', 'charter')
    if (got[1] or '0') ~= args[7] then return {'conflict', got[1] or '0', got[2] or ''} end
    redis.call('HSET', meta, 'version', text(tonumber(args[7]) + 1), 'charter', args[8])
    for index = 9, #args, 2 do
        if args[index + 1] == '' then
            redis.call('HDEL', officers, args[index])
        else
            redis.call('HSET', officers, args[index], args[index + 1])
        end
    end
    return add(log, meta, n, author, args[2], args[3], args[4], args[5], args[6])
end

-- A node is gone: its people and offices here are, if they are as many as the author of the entry
-- has read. The entry's author is the dead run, with a number that only grows.
local function evict(keys, args)
    local log, meta, officers, who = keys[1], keys[2], keys[3], keys[4]
    local dead, people = args[1], redis.call('SCARD', who)
    local got = redis.call('HMGET', meta, 'term', 'n')
    if got[1] ~= args[2] then return {'term', got[1] or '0'} end
    if redis.call('HEXISTS', meta, 'w:' .. dead) == 0 and people == 0 then return {'again'} end
    if tostring(people) ~= args[6] then return {'conflict', tostring(people), ''} end
    redis.call('UNLINK', who)
    redis.call('HDEL', meta, 'w:' .. dead)
    local all = redis.call('HGETALL', officers)
    for index = 1, #all, 2 do
        if all[index + 1] == dead then redis.call('HDEL', officers, all[index]) end
    end
    return add(log, meta, got[2] or '0', dead .. '/x', args[2], text(now()), args[3], args[4], args[5])
end

redis.register_function('mio1_term', term)
redis.register_function('mio1_open', open)
redis.register_function('mio1_append', append)
redis.register_function('mio1_change', change)
redis.register_function('mio1_evict', evict)
