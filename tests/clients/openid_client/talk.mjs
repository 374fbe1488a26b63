// How a program of this folder talks with the test that started it: JSON, one object on each line.
// The first line that comes in is what the program is to do; each `ask` sends a wish and gives the answer to it.
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function next() {
  return JSON.parse((await lines.next()).value);
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

export const settings = await next();

/** Let the person do something; gives what came of it. */
export async function ask(wish, details) {
  say({ wish, ...details });
  return next();
}

/** The program's result, and its end. */
export function end(result) {
  say({ result });
  process.exit(0);
}
