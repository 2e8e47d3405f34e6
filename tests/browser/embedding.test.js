// The three ways into somebody else's pages, as docs/embedding.md and contrib/django say, each from another origin and under a
// strict Content-Security-Policy: the element, the page in a frame, and a Django CRM. The manual's own lines are what runs.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {after, afterEach, before, test} from 'node:test';
import {ROOT, until} from '../lib/broker.js';
import {ARTEFACTS, Person, startBrowser} from '../lib/browser.js';
import {background, cleanEnvironment, freePort, startStack} from '../lib/stack.js';

const PYTHON = '/usr/bin/python3'; // Debian's, whose packages Django and PyJWT are
const MANUAL = readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8');

let stack, browser, host, hostUrl, django, djangoUrl, key;
const people = [];

before(async () => {
  const [hostPort, djangoPort] = [await heldPort(), await heldPort()];
  hostUrl = `http://127.0.0.1:${hostPort.number}`;
  djangoUrl = `http://127.0.0.1:${djangoPort.number}`;
  stack = await startStack({env: {GYMCHAT_ORIGINS: `${hostUrl},${djangoUrl}`}});
  key = readFileSync(join(stack.dir, 'etc/token_keys'), 'utf8').split('\n').find((line) => / HS256 /.test(line) && !line.startsWith('#'));
  browser = await startBrowser();
  host = await startHost(await hostPort.release());
  django = await startDjango(await djangoPort.release());
});

/** A port that nobody takes until it is released: the instance, which has to be told of it, chooses its own meanwhile. */
async function heldPort() {
  const server = createServer();
  const number = await freePort();
  await new Promise((done, failed) => server.once('error', failed).listen(number, '127.0.0.1', done));
  return {number, release: () => new Promise((done) => server.close(() => done(number)))};
}

after(async () => {
  await browser?.close();
  host?.closeAllConnections();
  host?.close();
  django?.child.kill('SIGTERM');
  await django?.ended;
  await stack?.stop();
});

afterEach(async () => {
  for (const person of people.splice(0)) {
    assert.deepEqual([...person.refused, ...person.errors], [], 'no policy refused anything, and nothing was left uncaught');
    await person.close();
  }
});

// --- what the manual says ---------------------------------------------------------------------------------------------

/** A block of the manual in this language that has these words, for the instance at hand. */
function block(language, words) {
  const found = [...MANUAL.matchAll(/```(\w*)\n([^]*?)```/g)].filter(([, name, text]) => name === language && text.includes(words));
  assert.equal(found.length, 1, `one ${language || 'plain'} block with ${words}`);
  return found[0][2].replaceAll('https://chat.gym', stack.url).replaceAll('wss://chat.gym', stack.url.replace('http', 'ws'));
}

// --- a CRM whose server is this process -------------------------------------------------------------------------------

/** Any host: /element and /frame hold the manual's lines, /chat/token knows who is logged in. */
async function startHost(port) {
  const policies = {
    '/element': `default-src 'none'; base-uri 'none'; ${block('', 'trusted-types').replace(/\s+/g, ' ').trim()}`,
    '/frame': `default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; frame-src 'self' ${stack.url}`,
    '/sibling': "default-src 'none'; script-src 'self'; connect-src 'self'",
  };
  const pages = {'/element': block('html', 'api-base'), '/frame': block('html', '<iframe'), '/sibling': '<script type="module" src="/sibling.js"></script>'};
  const server = createServer(async (request, response) => {
    const {pathname: path, search} = new URL(request.url, hostUrl);
    if (search) sibling.begin();
    const reply = (type, body, more) => response.writeHead(200, {'content-type': type, ...more}).end(body);
    if (path === '/chat/token' && request.method === 'POST') {
      sibling.mayPost();
      await sibling.hasPosted;
      return reply('application/json', JSON.stringify({token: stack.token({role: 'client', sub: '88', name: 'Ana García'})}), {'cache-control': 'no-store'});
    }
    if (path === '/sibling-turn' || path === '/sibling-posted') {
      if (path === '/sibling-posted') sibling.done();
      else await sibling.turn;
      return reply('application/json', JSON.stringify(stack.token({role: 'client', sub: '99', name: 'Otra'})));
    }
    if (path === '/sibling.js')
      return reply('text/javascript', SIBLING);
    if (path === '/chat-frame.js')
      return reply('text/javascript', block('js', '// chat-frame.js'));
    if (path === '/frame.css')
      return reply('text/css', 'iframe { width: 380px; height: 600px; border: 0; }');
    if (!pages[path])
      return response.writeHead(404).end();
    return reply('text/html; charset=utf-8', `<!doctype html><html lang="es"><meta charset="utf-8"><title>CRM</title><link rel="icon" href="data:,">
      ${path === '/frame' ? '<link rel="stylesheet" href="/frame.css">' : ''}${pages[path]}${search ? '<iframe src="/sibling"></iframe>' : ''}`, {
      'content-security-policy': policies[path].includes('img-src') ? policies[path] : `${policies[path]}; img-src data:`});
  });
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  return server;
}

