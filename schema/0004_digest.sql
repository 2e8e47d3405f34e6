-- What is worked out behind the commit, so that storing a message costs nothing of it: words for the search, and how
-- long clients wait for a first answer. The API calls digest() again and again (docs/api.md "Search", "Response time").

-- migrate:up
-- Two readings of a text: stems ("reservar" finds "reservas"), and whole words without their accents, for the prefix of
-- a word that is still being typed. Neither keeps Spanish stop words.
CREATE TEXT SEARCH DICTIONARY gymchat_words (TEMPLATE = simple, STOPWORDS = spanish);
CREATE TEXT SEARCH CONFIGURATION gymchat_stems (COPY = spanish);
ALTER TEXT SEARCH CONFIGURATION gymchat_stems
  ALTER MAPPING FOR hword, hword_part, word, asciiword, asciihword, hword_asciipart WITH unaccent, spanish_stem;
CREATE TEXT SEARCH CONFIGURATION gymchat_words (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION gymchat_words
  ALTER MAPPING FOR hword, hword_part, word, asciiword, asciihword, hword_asciipart WITH unaccent, gymchat_words;

-- One row a message. Gym and month are words too, "gym 7" and "month 202611": the index itself then gives the messages of
-- one gym, newest months first, without a look at the others' rows. row_id is the message's and rises with its storing.
CREATE TABLE message_words (
  row_id  bigint PRIMARY KEY,
  gym_id  bigint NOT NULL,
  room_id bigint NOT NULL,
  seq     bigint NOT NULL,
  words   tsvector NOT NULL
);
CREATE INDEX message_words_words ON message_words USING gin (words);

-- The messages in the order in which they were stored, for digest(): nearly free for the archiver.
CREATE INDEX messages_row_id ON messages USING brin (row_id) WITH (pages_per_range = 32, autosummarize = on);

-- A thread: the messages of clients and staff in a room without a pause of a day. The last one of each room:
CREATE TABLE threads (
  gym_id      bigint NOT NULL,
  room_id     bigint NOT NULL,
  last_at     timestamptz NOT NULL,
  asked_at    timestamptz,                     -- its first message, where a client wrote that; NULL: staff opened it
  is_answered boolean NOT NULL DEFAULT false,
  PRIMARY KEY (gym_id, room_id)
) WITH (fillfactor = 70);

-- The first answer of staff to each thread that a client opened.
CREATE TABLE first_answers (
  gym_id      bigint NOT NULL,
  room_id     bigint NOT NULL,
  asked_at    timestamptz NOT NULL,
  answered_at timestamptz NOT NULL,
  PRIMARY KEY (gym_id, asked_at, room_id)
);

-- How far digest() has come.
CREATE TABLE digest_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  row_id   bigint NOT NULL DEFAULT 0
);
INSERT INTO digest_state DEFAULT VALUES;

CREATE FUNCTION message_words_of(gym bigint, stored timestamptz, body text) RETURNS tsvector LANGUAGE sql STABLE AS $$
  SELECT array_to_tsvector(ARRAY['gym ' || gym, 'month ' || to_char(stored AT TIME ZONE 'UTC', 'YYYYMM')])
    || strip(to_tsvector('gymchat_stems', body)) || strip(to_tsvector('gymchat_words', body))
$$;

-- Carries the rooms' threads over the messages of a stretch. Thread 0 is the one that a room was in before it.
CREATE FUNCTION digest_threads(done bigint, upto bigint) RETURNS void LANGUAGE sql AS $$
  WITH said AS (
    SELECT gym_id, room_id, row_id, stored_at, sender_role, lag(stored_at) OVER w AS before_at
    FROM messages WHERE row_id > done AND row_id <= upto AND sender_role IN ('client', 'staff')
    WINDOW w AS (PARTITION BY gym_id, room_id ORDER BY row_id)
  ), placed AS (
    SELECT s.*, t.asked_at, t.is_answered, count(*) FILTER (
      WHERE COALESCE(s.before_at, t.last_at, '-infinity') < s.stored_at - interval '24 hours'
    ) OVER (PARTITION BY s.gym_id, s.room_id ORDER BY s.row_id) AS thread
    FROM said s LEFT JOIN threads t USING (gym_id, room_id)
  ), summed AS (
    SELECT gym_id, room_id, thread, max(stored_at) AS last_at, min(stored_at) FILTER (WHERE sender_role = 'staff') AS staff_at,
      thread = 0 AND bool_or(is_answered) AS was_answered,
      CASE WHEN thread = 0 THEN min(asked_at)
        WHEN (array_agg(sender_role ORDER BY row_id))[1] = 'client' THEN min(stored_at) END AS asked
    FROM placed GROUP BY gym_id, room_id, thread
  ), answered AS (
    INSERT INTO first_answers (gym_id, room_id, asked_at, answered_at)
    SELECT gym_id, room_id, asked, staff_at FROM summed
    WHERE asked IS NOT NULL AND staff_at IS NOT NULL AND NOT was_answered ON CONFLICT DO NOTHING
  )
  INSERT INTO threads (gym_id, room_id, last_at, asked_at, is_answered)
  SELECT DISTINCT ON (gym_id, room_id) gym_id, room_id, last_at, asked,
    was_answered OR (asked IS NOT NULL AND staff_at IS NOT NULL)
  FROM summed ORDER BY gym_id, room_id, thread DESC
  ON CONFLICT (gym_id, room_id) DO UPDATE
    SET last_at = EXCLUDED.last_at, asked_at = EXCLUDED.asked_at, is_answered = EXCLUDED.is_answered
