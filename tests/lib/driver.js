// driver.js - runs a program of tests/drivers and talks to it in lines.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The build that is tested: GYMCHAT_BUILD, or build/release. */
export const BUILD = resolve(ROOT, process.env.GYMCHAT_BUILD ?? 'build/release');

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Driver {
  constructor(name, args) {
    const file = join(BUILD, 'tests', name);
    if (!existsSync(file))
      throw new Error(`${file} is missing: cmake --preset release && cmake --build --preset release`);
    this.lines = [];
    this.taken = 0;
    this.child = spawn(file, args.map(String), {stdio: ['pipe', 'pipe', 'inherit']});
    this.exited = once(this.child, 'exit');
    this.reader = createInterface({input: this.child.stdout});
    this.reader.on('line', (line) => this.lines.push(line));
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
  }

  get pid() { return this.child.pid; }

  say(...lines) { this.child.stdin.write(lines.join('\n') + '\n'); }

  /** The next line that matches, skipping those before it. */
  async next(pattern, ms = 10_000) {
    const late = AbortSignal.timeout(ms);
    for (;;) {
      while (this.taken < this.lines.length) {
        const match = this.lines[this.taken++].match(pattern);
        if (match)
          return match;
      }
      try {
        await once(this.reader, 'line', {signal: late});
      } catch {
        throw new Error(`no ${pattern} within ${ms} ms; the driver said:\n${this.lines.join('\n')}`);
      }
    }
  }

  /** Lines so far that match. */
  all(pattern) { return this.lines.filter((line) => pattern.test(line)); }

  /** Ends it and checks that it left its loop clean. */
  async quit() {
    this.say('quit');
    const [code] = await this.exited;
    if (code !== 0)
      throw new Error(`the driver ended with ${code}:\n${this.lines.join('\n')}`);
  }
}
