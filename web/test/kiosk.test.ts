import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {contrast, parseColor} from '../src/elements/shared/accent.js';
import type {FeedEvent, FeedStatus, RoomFeed} from '../src/feed/room-feed.js';
import {HelpDesk} from '../src/kiosk/help-desk.js';
import type {HelpNews} from '../src/kiosk/help-desk.js';
import {GAP_MS, KeyStream} from '../src/kiosk/key-stream.js';
import {HELP_MS, HELP_SLOW_MS, IDLE_MS, KioskState, QUIET_MS, RESULT_MS, SENDING_MS, TYPED_MAX} from '../src/kiosk/kiosk-state.js';
import type {Verdict} from '../src/kiosk/kiosk-state.js';
import {memberOf, patternOf} from '../src/kiosk/member.js';
import {tuneOf} from '../src/kiosk/sounds.js';
import {LOOK_EVERY_MS, Updates} from '../src/kiosk/updates.js';
import type {Outbox, OutboxEvent} from '../src/outbox/outbox.js';
import type {Envelope, LiveMessage, MessagePage} from '../src/wire.js';
import {FakeClock, notice, page, settle, stored, uuid} from './helpers.js';

// --- whose entry it is -------------------------------------------------------------------------------------------------

test('a number or a code is a member\'s key as a whole, or nobody\'s', () => {
  assert.equal(memberOf(' 1042 '), '1042');
  assert.equal(memberOf('M-10_42'), 'M-10_42');
  for (const text of ['', '   ', 'https://gym.example/m/1042', '10 42', 'kiosk-entrada', 'ñ1042', '#1042', 'x'.repeat(65)]) {
    assert.equal(memberOf(text), undefined, text);
  }
});

test('a pattern finds the key in a code that holds more', () => {
  const address = patternOf('^https://gym\\.example/m/(\\d+)$')!;
  assert.equal(memberOf('https://gym.example/m/1042\r', address), '1042');
  assert.equal(memberOf('1042', address), undefined, 'another code');
  assert.equal(memberOf('id=1042', patternOf('\\d+')), '1042', 'no group: the match');
  assert.equal(memberOf('https://gym.example/m/kiosk-door', patternOf('([^/]+)$')), undefined);
  assert.equal(patternOf('('), undefined);
  assert.equal(patternOf(''), undefined);
});

// --- a hand or a scanner -----------------------------------------------------------------------------------------------

/** Types text, gap milliseconds apart, from `at`; returns the time of the last key and what was given as typed. */
function keys(stream: KeyStream, text: string, at: number, gap: number): {at: number; typed: string} {
  let typed = '';
  let now = at - gap;
  for (const char of text) {
    now += gap;
    typed += stream.add(char, now);
  }
  return {at: now, typed};
}

test('a burst that ends with Enter is a scan, and nothing of it is ever shown', () => {
  for (const gap of [1, 8, 40]) {
    const stream = new KeyStream();
    const {at, typed} = keys(stream, 'https://gym.example/m/1042', 1000, gap);
    assert.equal(typed, '');
    assert.ok(stream.isBurst(at + gap));
    assert.deepEqual(stream.end(at + gap), {kind: 'scan', text: 'https://gym.example/m/1042'});
    assert.equal(stream.settlesAt, Infinity);
  }
});

test('what a hand types is given key by key', () => {
  const stream = new KeyStream();
  const {at, typed} = keys(stream, '1042', 1000, 180);
  assert.equal(typed, '104');
  assert.equal(stream.settle(at + 50), '', 'may still be a burst');
  assert.equal(stream.settle(at + GAP_MS + 1), '2');
  assert.deepEqual(stream.end(at + 400), {kind: 'typed', text: ''});
});

