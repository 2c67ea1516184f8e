-- Asks for one path, with the bearer tokens of a file one after another if one is given: wrk -s asking.lua URL -- [FILE]
-- Prints what it saw as one line of JSON, in microseconds.
local requests, at = {}, 0

function init(args)
    if not args[1] then
        requests[1] = wrk.format("GET")
        return
    end
    for token in io.lines(args[1]) do
        requests[#requests + 1] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format(
        '{"requests":%d,"failed":%d,"duration":%d,"p50":%d,"p99":%d}\n',
        summary.requests, failed, summary.duration, latency:percentile(50), latency:percentile(99)))
end