$$;

-- Takes up to most messages that came after the last call; returns how many it took, -1 where another session is at it.
-- row_id is taken before the commit, but one fenced writer commits in its order: below one that can be seen, none is to
-- come.
CREATE FUNCTION digest(most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  done bigint;
  upto bigint;
  took int;
BEGIN
  SELECT row_id INTO done FROM digest_state FOR UPDATE SKIP LOCKED;
  IF done IS NULL THEN
    RETURN -1;
  END IF;
  SELECT max(row_id), count(*) INTO upto, took
    FROM (SELECT row_id FROM messages WHERE row_id > done AND row_id <= done + most) part;
  IF took = 0 THEN
    -- None in this stretch: perhaps none at all, perhaps a gap of numbers that were never used.
    SELECT min(row_id) - 1 INTO upto FROM messages WHERE row_id > done;
    IF upto IS NULL THEN
      RETURN 0;
    END IF;
  END IF;
  INSERT INTO message_words (row_id, gym_id, room_id, seq, words)
  SELECT row_id, gym_id, room_id, seq, message_words_of(gym_id, stored_at, body)
  FROM messages WHERE row_id > done AND row_id <= upto;
  PERFORM digest_threads(done, upto);
  UPDATE digest_state SET row_id = upto;
  RETURN took;
END
$$;

-- Seconds between two moments that fall into the gym's hours; all of them where it tells no hours.
CREATE FUNCTION open_seconds(hours jsonb, zone text, from_at timestamptz, to_at timestamptz)
RETURNS double precision LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN hours = '{}' THEN extract(epoch FROM to_at - from_at)::double precision
  ELSE COALESCE((
    SELECT sum(extract(epoch FROM least(to_at, span.ends) - greatest(from_at, span.begins)))
    FROM generate_series((from_at AT TIME ZONE zone)::date, least((to_at AT TIME ZONE zone)::date,
      (from_at AT TIME ZONE zone)::date + 60), interval '1 day') AS day,
      jsonb_array_elements(hours -> (ARRAY['mon','tue','wed','thu','fri','sat','sun'])[extract(isodow FROM day)::int]) AS s,
      LATERAL (SELECT (day::date + (s ->> 0)::interval) AT TIME ZONE zone AS begins,
        (day::date + (s ->> 1)::interval) AT TIME ZONE zone AS ends) span
    WHERE span.begins < to_at AND span.ends > from_at), 0)::double precision END
$$;

-- Median and 90th percentile of the first answer, of threads asked in the last days; the one definition of it.
CREATE FUNCTION response_time(gym bigint, days int, OUT median_s double precision, OUT p90_s double precision, OUT n bigint)
LANGUAGE sql STABLE AS $$
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY took), percentile_cont(0.9) WITHIN GROUP (ORDER BY took), count(*)
  FROM (SELECT open_seconds(g.hours, g.time_zone, a.asked_at, a.answered_at) AS took
    FROM first_answers a JOIN gyms g ON g.id = a.gym_id
    WHERE a.gym_id = gym AND a.asked_at > now() - days * interval '1 day') answers
$$;

GRANT SELECT, INSERT ON message_words, first_answers TO gymchat_api;
GRANT SELECT, INSERT, UPDATE ON threads TO gymchat_api;
GRANT SELECT, UPDATE ON digest_state TO gymchat_api;
GRANT SELECT ON SEQUENCE messages_row_id_seq TO gymchat_api; -- how far behind it is

-- migrate:down
DROP FUNCTION response_time(bigint, int), open_seconds(jsonb, text, timestamptz, timestamptz), digest(int),
  digest_threads(bigint, bigint), message_words_of(bigint, timestamptz, text);
REVOKE SELECT ON SEQUENCE messages_row_id_seq FROM gymchat_api;
DROP TABLE digest_state, first_answers, threads;
DROP INDEX messages_row_id;
DROP TABLE message_words;
DROP TEXT SEARCH CONFIGURATION gymchat_words, gymchat_stems;
DROP TEXT SEARCH DICTIONARY gymchat_words;
