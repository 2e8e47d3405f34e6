// api-world.js - PostgreSQL, broker, archiver and API together, and what a test asks of them.
import {randomUUID} from 'node:crypto';
import {Api} from './api.js';
import {Archiver} from './archiver.js';
import {Broker, until} from './broker.js';
import {caller} from './openapi.js';
import {startPostgres} from './postgres.js';

export class ApiWorld {
  /** settings: of the API; hasArchiver: false leaves it out. */
  static async start({settings = {}, hasArchiver = true} = {}) {
    const world = new ApiWorld();
    try {
      world.postgres = await startPostgres();
      world.broker = await Broker.start({settings: {LIMITS: 'off'}});
      if (hasArchiver)
        world.archiver = await new Archiver(world).start().ready();
      world.api = await world.moreApi(settings);
      world.call = caller(world.api.url);
      await world.databaseIsUp(world.api);
      return world;
    } catch (error) {
      await world.stop().catch(() => {});
      throw error;
    }
  }

  /** Another API process on the same broker and database. */
  moreApi(settings = {}) {
    return Api.start(this.broker, {
      API_DATABASE_URL: this.postgres.url('gymchat_api_login'), LIMITS: 'off', LOG_LEVEL: 'debug', ...settings,
    });
  }

  async databaseIsUp(api) {
    let state;
    await until(async () => {
      state = await (await fetch(`${api.url}/readyz`)).json();
      return state.database === 'ok' && state.broker === 'ok' && (!this.archiver || state.archiver === 'ok');
    }, 'the API to get ready').catch((error) => { throw new Error(`${error.message}, it says ${JSON.stringify(state)}:\n${api.output}`); });
  }

  token(role, sub, more = {}) {
    const {ttl, ...claims} = more;
    return this.broker.token({gym: 'g', role, sub, ...claims}, {ttl});
  }

  async stop() {
    await this.api?.stop();
    if (this.archiver && this.archiver.code === undefined)
      await this.archiver.stop();
    await this.broker?.stop();
    await this.postgres?.remove();
  }
}

export function envelope(text, more = {}) {
  return {id: randomUUID(), text, sent_at: new Date().toISOString(), ...more};
}
