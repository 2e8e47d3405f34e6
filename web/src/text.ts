/* text.ts - every word that people read, Spanish first. {name} is filled in; a key with .one and .other is a plural,
 * asked for without the ending. A test keeps the two languages complete and apart. */
import type {inboxWords} from './text-inbox.js';
import type {kioskWords} from './text-kiosk.js';
import type {launcherWords} from './text-launcher.js';

const es = {
  'app.chat': 'Chat',
  'app.loading': 'Cargando…',
  'app.denied': 'Inicia sesión de nuevo para ver tus mensajes.',
  'app.unreachable': 'No pudimos conectar. Probamos otra vez enseguida.',
  'app.retry': 'Reintentar',
  'app.close': 'Cerrar',
  'app.back': 'Volver',
  'app.you': 'Tú',

  'role.client': 'Cliente',
  'role.staff': 'Recepción',
  'role.kiosk': 'Entrada',
  'role.service': 'Sistema',

  'state.queued': 'En espera',
  'state.stored': 'Enviado',
  'state.delivered': 'Entregado',
  'state.read': 'Leído',
  'state.readAt': 'Leído {time}',
  'state.rejected': 'No se envió',
  'state.limited': 'Vas muy rápido. Se enviará en unos segundos.',

  'reject.conflict': 'Este mensaje choca con otro que ya se guardó.',
  'reject.invalid': 'Este mensaje no se puede enviar tal como está.',
  'reject.too_large': 'Este mensaje es demasiado largo.',
  'reject.forbidden': 'No tienes permiso para escribir aquí.',
  'reject.other': 'El servidor no aceptó este mensaje.',
  'reject.edit': 'Editar',
  'reject.discard': 'Descartar',

  'strip.connecting': 'Conectando…',
  'strip.reconnecting': 'Reconectando',
  'strip.reconnectingIn': 'Reconectando en {seconds} s',
  'strip.retry': 'Reintentar ahora',
  'strip.offline': 'Sin conexión. Tus mensajes se enviarán al volver.',
  'strip.expired': 'Tu sesión ha terminado. Inicia sesión de nuevo.',
  'strip.behind': 'Tus mensajes llegan; el historial puede tardar.',
  'strip.offlineStay': 'Sin conexión. No cierres esta página: tus mensajes se enviarán al volver.',
  'strip.memory': 'Este navegador no guarda datos: no cierres la página con mensajes en espera.',
  'strip.full': 'Este dispositivo no tiene espacio: no cierres la página con mensajes en espera.',
  'strip.noted': 'Entendido',

  'list.label': 'Mensajes',
  'list.older': 'Ver mensajes anteriores',
  'list.failed': 'No pudimos cargar el historial.',
  'list.empty': 'Todavía no hay mensajes.',
  'list.unread.one': '{n} mensaje nuevo',
  'list.unread.other': '{n} mensajes nuevos',
  'list.jump': 'Ir al último mensaje',
  'list.jumpNew.one': '{n} nuevo',
  'list.jumpNew.other': '{n} nuevos',
  'list.today': 'Hoy',
  'list.yesterday': 'Ayer',
  'list.checkin': 'Entrada registrada a las {time}',
  'list.reply': 'En respuesta a {author}',
  'list.replyOld': 'Ver el mensaje anterior',
  'list.replyGone': 'Ese mensaje ya no está.',
  'list.actions': 'Qué hacer con este mensaje',
  'list.doReply': 'Responder',
  'list.doCopy': 'Copiar',
  'list.doLink': 'Abrir enlace',
  'list.copied': 'Copiado',
  'list.typing': '{name} está escribiendo…',
  'list.typingMany': 'Varias personas están escribiendo…',

  'composer.label': 'Escribe tu mensaje',
  'composer.placeholder': 'Escribe tu mensaje…',
  'composer.send': 'Enviar',
  'composer.noReply': 'Quitar la respuesta',
  'composer.tooLong': 'El mensaje es demasiado largo.',
  'composer.left.one': 'Queda {n} carácter',
  'composer.left.other': 'Quedan {n} caracteres',
  'composer.over.one': 'Sobra {n} carácter',
  'composer.over.other': 'Sobran {n} caracteres',

  'client.title': 'Soporte {gym}',
  'client.online': 'En línea',
  'client.average': 'Respuesta promedio: {duration}',
  'client.openUntil': 'Abierto hasta {time}',
  'client.openLate': 'Abierto hasta medianoche',
  'client.openNow': 'Abierto ahora',
  'client.opensAt': 'Respondemos {day} desde {time}',
  'client.greeting': '¡Hola! ¿En qué te ayudamos?',
  'client.greetingHint': 'Escríbenos y te respondemos por aquí.',
  'client.chips': 'Sugerencias',
  'client.chip1': 'Horarios',
  'client.chip2': 'Mi membresía',
  'client.chip3': 'Reservar clase',
  'client.chip1Text': '¿Cuáles son los horarios?',
  'client.chip2Text': 'Tengo una pregunta sobre mi membresía.',
  'client.chip3Text': 'Quiero reservar una clase.',

  'announce.said': '{author}: {text}',
  'announce.burst.one': '{n} mensaje nuevo',
  'announce.burst.other': '{n} mensajes nuevos',

  'time.minutes.one': '{n} min',
  'time.minutes.other': '{n} min',
  'time.hours.one': '{n} h',
  'time.hours.other': '{n} h',
  'time.days.one': '{n} día',
  'time.days.other': '{n} días',
  'time.lessThanMinute': 'menos de 1 min',
  'time.todayWord': 'hoy',
  'time.tomorrowWord': 'mañana',
  'time.onDay': 'el {day}',
  'time.atOne': 'la {time}',
  'time.atHour': 'las {time}',
} as const;

