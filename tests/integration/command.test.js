// The gymchat command on real processes: start, addresses, recovery from every kind of death, clear sentences.
import assert from 'node:assert/strict';
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {until} from '../lib/broker.js';
import {freePort} from '../lib/ports.js';
import {background, cleanEnvironment, gymchat, PARTS, sharedFolder, startStack} from '../lib/stack.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IS_ROOT = process.getuid() === 0;
const BUILD = process.env.GYMCHAT_BUILD ?? join(ROOT, 'build/release');
const FEW = ['--no-install', '--build', BUILD, '--stop-with', String(process.pid)];

const isAlive = (pid) => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

const supervisorOf = (dir) => Number(readFileSync(join(dir, 'run/supervisor.pid'), 'utf8').split('\n')[0]);

describe('one instance', () => {
  let stack;
  before(async () => { stack = await startStack(); });
  after(async () => { await stack.stop(); });
  const verb = (name, ...args) => gymchat([name, '--dir', stack.dir, ...args]);

  test('status lists the parts, the pages and the memory', async () => {
    const {code, stdout} = await verb('status');
    assert.equal(code, 0);
    for (const part of ['supervisor', ...PARTS])
      assert.match(stdout, new RegExp(`^ +${part} +\\d+  ready$`, 'm'));
    for (const page of ['client', 'staff', 'kiosk'])
      assert.match(stdout, new RegExp(`${page} +${stack.url}/demo/${page}$`, 'm'));
    assert.match(stdout, /DEMO IS ON/);
    const [, total] = stdout.match(/memory +archiver .* = ([\d.]+) MiB resident/);
    assert.ok(Number(total) > 1 && Number(total) <= 60, `${total} MiB`);
  });

  test('env is safe to eval and to split, and its pids and addresses are real', async () => {
    const {stdout} = await verb('env');
    assert.match(stdout, /^(\w+=[^\s"'&]+\n)+$/);
    const keys = stdout.trim().split('\n').map((line) => line.split('=')[0]);
    assert.deepEqual(keys, ['GYMCHAT_URL', 'GYMCHAT_MQTT_HOST', 'GYMCHAT_MQTT_PORT', 'GYMCHAT_DATABASE_URL',
      'POSTGRES_PID', 'MOSQUITTO_PID', 'ARCHIVER_PID', 'API_PID']);
    const script = `eval "$(${ROOT}/gymchat env --dir ${stack.dir})"
      readlink /proc/$ARCHIVER_PID/exe /proc/$API_PID/exe; psql -XAtq "$GYMCHAT_DATABASE_URL" -c 'SELECT current_user'
      env $(${ROOT}/gymchat env --dir ${stack.dir}) printenv GYMCHAT_MQTT_PORT`;
    assert.deepEqual(execFileSync('bash', ['-c', script], {encoding: 'utf8'}).trim().split('\n').map((line) => line.split('/').at(-1)),
      ['gymchat-archiver', 'gymchat-api', 'gymchat', String(stack.mqttPort)]);
  });

  test('the address answers', async () => {
    assert.equal((await fetch(`${stack.url}/readyz`)).status, 200);
    assert.equal((await fetch(`${stack.url}/demo/client`)).status, 200);
  });

  test('a token is good for broker and API', async () => {
    const token = stack.token({role: 'staff', sub: 'marta', name: 'Marta Ñ'});
    const me = await (await fetch(`${stack.url}/v1/me`, {headers: {authorization: `Bearer ${token}`}})).json();
    assert.deepEqual([me.gym.key, me.role, me.sub, me.name], ['demo', 'staff', 'marta', 'Marta Ñ']);
    const publish = (password) => spawnSync('mosquitto_pub', ['-p', String(stack.mqttPort), '-q', '1', '-i', 'demo.staff.marta.t',
      '-u', 'demo.staff.marta', '-P', password, '-t', 'gym/demo/presence/staff/marta', '-m', '{"online":true,"conn":"t"}']).status;
    assert.equal(publish(token), 0);
    assert.notEqual(publish(`${token}x`), 0);
  });

  test('a token without its claims is refused with the reason', async () => {
    const {code, stderr} = await verb('token', '--gym', 'demo', '--role', 'owner', '--sub', 'x');
    assert.notEqual(code, 0);
    assert.match(stderr, /role/);
  });

  test('the programs reach the database with least rights', () => {
    assert.equal(stack.psql(`SELECT string_agg(rolname || ' ' || (rolsuper OR rolcreaterole OR rolcreatedb), ',' ORDER BY rolname)
      FROM pg_roles WHERE rolcanlogin AND rolname <> 'gymchat'`), 'gymchat_api_login false,gymchat_archiver_login false');
    assert.equal(stack.psql(`SELECT bool_and(rolpassword LIKE 'SCRAM-SHA-256$%') FROM pg_authid WHERE rolcanlogin`), 't');
  });

  test('nothing listens but on loopback', async () => {
    const listening = ['tcp', 'tcp6'].flatMap((kind) => readFileSync(`/proc/net/${kind}`, 'utf8').split('\n'))
      .map((line) => line.trim().split(/\s+/)).filter((words) => words[3] === '0A').map((words) => words[1].split(':'));
    const own = [stack.port, stack.mqttPort].map((port) => port.toString(16).toUpperCase().padStart(4, '0'));
    const addresses = listening.filter(([, port]) => own.includes(port)).map(([address]) => address);
    assert.deepEqual(new Set(addresses), new Set(['0100007F']));
    assert.equal(addresses.length, 2);
  });

  test('nobody else may look into the folder, and no command line shows a password', () => {
    assert.equal(statSync(stack.dir).mode & 0o007, 0);
    for (const name of ['token_keys', 'system_key', 'owner.password', 'archiver.url'])
      assert.equal(statSync(join(stack.dir, 'etc', name)).mode & 0o077, 0, name);
    const secret = readFileSync(join(stack.dir, 'etc/archiver.password'), 'utf8').trim();
    for (const pid of [supervisorOf(stack.dir), ...Object.values(stack.pids())])
      assert.ok(!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(secret));
  });

  test('as root every part runs as the user gymchat', {skip: !IS_ROOT && 'not root'}, () => {
    const uid = Number(execFileSync('id', ['-u', 'gymchat'], {encoding: 'utf8'}));
    for (const pid of [supervisorOf(stack.dir), ...Object.values(stack.pids())])
      assert.equal(statSync(`/proc/${pid}`).uid, uid);
  });

  test('a second up says that it runs, and a wish for another port is refused', async () => {
    const again = await verb('up', '--detach', ...FEW);
    assert.equal(again.code, 0);
    assert.match(again.stdout, /already running/);
    assert.match(again.stdout, new RegExp(`${stack.url}/demo/staff`));
    const other = await verb('up', '--detach', ...FEW, '--port', String(await freePort()));
    assert.equal(other.code, 1);
    assert.match(other.stderr, new RegExp(`already running .* on port ${stack.port}`));
  });

  test('a port in use is one sentence', async () => {
    const {code, stderr} = await gymchat(['up', '--dir', join(stack.folder, 'other'), '--port', String(stack.port), '--detach', ...FEW]);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^gymchat: port ${stack.port} is in use .*\n$`));
  });

  test('logs shows the words of one part', async () => {
    const {stdout} = await verb('logs', 'mosquitto');
    assert.match(stdout, /mosquitto version/);
    assert.equal((await verb('logs', 'nonsense')).code, 1);
  });

  test('migrate finds the schema as up made it', async () => {
    const {code, stdout} = await verb('migrate', 'status');
    assert.equal(code, 0);
    assert.match(stdout, /^applied 0001_core$/m);
  });

  for (const part of PARTS)
    test(`kill -9 of ${part} is followed by a new one`, async () => {
      const others = stack.pids();
      const pid = await stack.crash(part);
      assert.ok(isAlive(pid));
      delete others[part];
      const now = stack.pids();
      for (const other of Object.keys(others))
        assert.equal(now[other], others[other], `${other} was left alone`);
      await until(() => PARTS.every((each) => stack.isReady(each)), 'all ready again', 60_000);
    });

  test('kill -9 of PostgreSQL while a query runs is not held up by its old backends', async () => {
    const busy = background('psql', ['-XAtq', '-d', stack.databaseUrl, '-c', 'SELECT count(*) FROM generate_series(1, 200000000)']);
    await until(() => stack.psql(`SELECT 1 FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 2%' AND pid <> pg_backend_pid()`),
      'the query');
    const pid = await stack.crash('postgres');
    assert.ok(isAlive(pid));
    await busy.ended;
  });

  test('a power cut: everything gone at once, files left as they were, and up recovers', async () => {
    const kept = stack.psql(`INSERT INTO gyms (key, name) VALUES ('kept', 'Kept') RETURNING key`);
    const pids = [supervisorOf(stack.dir), ...Object.values(stack.pids())];
    const backends = stack.psql('SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()').split('\n').map(Number);
    for (const pid of [...pids, ...backends]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        assert.equal(error.code, 'ESRCH');
      }
    }
    await until(() => ![...pids, ...backends].some(isAlive), 'the end of all');
    // After the power is back, other processes have the old numbers: this one, for instance.
    const postmaster = join(stack.dir, 'pg/postmaster.pid');
    writeFileSync(postmaster, readFileSync(postmaster, 'utf8').replace(/^\d+/, String(process.ppid)));
    const pidFile = join(stack.dir, 'run/api.pid');
    writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(process.pid)));
    assert.equal((await verb('status')).code, 3);
    const up = await verb('up', '--detach', '--port', String(stack.port), ...FEW);
    assert.equal(up.code, 0, up.stderr);
    assert.equal(stack.psql(`SELECT key FROM gyms WHERE key = '${kept}'`), 'kept');
    assert.equal((await fetch(`${stack.url}/readyz`)).status, 200);
  });

  test('a killed supervisor leaves the parts alone, status says so, and up clears up', async () => {
    const supervisor = supervisorOf(stack.dir);
    const pids = stack.pids();
    process.kill(supervisor, 'SIGKILL');
    await until(() => !isAlive(supervisor), 'the end of the supervisor');
    assert.ok(Object.values(pids).every(isAlive));
    const status = await verb('status');
    assert.equal(status.code, 1);
    assert.match(status.stderr, /the supervisor is gone/);
    const up = await verb('up', '--detach', '--port', String(stack.port), ...FEW);
    assert.equal(up.code, 0, up.stderr);
    assert.ok(!Object.values(pids).some(isAlive));
  });

  test('an unknown setting stops the start with the program\'s own words', async () => {
    await verb('down');
    const {code, stderr} = await gymchat(['up', '--dir', stack.dir, '--port', String(stack.port), '--detach', ...FEW],
      {env: {GYMCHAT_LIMIT_MESAGES: '5'}});
    assert.equal(code, 1);
    assert.match(stderr, /unknown setting GYMCHAT_LIMIT_MESAGES, perhaps GYMCHAT_LIMIT_MESSAGES is meant/);
    assert.equal((await verb('status')).code, 3);
  });

  test('a newer schema is refused, an older one is brought up', async () => {
    const up = () => verb('up', '--detach', '--port', String(stack.port), ...FEW);
    assert.equal((await up()).code, 0);
    stack.psql(`INSERT INTO schema_migrations (version) VALUES ('9999')`);
    await verb('down');
    const newer = await up();
    assert.equal(newer.code, 1);
    assert.match(newer.stderr, /the database has version 9999, newer than/);
    assert.equal((await gymchat(['up', '--dir', stack.dir, '--detach', '--parts', 'postgres', ...FEW])).code, 1);
  });
});

