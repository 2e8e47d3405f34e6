/* text-launcher.ts - the words of the closed chat: apart from text.ts, because the launcher is at most 3 KiB and stands
 * alone. */

export const launcherWords = {
  es: {
    'client.open': 'Abrir chat',
    'client.openUnread.one': 'Abrir chat, {n} mensaje sin leer',
    'client.openUnread.other': 'Abrir chat, {n} mensajes sin leer',
  },
  en: {
    'client.open': 'Open chat',
    'client.openUnread.one': 'Open chat, {n} unread message',
    'client.openUnread.other': 'Open chat, {n} unread messages',
  },
} as const;
