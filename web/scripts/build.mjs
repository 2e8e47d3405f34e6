/* Builds dist/: hashed modules and styles in assets/ (each also as .gz and .br), the pages (demo/ and frame/), and one
 * stable module an element (gym-chat.js, gym-inbox.js, gym-kiosk.js) that only points to the hashed one. Checks the size
 * budgets. */
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {brotliCompressSync, gzipSync} from 'node:zlib';
import {build} from 'esbuild';
import {mqttParts} from './mqtt-parts.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const src = join(root, 'src');
const dist = join(root, 'dist');
const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const ELEMENTS = ['gym-chat', 'gym-inbox', 'gym-kiosk'];
const FOLDERS = ['demo', 'frame'];
const inFolders = (wanted) => FOLDERS.flatMap((folder) =>
  readdirSync(join(src, folder)).filter((name) => wanted.test(name)).map((name) => join(folder, name)));
const PAGES = inFolders(/\.html$/);
const TARGET = ['es2022', 'chrome100', 'firefox100', 'safari15.4'];
const KIB = 1024;
const LAUNCHER_MAX = 3 * KIB;
const CLIENT_PAGE_MAX = 150 * KIB;

rmSync(dist, {recursive: true, force: true});
const {metafile} = await build({
  entryPoints: [
    ...ELEMENTS.map((name) => join(src, `${name}.ts`)),
    ...inFolders(/^(client|staff|kiosk|chat|inbox)\.ts$|\.(css|svg)$/).map((path) => join(src, path)),
  ],
  outdir: join(dist, 'assets'),
  entryNames: '[name].[hash]',
  chunkNames: '[name].[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: TARGET,
  loader: {'.svg': 'copy'},
  define: {GYMCHAT_VERSION: JSON.stringify(version)},
  conditions: ['production'],
  minify: true,
  legalComments: 'linked',
  metafile: true,
  plugins: [await mqttParts(root, {target: TARGET})],
  absWorkingDir: root,
  logLevel: 'warning',
});

/** dist-relative path of what an entry point became */
const outputs = Object.entries(metafile.outputs).map(([path, info]) => ({path: relative('dist', path), ...info}));
const byEntry = new Map(outputs.filter((o) => o.entryPoint).map((o) => [relative('src', o.entryPoint), o]));
const url = (entry) => `/${byEntry.get(entry).path}`;

/** An output and everything it imports statically (or at all). */
function reach(output, kinds, seen = new Set()) {
  if (seen.has(output.path)) return seen;
  seen.add(output.path);
  for (const it of output.imports) {
    const next = outputs.find((o) => o.path === relative('dist', it.path));
    if (next && kinds.includes(it.kind)) reach(next, kinds, seen);
  }
  return seen;
}

/** What the first screen needs is asked for at once; MQTT.js comes after the history and is not in the list. */
function preloads(entry) {
  const own = byEntry.get(entry);
  const paths = reach(own, ['import-statement']);
  const panel = outputs.find((o) => o.path.includes('assets/panel.'));
  if (['demo/client.ts', 'frame/chat.ts'].includes(entry) && panel) for (const path of reach(panel, ['import-statement'])) paths.add(path);
  paths.delete(own.path);
  return [...paths].map((path) => `<link rel="modulepreload" href="/${path}">`).join('\n  ');
}

for (const folder of FOLDERS) mkdirSync(join(dist, folder), {recursive: true});
for (const page of PAGES) {
  const html = readFileSync(join(src, page), 'utf8')
    .replace(/\{\{preload ([^}]+)\}\}/g, (_, entry) => preloads(entry))
    .replace(/\{\{([^}]+)\}\}/g, (_, entry) => url(entry));
  writeFileSync(join(dist, page), html);
}
for (const name of ELEMENTS) { // names all that it imports, so that a browser asks for everything at once
  const {path: own} = byEntry.get(`${name}.ts`);
  const parts = [...reach(byEntry.get(`${name}.ts`), ['import-statement'])].filter((path) => path !== own);
  writeFileSync(join(dist, `${name}.js`), `${parts.map((path) => `import './${path}';\n`).join('')}export * from './${own}';\n`);
}

/** x.js.gz and x.js.br beside x.js, where they are smaller: the server only picks. */
function compress(folder) {
  for (const entry of readdirSync(folder, {withFileTypes: true})) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) compress(path);
    else if (/\.(js|css|html|svg)$/.test(entry.name)) {
      const bytes = readFileSync(path);
      for (const [ending, packed] of [['gz', gzipSync(bytes, {level: 9})], ['br', brotliCompressSync(bytes)]]) {
        if (packed.length < bytes.length) writeFileSync(`${path}.${ending}`, packed);
      }
    }
  }
}
compress(dist);

// --- budgets ---------------------------------------------------------------------------------------------------------

const gzipped = (paths) => [...paths].reduce((sum, path) => sum + gzipSync(readFileSync(join(dist, path))).length, 0);
const launcher = gzipped(reach(byEntry.get('gym-chat.ts'), ['import-statement']));
const clientPage = gzipped(reach(byEntry.get('demo/client.ts'), ['import-statement', 'dynamic-import'])) +
  gzipped(['demo/client.html', byEntry.get('demo/page.css').path]);
const mqtt = outputs.find((o) => Object.keys(o.inputs).some((i) => i.includes('mqtt-parts')));
const sizes = [['launcher', launcher, LAUNCHER_MAX], ['client page, all in', clientPage, CLIENT_PAGE_MAX]];
for (const [what, size, max] of sizes) console.log(`${what}: ${(size / KIB).toFixed(1)} KiB gzipped (at most ${max / KIB})`);
console.log(`of it MQTT.js: ${(gzipped([mqtt.path]) / KIB).toFixed(1)} KiB`);
mkdirSync(join(root, '.cache'), {recursive: true});
writeFileSync(join(root, '.cache', 'sizes.json'), JSON.stringify(Object.fromEntries(sizes.map(([what, size]) => [what, size]))));
if (sizes.some(([, size, max]) => size > max)) {
  console.error('over budget');
  process.exit(1);
}