/** Those of one element stand in a file of their own and come with it. */
type OwnWords = typeof inboxWords | typeof kioskWords | typeof launcherWords;
export type TextKey = keyof typeof es | (OwnWords extends infer W ? (W extends {es: infer E} ? keyof E : never) : never);
export type Locale = 'es' | 'en';

const en: Record<keyof typeof es, string> = {
  'app.chat': 'Chat',
  'app.loading': 'Loading…',
  'app.denied': 'Sign in again to see your messages.',
  'app.unreachable': 'We could not connect. Trying again in a moment.',
  'app.retry': 'Try again',
  'app.close': 'Close',
  'app.back': 'Back',
  'app.you': 'You',

  'role.client': 'Client',
  'role.staff': 'Front desk',
  'role.kiosk': 'Entrance',
  'role.service': 'System',

  'state.queued': 'Waiting',
  'state.stored': 'Sent',
  'state.delivered': 'Delivered',
  'state.read': 'Read',
  'state.readAt': 'Read {time}',
  'state.rejected': 'Not sent',
  'state.limited': 'You are going fast. It will be sent in a few seconds.',

  'reject.conflict': 'This message clashes with one that is already stored.',
  'reject.invalid': 'This message cannot be sent as it is.',
  'reject.too_large': 'This message is too long.',
  'reject.forbidden': 'You are not allowed to write here.',
  'reject.other': 'The server did not accept this message.',
  'reject.edit': 'Edit',
  'reject.discard': 'Discard',

  'strip.connecting': 'Connecting…',
  'strip.reconnecting': 'Reconnecting',
  'strip.reconnectingIn': 'Reconnecting in {seconds} s',
  'strip.retry': 'Try now',
  'strip.offline': 'No connection. Your messages will be sent when it is back.',
  'strip.expired': 'Your session has ended. Sign in again.',
  'strip.behind': 'Your messages get through; the history may take a while.',
  'strip.offlineStay': 'No connection. Do not close this page: your messages will be sent when it is back.',
  'strip.memory': 'This browser keeps no data: do not close the page while messages are waiting.',
  'strip.full': 'This device is full: do not close the page while messages are waiting.',
  'strip.noted': 'Got it',

  'list.label': 'Messages',
  'list.older': 'Show earlier messages',
  'list.failed': 'We could not load the history.',
  'list.empty': 'No messages yet.',
  'list.unread.one': '{n} new message',
  'list.unread.other': '{n} new messages',
  'list.jump': 'Go to the latest message',
  'list.jumpNew.one': '{n} new',
  'list.jumpNew.other': '{n} new',
  'list.today': 'Today',
  'list.yesterday': 'Yesterday',
  'list.checkin': 'Checked in at {time}',
  'list.reply': 'In reply to {author}',
  'list.replyOld': 'Show the earlier message',
  'list.replyGone': 'That message is no longer there.',
  'list.actions': 'What to do with this message',
  'list.doReply': 'Reply',
  'list.doCopy': 'Copy',
  'list.doLink': 'Open link',
  'list.copied': 'Copied',
  'list.typing': '{name} is typing…',
  'list.typingMany': 'Several people are typing…',

  'composer.label': 'Write your message',
  'composer.placeholder': 'Write your message…',
  'composer.send': 'Send',
  'composer.noReply': 'Do not reply to this message',
  'composer.tooLong': 'The message is too long.',
  'composer.left.one': '{n} character left',
  'composer.left.other': '{n} characters left',
  'composer.over.one': '{n} character too many',
  'composer.over.other': '{n} characters too many',

  'client.title': '{gym} support',
  'client.online': 'Online',
  'client.average': 'Average answer: {duration}',
  'client.openUntil': 'Open until {time}',
  'client.openLate': 'Open until midnight',
  'client.openNow': 'Open now',
  'client.opensAt': 'We answer {day} from {time}',
  'client.greeting': 'Hello! How can we help?',
  'client.greetingHint': 'Write to us and we will answer here.',
  'client.chips': 'Suggestions',
  'client.chip1': 'Opening hours',
  'client.chip2': 'My membership',
  'client.chip3': 'Book a class',
  'client.chip1Text': 'What are your opening hours?',
  'client.chip2Text': 'I have a question about my membership.',
  'client.chip3Text': 'I want to book a class.',

  'announce.said': '{author}: {text}',
  'announce.burst.one': '{n} new message',
  'announce.burst.other': '{n} new messages',

  'time.minutes.one': '{n} min',
  'time.minutes.other': '{n} min',
  'time.hours.one': '{n} h',
  'time.hours.other': '{n} h',
  'time.days.one': '{n} day',
  'time.days.other': '{n} days',
  'time.lessThanMinute': 'less than 1 min',
  'time.todayWord': 'today',
  'time.tomorrowWord': 'tomorrow',
  'time.onDay': 'on {day}',
  'time.atOne': '{time}',
  'time.atHour': '{time}',
};