test('two instances side by side; down stops one and leaves the other', async () => {
  const parts = ['postgres', 'mosquitto'];
  const [one, two] = await Promise.all([startStack({parts}), startStack({parts})]);
  try {
    assert.notEqual(one.mqttPort, two.mqttPort);
    const pids = Object.values(one.pids()).filter(Boolean);
    const down = await gymchat(['down', '--dir', one.dir]);
    assert.equal(down.code, 0);
    assert.ok(!pids.some(isAlive));
    assert.ok(two.isReady('postgres') && two.isReady('mosquitto'));
    assert.match((await gymchat(['down', '--dir', one.dir])).stdout, /not running/);
  } finally {
    await one.stop();
    await two.stop();
  }
});

test('in the foreground: addresses, then Ctrl-C stops all in order', async () => {
  const folder = sharedFolder();
  const dir = join(folder, 'var');
  const up = background(join(ROOT, 'gymchat'), ['up', '--dir', dir, '--port', String(await freePort()), ...FEW]);
  try {
    await until(() => {
      assert.equal(up.child.exitCode, null, up.output);
      return /Ctrl-C stops it[^]*\/demo\/kiosk/.test(up.output);
    }, 'the addresses', 120_000);
    const supervisor = supervisorOf(dir);
    up.child.kill('SIGINT');
    assert.deepEqual(await up.ended, {code: 0, signal: null});
    assert.match(up.output, /stopped\n$/);
    assert.ok(!isAlive(supervisor));
    assert.ok(!existsSync(join(dir, 'run/postgres.pid')));
  } finally {
    await gymchat(['down', '--dir', dir]);
    rmSync(folder, {recursive: true, force: true});
  }
});