test('two quick fingers are no scanner, and Enter long after a burst ends no scan', () => {
  const stream = new KeyStream();
  stream.add('1', 1000);
  stream.add('0', 1090);
  stream.add('4', 1180);
  stream.add('2', 1270);
  assert.deepEqual(stream.end(1300), {kind: 'typed', text: '1042'});
  keys(stream, '1042', 2000, 5);
  assert.deepEqual(stream.end(2500), {kind: 'typed', text: '1042'});
  keys(stream, '42', 3000, 5);
  assert.deepEqual(stream.end(3015), {kind: 'typed', text: '42'}, 'short ones mean the same either way');
});

test('a busy page hears of keys late: the code is whole nevertheless', () => {
  const stream = new KeyStream();
  keys(stream, 'M-', 1000, 8);
  assert.equal(stream.settle(1300), 'M-', 'it seemed to be a hand');
  assert.equal(stream.settlesAt, Infinity);
  const {at, typed} = keys(stream, '1042', 1016, 8);
  assert.equal(typed, '');
  assert.deepEqual(stream.end(at + 8), {kind: 'scan', text: 'M-1042'});
  stream.add('1', 2000);
  assert.equal(stream.settle(2200), '1');
  stream.add('0', 2300);
  assert.deepEqual(stream.end(2900), {kind: 'typed', text: '0'}, 'not given twice');
});

test('a scan after a half typed number stands alone; clearing forgets', () => {
  const stream = new KeyStream();
  stream.add('7', 0);
  assert.equal(keys(stream, '1042', 1000, 5).typed, '7');
  assert.deepEqual(stream.end(1025), {kind: 'scan', text: '1042'});
  keys(stream, '1042', 2000, 5);
  stream.clear();
  assert.ok(!JSON.stringify(stream).includes('1042'));
});

test('Backspace gives what is held back, so that it erases the last key and not the one before', () => {
  const stream = new KeyStream();
  keys(stream, '69x', 1000, 20);
  assert.equal(stream.cut(), '69x');
  assert.equal(stream.settlesAt, Infinity);
  assert.equal(stream.settle(2000), '', 'not given twice');
  keys(stream, '1042', 1050, 5);
  assert.deepEqual(stream.end(1070), {kind: 'scan', text: '1042'}, 'what follows is a burst of its own');
});

// --- the screen --------------------------------------------------------------------------------------------------------

const typed = (kiosk: KioskState, text: string, now: number): void => [...text].forEach((char) => kiosk.type(char, now));

test('digits, result, reset; nothing of the member stays', () => {
  const kiosk = new KioskState();
  typed(kiosk, '1042', 0);
  kiosk.erase(100);
  assert.equal(kiosk.enter(200), '104');
  assert.equal(kiosk.typed, '');
  kiosk.sending('id-1', 200);
  kiosk.stored('id-2', 'Eva', 300);
  assert.equal(kiosk.screen.name, 'sending', 'another member\'s notice');
  kiosk.stored('id-1', 'Ana', 400);
  assert.deepEqual(kiosk.screen, {name: 'result', verdict: 'welcome', firstName: 'Ana', at: 200, since: 400});
  assert.equal(kiosk.tick(400 + RESULT_MS - 1, true), 'same');
  assert.equal(kiosk.tick(400 + RESULT_MS, true), 'changed');
  assert.deepEqual(kiosk.screen, {name: 'idle'});
  assert.ok(!JSON.stringify(kiosk).match(/Ana|104/));
});

test('a result that is drawn late stays as long as any other', () => {
  const kiosk = new KioskState();
  kiosk.show('welcome', 1000, 'Ana');
  kiosk.drawn(3000);
  kiosk.drawn(4000); // drawn again
  assert.equal(kiosk.tick(3000 + RESULT_MS - 1, true), 'same');
  assert.equal(kiosk.tick(3000 + RESULT_MS, true), 'changed');
});

