// References into docs/ lead somewhere: from comments (a document, then "Section") and between the documents themselves; and
// the documents know what the sources have.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {test} from 'node:test';
import {ROOT} from '../lib/broker.js';

// What git would take; in a copy without its history, everything but what is built.
function files() {
  const find = ['.', '(', '-name', 'node_modules', '-o', '-path', './build', '-o', '-path', './web/dist', '-o', '-path', './var', '-o', '-path',
    './tests/artefacts', ')', '-prune', '-o', '-type', 'f', '-regex', '.*\\.\\([ch]\\|ts\\|js\\|sql\\|sh\\|in\\|md\\|html\\)', '-print'];
  return execFileSync('find', find, {cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 24}).trim().split('\n').map((name) => join(ROOT, name));
}

const headings = (file) => new Set([...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title]) => title));
const all = files();

test('a section that is named is there', () => {
  let seen = 0;
  for (const file of all)
    for (const [, target, title] of readFileSync(file, 'utf8').matchAll(/\b(?:docs\/|\]\()([\w-]+\.md)\)? "([^"\n]+)"/g)) {
      assert.ok(headings(join(ROOT, 'docs', target)).has(title), `${relative(ROOT, file)}: docs/${target} has no section "${title}"`);
      seen++;
    }
  assert.ok(seen > 20, `${seen} references`);
});

test('a link to another file finds it', () => {
  let seen = 0;
  for (const file of all.filter((name) => name.endsWith('.md')))
    for (const [, target] of readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(dirname(file), target)), `${relative(ROOT, file)}: there is no ${target}`);
      seen++;
    }
  assert.ok(seen > 30, `${seen} links`);
});

test('a file of the source that the documents name is there', () => {
  let seen = 0;
  for (const file of all.filter((name) => /docs\/[\w-]+\.md$/.test(name)))
    for (const [, target] of readFileSync(file, 'utf8').matchAll(/`((?:api|archiver|broker-conf|common|kiosk|schema|web\/src|tests|contrib|command)\/[\w./-]+\.\w+)`/g)) {
      assert.ok(existsSync(join(ROOT, target)), `${relative(ROOT, file)}: there is no ${target}`);
      seen++;
    }
  assert.ok(seen > 40, `${seen} files`);
});

test('docs/errors.md names every code of the sources', () => {
  const manual = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const folder = (name) => readdirSync(join(ROOT, name)).filter((file) => file.endsWith('.c')).map((file) => readFileSync(join(ROOT, name, file), 'utf8')).join('\n');
  const api = [...folder('api').matchAll(/\b(?:http_fail|refuse|http_problem)\(\s*[\w>.-]+,\s*(?:\d+,\s*)?"([a-z_]+)"|\bcode_r = "([a-z_]+)"/g)].map(([, a, b]) => a ?? b);
  const others = [...(folder('broker-conf') + folder('archiver')).matchAll(/\bcode = "([a-z_]+)"/g)].map(([, code]) => code);
  assert.ok(new Set(api).size > 15 && new Set(others).size > 1, `${new Set(api).size} ${new Set(others).size}`);
  for (const code of new Set([...api, ...others]))
    assert.ok(manual.includes(`\`${code}\``), `docs/errors.md does not know ${code}`);
});
