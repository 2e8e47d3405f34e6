#!/usr/bin/env bash
# The runner schema/migrate on the empty database $DATABASE_URL: up, down and up again give the same schema, two at once
# take turns, a failing file leaves nothing, a newer database is refused. Prints TAP.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/../../schema/* "$work/"
export GYMCHAT_DATABASE_URL=$DATABASE_URL

count=0
ok() { # NAME CONDITION…
	local name=$1
	shift
	count=$((count + 1))
	if "$@"; then printf 'ok %d - %s\n' $count "$name"; else printf 'not ok %d - %s\n' $count "$name"; fi
}
migrate() { "$work/migrate" "$@" >"$work/out" 2>"$work/err"; }
says() { grep -q "$1" "$work/out" "$work/err"; }
exits() { # CODE COMMAND…
	"${@:2}"
	[ $? -eq "$1" ]
}
sql() { psql -XAtq "$DATABASE_URL" -c "$1"; }
dump() { pg_dump -s --no-owner "$DATABASE_URL" | grep -vE '^(--|\\|$)'; }
files=("$work"/[0-9]*.sql)

ok 'an empty database has all pending' exits 3 migrate status
ok 'up' migrate up
ok 'all applied' migrate status
dump >"$work/first"
ok 'a second up does nothing' migrate up
ok 'and says nothing' test ! -s "$work/out"
ok 'each file has its row' test "$(sql 'SELECT count(*) FROM schema_migrations')" -eq ${#files[@]}
ok 'down takes one back' migrate down
ok 'only one' test "$(sql 'SELECT count(*) FROM schema_migrations')" -eq $((${#files[@]} - 1))
ok 'down with a count takes all back' migrate down 99
ok 'nothing is left but the list' test \
	"$(sql "SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')")" \
	= schema_migrations
ok 'no type or function either' test "$(sql "SELECT count(*) FROM pg_proc p FULL JOIN pg_type t ON false
	WHERE coalesce(p.pronamespace, t.typnamespace) = 'public'::regnamespace AND coalesce(t.typname, '') NOT LIKE '%schema_migrations'")" -eq 0
migrate up
dump >"$work/second"
ok 'up after down gives the same schema' cmp "$work/first" "$work/second"

migrate down 99
"$work/migrate" up >"$work/a" 2>&1 &
"$work/migrate" up >"$work/b" 2>&1
wait # for both
ok 'two at once apply each file once' test "$(cat "$work/a" "$work/b" | grep -c '^applied')" -eq ${#files[@]}
ok 'and neither fails' test "$(cat "$work/a" "$work/b" | grep -vc '^applied')" -eq 0

printf -- '-- migrate:up\nCREATE TABLE halfway (a int);\nSELECT 1 / 0;\n-- migrate:down\n' >"$work/9998_bad.sql"
ok 'a failing file fails the run' exits 1 migrate up
ok 'and is named' says '9998_bad failed'
ok 'and leaves nothing' test -z "$(sql "SELECT to_regclass('halfway')")"
rm "$work/9998_bad.sql"

sql "INSERT INTO schema_migrations VALUES ('9999')"
ok 'a newer database is refused' exits 4 migrate up
ok 'with both versions named' says "9999, newer than $(basename "${files[-1]}" .sql)"
ok 'down is refused as well' exits 4 migrate down
ok 'an unreachable database is an error' exits 1 migrate --database "postgresql:///x?host=$work"
printf '1..%d\n' $count
