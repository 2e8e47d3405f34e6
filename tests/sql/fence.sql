-- archiver_fence: what keeps a paused archiver, which lost its lease meanwhile, from writing.
BEGIN;
SELECT plan(6);

SELECT results_eq($$SELECT count(*), min(epoch) FROM archiver_lease$$, $$VALUES (1::bigint, 0::bigint)$$, 'one lease, epoch 0');
SELECT throws_ok($$INSERT INTO archiver_lease (only_row) VALUES (true)$$, '23505', NULL, 'never a second');
SELECT throws_ok($$INSERT INTO archiver_lease (only_row) VALUES (false)$$, '23514', NULL, 'by no trick');
UPDATE archiver_lease SET epoch = 5;
SELECT lives_ok($$SELECT archiver_fence(5)$$, 'the holder of the epoch passes');
SELECT throws_ok($$SELECT archiver_fence(4)$$, 'GC001', 'the lease of epoch 4 is lost', 'an older epoch does not');
SELECT throws_ok($$SELECT archiver_fence(6)$$, 'GC001', NULL, 'nor one that nobody has taken');

SELECT * FROM finish();
ROLLBACK;
