/* mqtt-feed.ts - the only file that knows MQTT.js. MQTT 3.1.1 over WebSocket, a clean session, no reconnect and no
 * timers of its own: live-feed.ts decides when to connect and whether the line is alive. Only its client and its WebSocket stream are taken, not the
 * ready-made browser bundle, which is 40 KiB larger (scripts/mqtt-parts.mjs).
 *   timerVariant   the default starts a worker from blob:, which a strict CSP refuses: no keepalive then
 *   keepalive      told to the broker so generously that timers throttled to one a minute (hidden tabs) still keep
 *                  the session; live-feed pings far more often */
import type {IClientOptions} from 'mqtt';
import MqttClient from 'mqtt/lib/client';
import {browserStreamBuilder} from 'mqtt/lib/connect/ws';
import type {Link, LinkDown, LinkEvents, LinkOptions} from './link.js';

const KEEPALIVE_SEC = 90;
const CONNECT_TIMEOUT_MS = 10000;
const END_TIMEOUT_MS = 1000;

export function openMqttLink(options: LinkOptions, events: LinkEvents): Link {
  return new MqttLink(options, events);
}

class MqttLink implements Link {
  private readonly client: MqttClient;
  private readonly why: LinkDown = {opened: false, accepted: false};
  private ended = false;

  constructor(options: LinkOptions, private readonly events: LinkEvents) {
    const settings = this.settings(options);
    this.client = new MqttClient((client) => browserStreamBuilder(client, settings), settings);
    this.client.on('connect', () => {
      this.why.accepted = true;
      events.up();
    });
    this.client.on('message', (topic, payload) => this.ended || events.message(topic, payload));
    this.client.on('packetreceive', () => this.ended || events.heard());
    this.client.on('error', (error: Error & {code?: unknown}) => {
      if (typeof error.code === 'number') this.why.refused = error.code;
      this.drop();
    });
    this.client.on('close', () => this.finish());
  }

  private settings(options: LinkOptions): IClientOptions {
    return {
      ...addressOf(options.url),
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: options.clientId,
      username: options.username,
      password: options.password,
      will: {topic: options.will.topic, payload: options.will.payload as unknown as Buffer, qos: 0, retain: false},
      keepalive: KEEPALIVE_SEC,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      timerVariant: 'native',
      createWebsocket: (url, protocols) => {
        const socket = new WebSocket(url, protocols);
        socket.addEventListener('open', () => (this.why.opened = true));
        return socket;
      },
    };
  }

  subscribe(filter: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.subscribe(filter, {qos: 1}, (error, granted) => {
        if (error) reject(error);
        else if (granted?.some((g) => g.qos > 2)) reject(new Error(`not allowed to read ${filter}`));
        else resolve();
      });
    });
  }

  publish(topic: string, payload: string, qos: 0 | 1): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.publish(topic, payload, {qos}, (error) => (error ? reject(error) : resolve()));
    });
  }

  ping(): void {
    if (this.client.connected) this.client.sendPing();
  }

  drop(): void {
    this.client.end(true);
    // not when the socket has closed: on a dead line that takes a minute
    setTimeout(() => this.finish(), 0);
  }

  end(): void {
    this.client.end(false);
    setTimeout(() => this.drop(), END_TIMEOUT_MS);
  }

  private finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.events.down(this.why);
  }
}

function addressOf(url: string): Pick<IClientOptions, 'protocol' | 'hostname' | 'port' | 'path'> {
  const {protocol, hostname, port, pathname, search} = new URL(url, location.href.replace(/^http/, 'ws'));
  const scheme = protocol === 'wss:' ? 'wss' : 'ws';
  return {protocol: scheme, hostname, port: Number(port) || (scheme === 'wss' ? 443 : 80), path: pathname + search};
}