export const texts = {es: {...es}, en} as Record<Locale, Record<TextKey, string>>;

/** Words that one element alone needs come with it, so that no other page carries them. */
export function addWords(words: Record<Locale, Partial<Record<TextKey, string>>>): void {
  for (const locale of ['es', 'en'] as const) Object.assign(texts[locale], words[locale]);
}

type PluralKey = TextKey extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never;

export interface Say {
  (key: TextKey, params?: Record<string, string | number>): string;
  /** the right form for n; {n} is filled in */
  count(key: PluralKey, n: number): string;
  readonly locale: Locale;
}

const made = new Map<Locale, Say>();

/** The words of one language. */
export function textOf(locale: Locale): Say {
  const known = made.get(locale);
  if (known) return known;
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale);
  const fill = (template: string, params: Record<string, string | number>): string =>
    template.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
  const speak = (key: TextKey, params: Record<string, string | number> = {}): string => fill(texts[locale][key], params);
  const count: Say['count'] = (key, n) => {
    const form = `${key}.${plural.select(n) === 'one' ? 'one' : 'other'}` as TextKey;
    return fill(texts[locale][form], {n: number.format(n)});
  };
  const say: Say = Object.assign(speak, {count, locale});
  made.set(locale, say);
  return say;
}

/** The language of a page: what it asks for, else the gym's, else the browser's where we have it, else Spanish. */
export function localeOf(...wishes: (string | null | undefined)[]): Locale {
  for (const wish of wishes) {
    const language = wish?.slice(0, 2).toLowerCase();
    if (language === 'es' || language === 'en') return language;
  }
  return 'es';
}