test('no name known: registered; no word in time: taken, and why it is not confirmed', () => {
  const verdictOf = (act: (kiosk: KioskState) => void): Verdict | undefined => {
    const kiosk = new KioskState();
    assert.equal(kiosk.scan('1042', 0), '1042');
    kiosk.sending('id', 0);
    act(kiosk);
    return kiosk.screen.name === 'result' ? kiosk.screen.verdict : undefined;
  };
  assert.equal(verdictOf((k) => k.stored('id', undefined, 10)), 'done');
  assert.equal(verdictOf((k) => k.rejected('id', 10)), 'denied');
  assert.equal(verdictOf((k) => k.tick(SENDING_MS - 1, true)), undefined);
  assert.equal(verdictOf((k) => k.tick(SENDING_MS, true)), 'kept');
  assert.equal(verdictOf((k) => k.tick(SENDING_MS, false)), 'offline');
  assert.equal(verdictOf((k) => (k.tick(SENDING_MS, true), k.stored('id', 'Ana', SENDING_MS + 500))), 'welcome', 'late, but while it is shown');
  assert.equal(verdictOf((k) => (k.tick(SENDING_MS, true), k.rejected('id', SENDING_MS + 500))), 'denied');
  assert.equal(verdictOf((k) => (k.stored('id', undefined, 10), k.stored('id', 'Ana', 20))), 'done', 'told twice');
});

test('a code that is held to the reader is one entry; the next person need not wait', () => {
  const kiosk = new KioskState();
  assert.equal(kiosk.scan('1042', 0), '1042');
  kiosk.sending('a', 0);
  assert.equal(kiosk.scan('1042', 500), undefined);
  kiosk.stored('a', 'Ana', 600);
  assert.equal(kiosk.scan('1042', 4000), undefined);
  assert.equal(kiosk.tick(600 + RESULT_MS, true), 'same', 'shown for as long as it is held');
  assert.equal(kiosk.scan('1077', 5000), '1077');
  kiosk.sending('b', 5000);
  kiosk.stored('a', 'Ana', 5100);
  assert.equal(kiosk.screen.name, 'sending', 'the former one\'s notice comes late');
  kiosk.stored('b', undefined, 5200);
  kiosk.tick(5200 + RESULT_MS, true);
  assert.equal(kiosk.scan('1042', 20000), '1042', 'later it is another entry');
  kiosk.show('denied', 20100);
  assert.equal(kiosk.scan('1042', 20200), '1042', 'after a no it may be tried at once');
});

test('what is no member\'s key is said, and a key on the result starts the next number', () => {
  const kiosk = new KioskState();
  assert.equal(kiosk.scan('https://evil.example/', 0), undefined);
  assert.deepEqual(kiosk.screen, {name: 'result', verdict: 'unreadable', at: 0, since: 0});
  typed(kiosk, '1', 10);
  assert.deepEqual([kiosk.screen.name, kiosk.typed], ['idle', '1']);
  typed(kiosk, '/?ñ', 20);
  assert.equal(kiosk.typed, '1', 'what no key has is not taken from a hand');
  typed(kiosk, '2'.repeat(100), 30);
  assert.equal(kiosk.typed.length, TYPED_MAX);
  assert.equal(new KioskState().enter(0), undefined, 'OK alone is nothing');
});

test('idle: the last ten seconds ask, a touch gives more, then all is as for the next person', () => {
  const kiosk = new KioskState();
  assert.equal(kiosk.asking(1e9), undefined, 'nothing to lose');
  kiosk.type('7', 1000);
  assert.equal(kiosk.asking(10999), undefined);
  assert.equal(kiosk.asking(11000), 10);
  assert.equal(kiosk.asking(20500), 1);
  kiosk.touch(20500);
  assert.equal(kiosk.asking(21000), undefined);
  assert.equal(kiosk.tick(20500 + IDLE_MS - 1, true), 'same');
  assert.equal(kiosk.tick(20500 + IDLE_MS, true), 'gone');
  kiosk.reset();
  assert.equal(kiosk.typed, '');
  kiosk.options = {locale: 'en', large: true};
  kiosk.touch(50000);
  assert.equal(kiosk.tick(50000 + IDLE_MS, true), 'gone', 'the next person reads Spanish again');
  kiosk.reset();
  assert.deepEqual(kiosk.options, {});
});

