// opossum as an oracle. Each line of the input is a trace as JSON: the options of a breaker, the moment at which it is
// made, and steps; a step waits so many milliseconds and then, unless the breaker is open, ends one call as `call` says.
// For each trace it prints a line of JSON: the breaker's phase after each step.
import { mock } from 'node:test';
import { createInterface } from 'node:readline';
import CircuitBreaker from 'opossum';

function phase(breaker) {
  if (breaker.opened) return 'open';
  return breaker.halfOpen ? 'half-open' : 'closed';
}

async function phases({ start, options, steps }) {
  mock.timers.enable({ apis: ['Date', 'setInterval', 'setTimeout'], now: start });
  const end = async (call) => {
    if (call === 'failed') throw new Error('the call failed');
  };
  const breaker = new CircuitBreaker(end, {
    ...options,
    timeout: false,
    enableSnapshots: false,
    rollingPercentilesEnabled: false,
  });
  const after = [];
  for (const { wait, call } of steps) {
    mock.timers.tick(wait);
    if (call !== null && !breaker.opened) await breaker.fire(call).catch(() => {});
    after.push(phase(breaker));
  }
  breaker.shutdown();
  mock.timers.reset();
  return after;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await phases(JSON.parse(line)))}\n`);
}
