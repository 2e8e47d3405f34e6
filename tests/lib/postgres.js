// postgres.js - a private PostgreSQL for one test file: own temp folder, Unix socket only, trust, fsync off.
// The first start on a machine makes a template (initdb and the schema); later ones copy it.
import {spawn, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = binFolder();
const IS_ROOT = process.getuid() === 0;

/** Highest version among the schema's files, what schema_migrations must hold. */
export const SCHEMA_VERSION = schemaFiles().at(-1).slice(0, 4);

function binFolder() {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).filter((v) => existsSync(join(base, v, 'bin/postgres'))) : [];
  if (versions.length === 0)
    throw new Error(`no PostgreSQL server under ${base} (Debian: postgresql)`);
  return join(base, versions.sort((a, b) => b - a)[0], 'bin');
}

function schemaFiles() {
  return readdirSync(join(ROOT, 'schema')).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort();
}

/** PostgreSQL refuses to run as root; the server dies with this process. */
function asServerUser(file, args) {
  const user = IS_ROOT ? ['--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];
  return ['setpriv', [...user, '--pdeathsig', 'QUIT', file, ...args]];
}

function run(file, args, options = {}) {
  const done = spawnSync(file, args, {encoding: 'utf8', ...options});
  if (done.error || done.status !== 0)
    throw new Error(`${file} ${args.join(' ')}: ${done.error ?? done.stderr}`);
  return done.stdout;
}

function nobody() {
  return {uid: Number(run('id', ['-u', 'nobody'])), gid: Number(run('id', ['-g', 'nobody']))};
}

/** A folder that the server's user owns and may reach. */
function serverFolder(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  if (IS_ROOT) {
    const {uid, gid} = nobody();
    chownSync(folder, uid, gid);
  }
  chmodSync(folder, 0o755);
  return folder;
}

function templateName() {
  const hash = createHash('sha256').update(BIN).update(readFileSync(new URL(import.meta.url)));
  for (const name of [...schemaFiles(), 'migrate'])
    hash.update(readFileSync(join(ROOT, 'schema', name)));
  return join(tmpdir(), `gymchat-test-pg-${process.getuid()}-${hash.digest('hex').slice(0, 16)}`);
}

async function template() {
  const ready = templateName();
  if (existsSync(ready))
    return ready;
  const folder = serverFolder('gymchat-test-pg-new-');
  const data = join(folder, 'data');
  run(...asServerUser(join(BIN, 'initdb'),
    ['-D', data, '-U', 'gymchat', '-E', 'UTF8', '--locale=C.UTF-8', '--auth=trust', '--no-sync']));
  const server = new Postgres(folder, {});
  await server.start();
  server.psql('CREATE DATABASE gymchat', 'postgres');
  run(join(ROOT, 'schema/migrate'), ['up', '--database', server.url('gymchat')]);
  for (const program of ['archiver', 'api'])
    server.psql(`CREATE ROLE gymchat_${program}_login LOGIN; GRANT gymchat_${program} TO gymchat_${program}_login`);
  await server.stop();
  try {
    renameSync(folder, ready);
  } catch (error) {
    if (!existsSync(ready))
      throw error;
    rmSync(folder, {recursive: true}); // another test file was faster
  }
  return ready;
}

const running = new Set();
process.on('exit', () => running.forEach((server) => server.child?.kill('SIGQUIT')));

export class Postgres {
  constructor(folder, settings) {
    this.folder = folder;
    this.data = join(folder, 'data');
    this.sockets = join(folder, 'run');
    this.settings = {fsync: 'off', max_connections: 50, ...settings};
    this.child = null;
    running.add(this);
  }

  /** libpq address; user gymchat owns everything, gymchat_archiver_login and gymchat_api_login are the programs'. */
  url(user = 'gymchat', database = 'gymchat') {
    return `postgresql://${user}@/${database}?host=${this.sockets}`;
  }

  get pid() { return this.child.pid; }

  async start() {
    mkdirSync(this.sockets, {recursive: true});
    if (IS_ROOT) {
      const {uid, gid} = nobody();
      chownSync(this.sockets, uid, gid);
    }
    const settings = Object.entries(this.settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const [file, args] = asServerUser(join(BIN, 'postgres'),
      ['-D', this.data, '-c', `unix_socket_directories=${this.sockets}`, '-c', 'listen_addresses=', ...settings]);
    this.child = spawn(file, args, {stdio: ['ignore', 'ignore', 'pipe']});
    this.gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.log = '';
    await new Promise((resolve, reject) => {
      this.child.stderr.on('data', (chunk) => {
        this.log = (this.log + chunk).slice(-100_000);
        if (this.log.includes('database system is ready to accept connections'))
          resolve();
      });
      this.gone.then(() => reject(new Error(`PostgreSQL did not start:\n${this.log}`)));
    });
    return this;
  }

  /** 'fast' ends sessions, 'immediate' is a crash that needs recovery. */
  async stop(mode = 'fast') {
    if (this.child === null)
      return;
    this.child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await this.gone;
    this.child = null;
  }

  /** Runs SQL as the owner; returns unaligned rows without header. */
  psql(sql, database = 'gymchat') {
    return run(join(BIN, 'psql'), ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', this.url('gymchat', database)], {input: sql}).trimEnd();
  }

  async remove() {
    await this.stop('immediate');
    running.delete(this);
    rmSync(this.folder, {recursive: true, force: true});
  }
}

/** A running server with the database gymchat and its schema. Call remove() in after(). */
export async function startPostgres({settings = {}} = {}) {
  const from = await template();
  const folder = serverFolder('gymchat-test-pg-');
  run('cp', ['-a', join(from, 'data'), folder]);
  return new Postgres(folder, settings).start();
}