/** A frame beside the chat's, which offers it the token of somebody else just while the page looks for the right one. */
const SIBLING = `
  const token = await (await fetch('/sibling-turn')).json();
  for (let id = 1; id < 10; id++) parent.frames[0].postMessage({type: 'gymchat-token', id, token}, '*');
  await fetch('/sibling-posted');`;
const sibling = {
  mayPost: () => {},
  begin() {
    this.posted = false;
    this.turn = new Promise((resolve) => { this.mayPost = resolve; });
    this.hasPosted = new Promise((resolve) => { this.done = () => resolve(this.posted = true); });
  },
};

// --- a CRM in Django --------------------------------------------------------------------------------------------------

async function startDjango(port) {
  const folder = join(ROOT, 'contrib/django');
  execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-v', 'password=secret', '-d', stack.databaseUrl, '-f', join(folder, 'archive-role.sql')]);
  const running = background(PYTHON, ['manage.py', 'runserver', `127.0.0.1:${port}`, '--noreload'], {
    cwd: folder, env: cleanEnvironment({
      GYMCHAT_URL: stack.url, GYMCHAT_TOKEN_KEYS_FILE: join(stack.dir, 'etc/token_keys'), PYTHONDONTWRITEBYTECODE: '1',
      CRM_ARCHIVE_URL: stack.databaseUrl.replace(/\/\/[^@]*@/, '//crm:secret@'),
    }),
  });
  await until(async () => {
    assert.equal(running.child.exitCode, null, running.output);
    return fetch(djangoUrl).then((answer) => answer.ok, () => false);
  }, 'Django to answer', 90_000);
  return running;
}

async function open(path, url) {
  const person = await Person.start(browser, url);
  people.push(person);
  return person.open(path);
}

async function logIn(tab, id, name, role) {
  await tab.page.getByLabel('Número').fill(id);
  await tab.page.getByLabel('Nombre').fill(name);
  await tab.page.getByLabel(role).check();
  await tab.page.getByRole('button', {name: 'Entrar'}).click();
}

const stored = (text) => stack.psql(`SELECT g.key || '/' || r.key || '/' || m.sender_role || '/' || m.sender FROM messages m
  JOIN rooms r ON r.id = m.room_id JOIN gyms g ON g.id = m.gym_id WHERE m.body = '${text}'`);

// --- tests ------------------------------------------------------------------------------------------------------------

test('a token signed by the manual\'s Python and Node is taken', async () => {
  const python = `${block('python', 'import jwt')}\nprint(gymchat_token("demo", "client", "88", "Ñuño"))`;
  const node = `${block('js', 'gymchatToken')}\nconsole.log(gymchatToken('demo', 'client', '88', 'Ñuño'));`;
  const env = cleanEnvironment({CHAT_SIGNING_KEY: key});
  for (const [command, args] of [[PYTHON, ['-c', python]], [process.execPath, ['--input-type=module', '-e', node]]]) {
    const token = execFileSync(command, args, {env, encoding: 'utf8'}).trim();
    const me = await (await fetch(`${stack.url}/v1/me`, {headers: {authorization: `Bearer ${token}`}})).json();
    assert.deepEqual([me.gym.key, me.role, me.sub, me.name], ['demo', 'client', '88', 'Ñuño'], command);
  }
});

test('the element in a page of another origin', async () => {
  const tab = await open('/element', hostUrl);
  await tab.page.locator('gym-chat button').first().click();
  await tab.write('desde el elemento');
  await tab.sees('desde el elemento', ['stored', 'delivered']);
  assert.equal(stored('desde el elemento'), 'demo/88/client/88');
  await tab.page.screenshot({path: join(ARTEFACTS, 'embedding-element.png')});
});

