-- What finding needs, so that it does not grow with the gym (docs/api.md "The inbox", "Search").

-- migrate:up
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;        -- the gym leads these indexes too

-- A text as a filter compares it: "Peña" is "pena". With its dictionary named, unaccent() gives the same for ever.
CREATE FUNCTION folded(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT lower(public.unaccent('public.unaccent'::regdictionary, $1))
$$;

-- Any three characters in a row of a room's key and title, and of a client's name. A blank stands first, so that a filter
-- may ask for the beginning of a word. Neither column changes with a message: updates of the rows stay HOT.
CREATE INDEX rooms_text ON rooms USING gin (gym_id, folded(' ' || key || ' ' || COALESCE(title, '')) gin_trgm_ops) WHERE listed;
CREATE INDEX participants_text ON participants USING gin (gym_id, folded(' ' || name) gin_trgm_ops) WHERE role = 'client';

-- The gym leads here too: a frequent word is found by looking at the gym's newest few.
ALTER TABLE message_words DROP CONSTRAINT message_words_pkey, ADD PRIMARY KEY (gym_id, row_id);

-- migrate:down
ALTER TABLE message_words DROP CONSTRAINT message_words_pkey, ADD PRIMARY KEY (row_id);
DROP INDEX participants_text, rooms_text;
DROP FUNCTION folded(text);
DROP EXTENSION btree_gin, pg_trgm;
