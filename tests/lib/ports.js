// ports.js - ports of 127.0.0.1 for what a test starts.
import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:net';

const given = new Set();

/** Whether one can listen there now. */
async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** A port on which nobody listens, given once. It is below those that the kernel lends to outgoing connections, so that
 *  none of them takes it before, or between two lives of, whoever shall listen there. */
export async function freePort() {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (!given.has(port) && await isFree(port)) {
      given.add(port);
      return port;
    }
  }
}

/** The addresses on which somebody listens on a TCP port, as the kernel tells: ["127.0.0.1"]. */
export function listeningOn(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '0A' && local.endsWith(`:${hex}`))
    .map(([, local]) => (local.startsWith('0100007F:') ? '127.0.0.1' : local));
}
