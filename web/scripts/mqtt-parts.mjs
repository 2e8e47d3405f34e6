/* MQTT.js in parts: its client and WebSocket stream on the npm packages that stand for Node's own (buffer, events,
 * process), without what a browser never uses: TCP, SOCKS, worker timers (blob:, which the CSP refuses), debug output,
 * the topic aliases of MQTT 5. 63 KiB gzipped instead of the 103 KiB of its ready-made bundle. Built on its own, so
 * that the stand-ins stay inside. */
import {join} from 'node:path';
import {build} from 'esbuild';

const PARTS = /^mqtt\/lib\/(client|connect\/ws)$/;
const UNUSED = /^(worker-timers|ws|debug|lru-cache)$/;

const without = {
  name: 'without',
  setup(it) {
    it.onResolve({filter: UNUSED}, (args) => ({path: args.path, namespace: 'unused'}));
    it.onLoad({filter: /.*/, namespace: 'unused'}, (args) => ({
      contents: args.path === 'debug' ? 'module.exports = () => () => {};' : 'module.exports = {};',
    }));
  },
};

/** An esbuild plugin that gives mqtt-feed.ts the parts it imports. */
export async function mqttParts(root, options) {
  const built = await build({
    stdin: {
      contents: "export {default} from 'mqtt/lib/client'; export {browserStreamBuilder} from 'mqtt/lib/connect/ws';",
      resolveDir: root,
    },
    ...options,
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
    legalComments: 'inline',
    define: {global: 'globalThis'},
    alias: {buffer: 'buffer/', events: 'events/', stream: 'readable-stream'},
    inject: [join(root, 'scripts', 'node-globals.js')],
    plugins: [without],
  });
  const contents = built.outputFiles[0].text;
  return {
    name: 'mqtt-parts',
    setup(it) {
      it.onResolve({filter: PARTS}, () => ({path: 'mqtt-parts', namespace: 'mqtt-parts'}));
      it.onLoad({filter: /.*/, namespace: 'mqtt-parts'}, () => ({contents, loader: 'js'}));
    },
  };
}
