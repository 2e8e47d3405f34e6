// checker.js - holds what senders saw against what the archive has. Pure: no broker, no database.
//
// A message is
//   lost         a stored notice named it, or the broker acknowledged it to a plain sender and no fault touched the
//                broker, and there is no such row
//   phantom      a row nobody sent, or with another body, sender or room than was sent
//   duplicate    two rows of one room and id
//   reordered    two of one sender and room that needed no resend, stored the wrong way round
//   gap          a room's seq is not 1, 2, 3 …, or last_seq is not its count
//   misnumbered  a notice told another seq than the row has
//   unreceipted  stored or refused, and its sender was never told although it kept to the outbox rule
//   disagreed    the API tells it otherwise than the table, or not at all
//   unanswered   poison or a conflict without dead letter
//   recovered    stored, notice only after a resend: allowed, counted
// All but the last must be 0.

export const MUST_BE_ZERO = ['lost', 'phantom', 'duplicate', 'reordered', 'gap', 'misnumbered', 'disagreed', 'unreceipted', 'unanswered'];

/**
 * @param {object} seen
 *   sent: Map id -> {n, sender index, role, sub, room, text, plain, order, tries, acked, storedSeq, rejected, what}
 *   brokerMayLose: whether a fault touched the broker
 * @param {object[]} rows  {room, seq, id, role, sender, body}
 * @param {object[]} rooms {room, last_seq}
 * @param {Set<string>} dead payloads of dead letters, base64
 * @param {object[]} told rows as the API tells them
 * @returns {{counts: object, findings: string[]}}
 */
export function check({sent, brokerMayLose, extra = []}, rows, rooms, dead, told = rows) {
  const report = new Report();
  const byKey = indexRows(rows, report);
  for (const message of sent.values())
    checkMessage(message, byKey.get(`${message.room} ${message.id}`), brokerMayLose, report);
  for (const row of rows)
    checkRow(row, sent.get(row.id), report);
  for (const one of extra)
    checkExtra(one, dead, brokerMayLose, report);
  checkSeq(rows, rooms, report);
  checkOrder(sent, byKey, report);
  checkTold(rows, told, report);
  return {counts: report.counts, findings: report.findings};
}

class Report {
  counts = Object.fromEntries([...MUST_BE_ZERO, 'recovered', 'stored'].map((k) => [k, 0]));
  findings = [];

  add(kind, text) {
    this.counts[kind]++;
    if (this.findings.length < 50)
      this.findings.push(`${kind}: ${text}`);
  }
}

function indexRows(rows, report) {
  const byKey = new Map();
  for (const row of rows) {
    const key = `${row.room} ${row.id}`;
    if (byKey.has(key))
      report.add('duplicate', `${row.id} in ${row.room} at seq ${byKey.get(key).seq} and ${row.seq}`);
    else
      byKey.set(key, row);
  }
  return byKey;
}

function checkMessage(message, row, brokerMayLose, report) {
  const name = `${message.id} (n ${message.n}, ${message.role} ${message.sub}, room ${message.room}, ${message.tries} tries)`;
  if (row === undefined) {
    if (message.storedSeq !== undefined)
      report.add('lost', `${name} was told stored as seq ${message.storedSeq}`);
    else if (message.plain && message.acked && !brokerMayLose)
      report.add('lost', `${name} was acknowledged by a broker that nothing happened to`);
    else if (!message.plain)
      report.add('unreceipted', `${name} is neither stored nor told`);
    return;
  }
  report.counts.stored++;
  if (message.storedSeq === undefined) {
    if (!message.plain)	// a plain sender does not ask again, and notices are QoS 0
      report.add('unreceipted', `${name} is seq ${row.seq}, its sender was never told`);
  } else if (message.storedSeq !== row.seq) {
    report.add('misnumbered', `${name} is seq ${row.seq}, told ${message.storedSeq}`);
  } else if (message.tries > 1) {
    report.counts.recovered++;
  }
}

function checkRow(row, message, report) {
  if (message === undefined || message.tries === 0)
    report.add('phantom', `${row.id} in ${row.room} seq ${row.seq}: nobody sent it`);
  else if (message.room !== row.room || message.text !== row.body || message.role !== row.role || message.sub !== row.sender)
    report.add('phantom', `${row.id} in ${row.room} seq ${row.seq} is not what was sent`);
}

/** Poison, conflicts and repeats: {n, id, payload (base64), mustDie: belongs in dead letters, told, what, tries, acked, plain} */
function checkExtra(one, dead, brokerMayLose, report) {
  const mustBeThere = one.tries > 0 && (!one.plain || (one.acked && !brokerMayLose));
  if (!mustBeThere)
    return;
  if (one.mustDie && !dead.has(one.payload))
    report.add('unanswered', `${one.what} ${one.id} (n ${one.n}) has no dead letter`);
  if (!one.told && !one.plain)
    report.add('unreceipted', `${one.what} ${one.id} (n ${one.n}): its sender was never told`);
}

function checkSeq(rows, rooms, report) {
  const perRoom = new Map(rooms.map((r) => [r.room, {last: r.last_seq, seqs: []}]));
  for (const row of rows)
    perRoom.get(row.room)?.seqs.push(row.seq);
  for (const [room, {last, seqs}] of perRoom) {
    seqs.sort((a, b) => a - b);
    const hole = seqs.findIndex((seq, i) => seq !== i + 1);
    if (hole !== -1)
      report.add('gap', `room ${room}: position ${hole + 1} holds seq ${seqs[hole]}`);
    if (last !== seqs.length)
      report.add('gap', `room ${room}: last_seq ${last}, ${seqs.length} rows`);
  }
}

function checkOrder(sent, byKey, report) {
  const newest = new Map();
  const inOrder = [...sent.values()].filter((m) => m.tries === 1).sort((a, b) => a.order - b.order);
  for (const message of inOrder) {
    const row = byKey.get(`${message.room} ${message.id}`);
    if (row === undefined)
      continue;
    const lane = `${message.role} ${message.sub} ${message.room}`;
    const before = newest.get(lane);
    if (before !== undefined && before.seq > row.seq)
      report.add('reordered', `${lane}: n ${before.n} is seq ${before.seq}, n ${message.n}, sent later, is seq ${row.seq}`);
    newest.set(lane, {seq: row.seq, n: message.n});
  }
}

function checkTold(rows, told, report) {
  const text = ({room, seq, id, role, sender, body}) => JSON.stringify([room, seq, id, role, sender, body]);
  const left = new Set(rows.map(text));
  for (const row of told) {
    if (!left.delete(text(row)))
      report.add('disagreed', `the API tells ${text(row)}, which the table does not`);
  }
  for (const row of left)
    report.add('disagreed', `the API does not tell ${row}`);
}

export function sum(reports) {
  const total = {};
  for (const {counts} of reports) {
    for (const [kind, n] of Object.entries(counts))
      total[kind] = (total[kind] ?? 0) + n;
  }
  return total;
}
