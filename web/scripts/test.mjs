/* Compiles test/*.test.ts and runs them with node --test: no browser, no network. */
import {spawnSync} from 'node:child_process';
import {readdirSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, '.cache', 'test');
const only = process.argv.slice(2);
const names = readdirSync(join(root, 'test'))
  .filter((name) => name.endsWith('.test.ts') && (only.length === 0 || only.some((word) => name.includes(word))));

rmSync(out, {recursive: true, force: true});
await build({
  entryPoints: names.map((name) => join(root, 'test', name)),
  outdir: out,
  outExtension: {'.js': '.mjs'},
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node18',
  sourcemap: 'inline',
  packages: 'external',
  logLevel: 'warning',
});
const files = names.map((name) => join(out, name.replace(/\.ts$/, '.mjs')));
const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...files], {stdio: 'inherit'});
process.exit(run.status ?? 1);