test('the page in a frame asks the page around it who looks, and tells it what is unread', async () => {
  const tab = await open('/frame', hostUrl);
  const frame = tab.page.frameLocator('#chat');
  const composer = frame.locator('message-composer textarea');
  await composer.fill('desde el marco');
  await composer.press('Enter');
  await until(() => stored('desde el marco') === 'demo/88/client/88', 'the message to be stored');
  await frame.locator('li[data-state=stored], li[data-state=delivered]').getByText('desde el marco').waitFor();
  await tab.page.locator('#chat[data-unread="0"]').waitFor({state: 'attached'});
  await tab.page.screenshot({path: join(ARTEFACTS, 'embedding-frame.png')});
});

test('a page elsewhere may not frame it', async () => {
  const elsewhere = createServer((_, response) => response.writeHead(200, {'content-type': 'text/html'})
    .end(`<!doctype html><iframe src="${stack.url}/frame/chat"></iframe>`));
  await new Promise((done) => elsewhere.listen(0, '127.0.0.1', done));
  try {
    const page = await browser.newPage();
    const refused = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
    await page.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
    await refused;
    await page.close();
  } finally {
    elsewhere.closeAllConnections();
    elsewhere.close();
  }
});

test('another frame of the page cannot slip its token in', async () => {
  const tab = await open('/frame?with=sibling', hostUrl);
  const frame = tab.page.frameLocator('#chat');
  await frame.locator('message-composer textarea').fill('quién soy');
  await frame.locator('message-composer textarea').press('Enter');
  await until(() => stored('quién soy'), 'the message to be stored');
  assert.equal(stored('quién soy'), 'demo/88/client/88');
  assert.equal(sibling.posted, true, 'it tried, before the page had answered');
});

test('Django: a member writes in the portal, staff answers in the desk, and the ORM has both', async () => {
  const ana = await open('/', djangoUrl);
  await logIn(ana, '4711', 'Ana García', 'Soy socio');
  await ana.page.getByRole('heading', {name: 'Hola, Ana García'}).waitFor();
  await ana.page.locator('gym-chat button').first().click();
  await ana.write('¿Hay yoga mañana?');
  await ana.sees('¿Hay yoga mañana?', ['stored', 'delivered']);

  const marta = await open('/staff', djangoUrl);
  await logIn(marta, 'marta', 'Marta López', 'Trabajo aquí');
  await marta.openRoom('4711');
  await marta.sees('¿Hay yoga mañana?');
  await marta.write('Sí, a las 18:30.');
  await ana.sees('Sí, a las 18:30.');
  await marta.sees('Sí, a las 18:30.', 'read');
  await until(() => stack.psql("SELECT read_at IS NOT NULL FROM chat_chatmessage WHERE message = 'Sí, a las 18:30.'") === 't',
    'the receipt, which the desk hears live, to be stored');
  await marta.page.screenshot({path: join(ARTEFACTS, 'embedding-django-staff.png')});

  await marta.page.goto(`${djangoUrl}/staff/rooms`);
  await marta.page.getByRole('row', {name: /4711 2 /}).getByRole('link').click();
  const rows = marta.page.getByRole('row');
  await rows.filter({hasText: 'client 4711'}).getByText('¿Hay yoga mañana?').waitFor();
  const answer = await rows.filter({hasText: 'staff marta'}).innerText();
  assert.match(answer, /Sí, a las 18:30\.\s.*\d\d:\d\d\s.*\d\d:\d\d/, 'stored and read, each with its time');
  assert.equal((await fetch(`${djangoUrl}/chat/token`, {method: 'POST'})).status, 401, 'no token for whoever is not logged in');
});

test('the CRM\'s database role reads the two views and nothing else', () => {
  const asCrm = (sql) => execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', stack.databaseUrl.replace(/\/\/[^@]*@/, '//crm:secret@'), '-c', sql],
    {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']}).trim();
  assert.ok(Number(asCrm('SELECT count(*) FROM chat_chatmessage')) >= 4);
  for (const sql of ['SELECT count(*) FROM notes', 'SELECT count(*) FROM messages', 'SET transaction_read_only = off; DELETE FROM chat_chatmessage'])
    assert.throws(() => asCrm(sql), /permission denied/, sql);
});
