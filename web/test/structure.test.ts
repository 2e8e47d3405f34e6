import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {test} from 'node:test';

// types may be exported for whoever reads the signature they stand in
const NAMED = /^export (?:abstract )?(?:async )?(?:const|function|class|enum) (\w+)/gm;
const TAKEN = /\{([^{}]*)\}(?: = await import\(|\s*from )'(\.[^']*)\.js'/g;
const TAKEN_WHOLE = /import \* as (\w+) from '(\.[^']*)\.js'/g;
const TAKEN_LATER = /import\('(\.[^']*)\.js'\)\)\.(\w+)/g;

/** "path:name" of all that the modules of a folder take from modules of ours. */
function taken(files: Map<string, string>): Set<string> {
  const all = new Set<string>();
  for (const [path, text] of files) {
    const take = (from: string, name: string): unknown => all.add(`${join(dirname(path), from)}.ts:${name}`);
    for (const [, names, from] of text.matchAll(TAKEN)) {
      for (const name of names!.split(',')) take(from!, name.trim().split(/:| as /)[0]!);
    }
    for (const [, as, from] of text.matchAll(TAKEN_WHOLE)) {
      for (const [, name] of text.matchAll(new RegExp(`\\b${as!}\\.(\\w+)`, 'g'))) take(from!, name!);
    }
    for (const [, from, name] of text.matchAll(TAKEN_LATER)) take(from!, name!);
  }
  return all;
}

function modules(folder: string): Map<string, string> {
  const names = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter((name) => name.endsWith('.ts'));
  return new Map(names.map((name) => [join(folder, name), readFileSync(join(folder, name), 'utf8')]));
}

test('a module exports the values that another one, or a test, takes; an element its class as well', () => {
  const src = modules('src');
  const used = taken(new Map([...src, ...modules('test')]));
  const needless: string[] = [];
  for (const [path, text] of src) {
    for (const [line, name] of text.matchAll(NAMED)) {
      const isElement = line.includes(' class ') && text.includes('@customElement(');
      if (!isElement && !used.has(`${path}:${name}`)) needless.push(`${path}: ${name}`);
    }
  }
  assert.deepEqual(needless, []);
});

test('no file is longer than a reader likes', () => {
  const long = [...modules('src')].filter(([, text]) => text.split('\n').length > 501).map(([path]) => path);
  assert.deepEqual(long, []);
});