test('--stop-with: the instance goes when that process does', async () => {
  const folder = sharedFolder();
  const dir = join(folder, 'var');
  const owner = background('sleep', ['600']);
  try {
    const up = await gymchat(['up', '--dir', dir, '--port', String(await freePort()), '--detach', '--no-install', '--build', BUILD,
      '--parts', 'postgres', '--stop-with', String(owner.child.pid)]);
    assert.equal(up.code, 0, up.stderr);
    const supervisor = supervisorOf(dir);
    owner.child.kill('SIGKILL');
    await until(() => !isAlive(supervisor), 'the end of the instance');
    assert.equal((await gymchat(['status', '--dir', dir])).code, 3);
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});

test('an instance whose folder is removed ends', async () => {
  const stack = await startStack({parts: ['postgres', 'mosquitto']});
  const pids = [supervisorOf(stack.dir), ...Object.values(stack.pids()).filter(Boolean)];
  rmSync(stack.dir, {recursive: true, maxRetries: 10}); // those that still run may make a file in it meanwhile
  await until(() => !pids.some(isAlive), 'the end of all its processes');
  await stack.stop();
});

test('what env printed for one instance does not move the next one onto its ports', async () => {
  const stack = await startStack({parts: ['mosquitto'], env: {GYMCHAT_URL: 'http://127.0.0.1:1', GYMCHAT_MQTT_PORT: '1', GYMCHAT_DATABASE_URL: 'x'}});
  try {
    assert.notEqual(stack.mqttPort, 1);
  } finally {
    await stack.stop();
  }
});

test('a path too long and too odd for sockets works all the same', async () => {
  const folder = sharedFolder();
  const dir = join(folder, `con espacio & ñ ${'x'.repeat(80)}`);
  try {
    const up = await gymchat(['up', '--dir', dir, '--port', String(await freePort()), '--detach', '--parts', 'postgres,mosquitto', ...FEW]);
    assert.equal(up.code, 0, up.stderr);
    const {stdout} = await gymchat(['env', '--dir', dir]);
    const url = stdout.match(/^GYMCHAT_DATABASE_URL=([^\s"'&]+)$/m)[1];
    assert.equal(execFileSync('psql', ['-XAtq', '-d', url, '-c', 'SELECT 1'], {encoding: 'utf8'}), '1\n');
  } finally {
    await gymchat(['down', '--dir', dir]);
    rmSync(folder, {recursive: true, force: true});
  }
});

describe('one clear sentence', () => {
  let folder;
  before(() => { folder = sharedFolder(); });
  after(() => rmSync(folder, {recursive: true, force: true}));
  const says = async (args, pattern, options) => {
    const {code, stderr} = await gymchat(args, options);
    assert.equal(code, 1, stderr);
    assert.match(stderr, pattern);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  };

  test('for a verb, a word or a number that it does not know', async () => {
    await says(['nonsense'], /no verb 'nonsense'/);
    await says(['up', '--nonsense'], /does not know '--nonsense'/);
    await says(['up', '--port', 'http', '--dir', join(folder, 'a')], /'http' is no port/);
    await says(['up', '--dir'], /--dir needs a folder/);
    await says(['test', 'nonsense'], /no 'nonsense' tests/);
    await says(['bench', 'nonsense'], /no bench 'nonsense'/);
  });

  test('for a folder without an instance', async () => {
    for (const verb of ['down', 'status', 'logs', 'env', 'token', 'migrate'])
      await says([verb, '--dir', join(folder, 'none')], /there is no instance in .*none: \.\/gymchat up makes one/);
  });

  test('for a folder that holds something else', async () => {
    const dir = join(folder, 'full');
    mkdirSync(dir);
    writeFileSync(join(dir, 'thesis.txt'), 'mine');
    await says(['up', '--dir', dir, '--port', String(await freePort()), ...FEW], /holds something else|belongs to user/);
  });

  test('for a port that only root may take', async () => {
    await says(['up', '--dir', join(folder, 'low'), '--port', '1', ...FEW], /port 1 is for root only/);
  });

  test('for a port that a stranger has', async () => {
    const server = createServer();
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const {port} = server.address();
    await says(['up', '--dir', join(folder, 'taken'), '--port', String(port), ...FEW], new RegExp(`port ${port} is in use`));
    await says(['up', '--dir', join(folder, 'taken'), '--port', String(await freePort()), '--mqtt-port', String(port), ...FEW],
      new RegExp(`port ${port} is in use`));
    server.close();
  });

  test('for a missing tool, when nothing may be installed', async () => {
    // A PATH without mosquitto; /usr/sbin, where it lives, is what the command itself adds.
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const script = readFileSync(join(ROOT, 'gymchat'), 'utf8').replace(/^PATH=.*$/m, '').replace(/^ROOT=.*$/m, `ROOT=${ROOT}`);
    writeFileSync(join(folder, 'gymchat'), script, {mode: 0o755});
    for (const tool of execFileSync('bash', ['-c', 'ls /usr/bin /bin | sort -u'], {encoding: 'utf8'}).split('\n'))
      if (/^(bash|sh|sed|awk|mawk|cat|ls|id|stat|dirname|readlink|realpath|cksum|cut|head|tail|psql|sort|env|grep|flock|paste|apt-get)$/.test(tool))
        spawnSync('ln', ['-sf', `/usr/bin/${tool}`, join(bin, tool)]);
    await says(['up', '--dir', join(folder, 'tools'), ...FEW], /missing here: mosquitto; install with: apt-get install mosquitto$/m,
      {command: join(folder, 'gymchat'), env: {PATH: bin}});
  });

  test('for a disk that is full', {skip: !IS_ROOT && 'mounting needs root'}, async (t) => {
    const small = join(folder, 'small');
    mkdirSync(small);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'none', small]).status !== 0)
      return t.skip('no mounts here');
    try {
      await says(['up', '--dir', small, '--port', String(await freePort()), ...FEW], /the disk that holds .*small is full: \d+ MiB free, 150 are needed/);
    } finally {
      spawnSync('umount', [small]);
    }
  });
});

describe('root and its user', {skip: !IS_ROOT && 'not root'}, () => {
  let folder;
  before(() => { folder = sharedFolder(); });
  after(() => rmSync(folder, {recursive: true, force: true}));

  test('a folder that the user gymchat cannot enter falls back to /var/lib, and every verb finds it', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, {mode: 0o700});
    const dir = join(closed, 'var');
    const up = await gymchat(['up', '--dir', dir, '--port', String(await freePort()), '--detach', '--parts', 'postgres,mosquitto', ...FEW]);
    assert.equal(up.code, 0, up.stderr);
    const lives = up.stdout.match(/this instance lives in (\/var\/lib\/gymchat\/\S+)/)[1];
    try {
      assert.ok(!existsSync(dir));
      assert.equal((await gymchat(['status', '--dir', dir])).code, 0);
      assert.match((await gymchat(['env', '--dir', dir])).stdout, new RegExp(`host=${lives}/run$`, 'm'));
      assert.match((await gymchat(['up', '--dir', dir, '--detach', ...FEW])).stdout, /already running/);
      assert.match((await gymchat(['down', '--dir', dir])).stdout, /has stopped/);
      assert.equal((await gymchat(['status', '--dir', dir])).code, 3);
    } finally {
      await gymchat(['down', '--dir', dir]);
      rmSync(lives, {recursive: true, force: true});
    }
  });

  test('root runs nothing of its user, and ends nothing that its user names', async () => {
    const dir = join(folder, 'owned');
    const up = await gymchat(['up', '--dir', dir, '--port', String(await freePort()), '--detach', '--parts', 'postgres,mosquitto', ...FEW]);
    assert.equal(up.code, 0, up.stderr);
    const victim = spawn('sleep', ['1000']);
    const file = join(dir, 'run/supervisor.pid'), honest = readFileSync(file, 'utf8');
    try {
      writeFileSync(join(dir, 'program/bin/gymchat-token'), '#!/bin/sh\nid -un\n');
      assert.equal((await gymchat(['token', '--dir', dir, '--gym', 'g'])).stdout, 'gymchat\n');
      const started = readFileSync(`/proc/${victim.pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
      writeFileSync(file, `${victim.pid}\n${started}@${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')}`);
      const {code, stderr} = await gymchat(['down', '--dir', dir]);
      assert.equal(code, 1);
      assert.match(stderr, /may not stop the instance/);
      assert.equal(victim.exitCode ?? victim.signalCode, null);
    } finally {
      writeFileSync(file, honest);
      victim.kill('SIGKILL');
      assert.match((await gymchat(['down', '--dir', dir])).stdout, /has stopped/);
    }
  });

  test('a folder of another user is refused', async () => {
    const dir = join(folder, 'theirs');
    mkdirSync(dir);
    writeFileSync(join(dir, 'x'), '');
    spawnSync('chown', ['nobody', dir]);
    const {code, stderr} = await gymchat(['up', '--dir', dir, '--port', String(await freePort()), ...FEW]);
    assert.equal(code, 1);
    assert.match(stderr, /theirs belongs to user nobody/);
  });
});

describe('a plain user with a checkout of their own', {skip: !IS_ROOT && 'needs useradd'}, () => {
  const name = `gctest${process.pid}`;
  let home;
  let checkout;
  const as = (script) => spawnSync('su', ['-s', '/bin/bash', name, '-c', `cd ${checkout} && ${script}`], {encoding: 'utf8', env: cleanEnvironment()});

  before(() => {
    home = sharedFolder('gymchat-home-');
    checkout = join(home, 'gymchat');
    execFileSync('useradd', ['--no-create-home', '--home-dir', home, name]);
    mkdirSync(checkout);
    execFileSync('bash', ['-c', `tar -C '${ROOT}' -cf - gymchat command schema broker-conf/mosquitto.conf.in $([ ! -d '${ROOT}/web/dist' ] || echo web/dist) |
      tar -C '${checkout}' -xf - && mkdir ${checkout}/programs && cp -r '${BUILD}/bin' '${checkout}/programs/' && chown -R ${name} '${home}'`]);
    chmodSync(home, 0o700);
  });
  after(() => {
    as('./gymchat down');
    execFileSync('userdel', ['--force', name]); // a pid 1 that reaps late may still hold processes of it
    rmSync(home, {recursive: true, force: true});
  });

  test('up, status, token, down, all without root', async () => {
    const port = await freePort();
    const up = as(`./gymchat up --detach --no-install --build programs --port ${port} --stop-with ${process.pid}`);
    assert.equal(up.status, 0, up.stderr);
    assert.match(up.stdout, new RegExp(`http://127.0.0.1:${port}/demo/client`));
    assert.equal(as('./gymchat status').status, 0);
    assert.match(as('./gymchat token --gym demo --role client --sub ana').stdout, /^ey[\w-]+\.[\w-]+\.[\w-]+\n$/);
    assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
    const uid = Number(execFileSync('id', ['-u', name], {encoding: 'utf8'}));
    assert.equal(statSync(join(checkout, 'var')).uid, uid);
    assert.equal(as('./gymchat down').status, 0);
  });

  test('the folder of root\'s instance is refused with a sentence', async () => {
    const stack = await startStack({parts: ['mosquitto']});
    try {
      for (const verb of ['status', 'down', 'env', `up --no-install --build programs --port ${await freePort()}`]) {
        const {status, stderr} = as(`./gymchat ${verb} --dir ${stack.dir}`);
        assert.equal(status, 1);
        assert.match(stderr, /belongs to user gymchat/);
      }
    } finally {
      await stack.stop();
    }
  });

  test('a folder that cannot be made is one sentence', () => {
    const {status, stderr} = as('./gymchat up --no-install --build programs --dir /usr/lib/gymchat-test');
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`cannot be made: ${name} may not write to /usr/lib`));
  });
});