test('help: told, answered, waits longer than a number does; a scan in between shows its result and comes back', () => {
  const kiosk = new KioskState();
  kiosk.type('1', 0);
  kiosk.askForHelp(true, 0);
  assert.equal(kiosk.typed, '');
  assert.equal(kiosk.help!.phase, 'sending');
  assert.equal(kiosk.tick(HELP_SLOW_MS, true), 'changed');
  assert.equal(kiosk.help!.phase, 'slow');
  kiosk.helpPhase('told');
  for (const text of ['uno', 'dos', 'tres', 'cuatro']) kiosk.answer(text, 30000);
  assert.deepEqual(kiosk.help!.answers, ['dos', 'tres', 'cuatro']);
  assert.equal(kiosk.scan('1042', 31000), '1042');
  kiosk.show('done', 31000);
  kiosk.tick(31000 + RESULT_MS, true);
  assert.equal(kiosk.screen.name, 'help');
  const last = 31000 + RESULT_MS;
  assert.equal(kiosk.tick(last + IDLE_MS, true), 'same');
  assert.equal(kiosk.asking(last + HELP_MS - 5000), 5);
  assert.equal(kiosk.tick(last + HELP_MS, true), 'gone');
  kiosk.reset();
  kiosk.answer('cinco', last + HELP_MS);
  assert.deepEqual(kiosk.screen, {name: 'idle'}, 'nobody is there to read it');
});

test('help without a connection says so, and gives way like anything else', () => {
  const kiosk = new KioskState();
  kiosk.askForHelp(false, 0);
  assert.equal(kiosk.help!.phase, 'offline');
  assert.equal(kiosk.tick(IDLE_MS, false), 'gone');
});

test('the page may load itself again only when nobody has been here for a minute', () => {
  const kiosk = new KioskState();
  kiosk.touch(1000);
  assert.ok(!kiosk.isQuiet(1000 + QUIET_MS - 1));
  assert.ok(kiosk.isQuiet(1000 + QUIET_MS));
  kiosk.type('1', 1000);
  assert.ok(!kiosk.isQuiet(1000 + QUIET_MS));
  kiosk.reset();
  kiosk.askForHelp(true, 1000);
  assert.ok(!kiosk.isQuiet(1000 + QUIET_MS));
});

// --- help, between the screen and the room -----------------------------------------------------------------------------

/** A room feed and an outbox that tests hold. */
class Desk {
  readonly clock = new FakeClock();
  readonly news: HelpNews[] = [];
  readonly written: Envelope[] = [];
  readonly discarded: string[] = [];
  page: MessagePage = page([]);
  asked: object[] = [];
  status: FeedStatus = {phase: 'live', since: 0, failures: 0, via: 'mqtt'};
  cursor: () => number | undefined = () => undefined;
  watching = true;
  readonly help: HelpDesk;
  private tellFeed: (event: FeedEvent) => void = () => {};
  private tellOutbox: (event: OutboxEvent) => void = () => {};

  constructor() {
    const desk = this;
    const feed = {
      get status() {
        return desk.status;
      },
      on: (listener: (event: FeedEvent) => void) => {
        desk.tellFeed = listener;
        return () => {};
      },
      watch: (_room: string, cursor: () => number | undefined) => {
        desk.cursor = cursor;
        return () => (desk.watching = false);
      },
    } as unknown as RoomFeed;
    const outbox = {
      on: (listener: (event: OutboxEvent) => void) => {
        desk.tellOutbox = listener;
        return () => {};
      },
      add: async (room: string, envelope: Envelope) => {
        assert.equal(room, 'kiosk-entrada');
        desk.written.push(envelope);
      },
      discard: (id: string) => void desk.discarded.push(id),
    } as unknown as Outbox;
    const api = {messages: async (_gym: string, _room: string, query: object) => (desk.asked.push(query), desk.page)};
    this.help = new HelpDesk({api, feed, outbox, clock: this.clock, gym: 'demo', room: 'kiosk-entrada'});
    this.help.onNews = (news) => this.news.push(news);
  }

