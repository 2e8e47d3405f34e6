# shellcheck shell=bash
# gymchat migrate

migrate_usage() {
	cat <<'TEXT'
usage: ./gymchat migrate [up | down [COUNT] | status] [--dir DIR | --database URL]
Brings the database of the running instance in DIR, or any other, to the schema of this checkout (schema/*.sql).
./gymchat up does so by itself; a database of your own needs it once for each new version (docs/operating.md "Upgrades").
TEXT
}

verb_migrate() {
	local word
	common_options migrate_usage "$@"
	for word in "${ARGS[@]}"; do
		[[ $word == --database* ]] && exec "$ROOT/schema/migrate" "${ARGS[@]}"
	done
	need_instance
	pid_of postgres >/dev/null ||
		die "the database of $DIR is not running: ./gymchat up applies the schema as it starts (or give --database URL)"
	GYMCHAT_DATABASE_URL=$(owner_url) exec "$ROOT/schema/migrate" "${ARGS[@]}"
}
