/* link.ts - one MQTT connection, as the live feed needs it: opened once, never reused. mqtt-feed.ts makes the real
 * ones; tests make their own. */

export interface LinkOptions {
  url: string;
  clientId: string;
  username: string;
  password: string;
  will: {topic: string; payload: string};
}

/** Why a link ended. */
export interface LinkDown {
  /** CONNACK's return code where it refused us: 4 and 5 mean the token */
  refused?: number;
  /** whether the WebSocket ever opened: if not, something on the way blocks it, or nobody listens */
  opened: boolean;
  /** whether a CONNACK accepted us */
  accepted: boolean;
}

export interface LinkEvents {
  /** CONNACK accepted */
  up(): void;
  message(topic: string, payload: Uint8Array): void;
  /** anything at all came from the broker */
  heard(): void;
  /** exactly once; nothing comes after it */
  down(why: LinkDown): void;
}

export interface Link {
  /** Resolves at the SUBACK; rejects where it was refused or the link ended. */
  subscribe(filter: string): Promise<void>;
  /** QoS 1 resolves at the PUBACK, QoS 0 at once; rejects where the link ended first. */
  publish(topic: string, payload: string, qos: 0 | 1): Promise<void>;
  ping(): void;
  /** Closes without a DISCONNECT, as for a dead line. `down` follows. */
  drop(): void;
  /** Says DISCONNECT (so that no will is sent) and closes. `down` follows. */
  end(): void;
}

export type OpenLink = (options: LinkOptions, events: LinkEvents) => Link;