  feed(event: FeedEvent): void {
    this.tellFeed(event);
  }
  stored(seq: number): void {
    this.feed({type: 'to', notice: {stored: [{id: this.written[0]!.id, room: 'kiosk-entrada', seq}], rejected: []}});
  }
  storedAside(seq: number): void {
    this.tellOutbox({type: 'stored', entry: {id: this.written[0]!.id} as never, seq});
  }
  says(n: number, text: string, role: LiveMessage['role'] = 'staff', room = 'kiosk-entrada'): void {
    this.feed({type: 'message', room, message: {id: uuid(n), role, sender: 'marta', kind: 'text', text, sent_at: '2026-11-22T09:00:00Z'}});
  }
}

test('help: what the desk writes while somebody waits is an answer, once', async () => {
  const desk = new Desk();
  desk.says(1, 'a nadie');
  await desk.help.ask('Alguien pide ayuda en la entrada.');
  assert.deepEqual([desk.written[0]!.kind, desk.written[0]!.text], ['help', 'Alguien pide ayuda en la entrada.']);
  desk.stored(7);
  desk.stored(7);
  desk.says(2, 'Ahora voy');
  desk.says(2, 'Ahora voy');
  desk.says(3, 'eco', 'kiosk');
  desk.says(4, 'otra sala', 'staff', 'ana');
  assert.deepEqual(desk.news, [{type: 'told'}, {type: 'answer', text: 'Ahora voy'}]);
  await desk.help.leave('Ya no hace falta.');
  assert.equal(desk.written.length, 1, 'answered: the desk knows');
  desk.says(5, 'tarde');
  assert.equal(desk.news.length, 2);
});

test('help: after a gap the answers since the question are asked for, not the history', async () => {
  const desk = new Desk();
  desk.feed({type: 'resumed'});
  await desk.help.ask('ayuda');
  desk.feed({type: 'resumed'});
  await settle();
  assert.deepEqual(desk.asked, [], 'nothing to miss yet');
  desk.stored(7);
  desk.says(8, 'uno');
  desk.page = page([stored(8, {role: 'staff', text: 'uno'}), stored(9, {role: 'staff', text: 'dos'}), stored(10, {role: 'kiosk', text: 'x'})]);
  desk.feed({type: 'resumed'});
  await settle();
  assert.deepEqual(desk.asked, [{after: 7, limit: 50}]);
  assert.deepEqual(desk.news.slice(1), [{type: 'answer', text: 'uno'}, {type: 'answer', text: 'dos'}]);
});

test('help over the long poll: follows from the end of the room, and learns from its answers', async () => {
  const desk = new Desk();
  desk.status = {...desk.status, via: 'poll'};
  desk.page = page([stored(41, {role: 'staff', text: 'viejo'})]);
  assert.equal(desk.cursor(), undefined);
  assert.equal(desk.cursor(), undefined);
  await settle();
  assert.deepEqual(desk.asked, [{limit: 1}], 'once');
  assert.equal(desk.cursor(), 41);
  await desk.help.ask('ayuda');
  desk.storedAside(42);
  desk.feed({type: 'page', room: 'kiosk-entrada', page: page([stored(42, {id: desk.written[0]!.id, role: 'kiosk'}), stored(43, {role: 'staff', text: 'voy'})])});
  assert.deepEqual(desk.news, [{type: 'told'}, {type: 'answer', text: 'voy'}]);
  assert.equal(desk.cursor(), 43);
  desk.help.stop();
  assert.ok(!desk.watching);
});

test('help that nobody waits for any more: the desk is told, unless it could not be asked', async () => {
  const desk = new Desk();
  await desk.help.leave('no se pidió');
  assert.equal(desk.written.length, 0);
  await desk.help.ask('ayuda');
  await desk.help.leave('Ya no hay nadie.');
  assert.deepEqual(desk.discarded, [desk.written[0]!.id], 'never sent later');
  assert.deepEqual(desk.written.map((e) => [e.kind, e.text]), [['help', 'ayuda'], ['text', 'Ya no hay nadie.']]);
  await desk.help.ask('otra vez');
  desk.status = {...desk.status, phase: 'waiting'};
  await desk.help.leave('Ya no hay nadie.');
  assert.equal(desk.written.length, 3);
});

// --- the page itself ---------------------------------------------------------------------------------------------------

test('a newer page is loaded when nobody is here, and never for want of an answer', async () => {
  const clock = new FakeClock();
  let release: string | undefined = 'a';
  let quiet = false;
  let loads = 0;
  const updates = new Updates({
    clock,
    read: async () => release ?? Promise.reject(new Error('offline')),
    isQuiet: () => quiet,
    reload: () => loads++,
  });
  updates.start();
  await clock.pass(3 * LOOK_EVERY_MS);
  release = undefined;
  await clock.pass(3 * LOOK_EVERY_MS);
  quiet = true;
  await clock.pass(3 * LOOK_EVERY_MS);
  assert.equal(loads, 0);
  quiet = false;
  release = 'b';
  await clock.pass(2 * LOOK_EVERY_MS);
  assert.equal(loads, 0, 'somebody is here');
  quiet = true;
  await clock.pass(5000);
  assert.equal(loads, 1);
});

test('a reload that the page asked for waits as well; a stopped one does nothing', async () => {
  const clock = new FakeClock();
  let quiet = false;
  let loads = 0;
  const updates = new Updates({clock, read: async () => 'a', isQuiet: () => quiet, reload: () => loads++});
  updates.want();
  updates.start();
  await clock.pass(60000);
  assert.equal(loads, 0);
  quiet = true;
  await clock.pass(5000);
  assert.equal(loads, 1);
  updates.stop();
  await clock.pass(10 * LOOK_EVERY_MS);
  assert.equal(loads, 1);
});

test('every outcome has its tune: a good one rises, any other does not', () => {
  const rises = (what: Parameters<typeof tuneOf>[0]): boolean => {
    const pitches = tuneOf(what).map(([hz]) => hz);
    return pitches[pitches.length - 1]! > pitches[0]!;
  };
  for (const good of ['welcome', 'done', 'kept', 'offline', 'answer'] as const) assert.ok(rises(good), good);
  for (const other of ['denied', 'full', 'unreadable', 'closed'] as const) assert.ok(!rises(other), other);
});

test('text of the kiosk has 7:1 on every ground of both themes', () => {
  const hexes = (css: string): Record<string, string> =>
    Object.fromEntries([...css.matchAll(/--gc-([\w-]+): (#\w{6})/g)].map((m) => [m[1]!, m[2]!]));
  const blocks = (file: string): string[] => readFileSync(file, 'utf8').split(/:host(?:\(:not\(\[theme='light'\]\)\)|\(\[theme='dark'\]\))? \{/);
  const shared = blocks('src/elements/shared/tokens.ts');
  const own = blocks('src/elements/gym-kiosk/gym-kiosk.styles.ts');
  for (const theme of [{...hexes(shared[1]!), ...hexes(own[1]!)}, {...hexes(shared[3]!), ...hexes(own[2]!)}]) {
    assert.ok(theme.muted && theme.bg && theme.text);
    for (const ground of ['bg', 'surface', 'sunken', 'bubble']) {
      for (const ink of ['text', 'muted']) {
        const ratio = contrast(parseColor(theme[ink]!)!, parseColor(theme[ground]!)!);
        assert.ok(ratio >= 7, `${ink} on ${ground}: ${theme[ink]} ${theme[ground]} ${ratio.toFixed(2)}`);
      }
    }
  }
});

test('a notice of another identity\'s is nobody\'s here', async () => {
  const desk = new Desk();
  await desk.help.ask('ayuda');
  desk.feed({type: 'log', room: 'kiosk-entrada', notice: notice({last_seq: 3})});
  assert.deepEqual(desk.news, []);
});
