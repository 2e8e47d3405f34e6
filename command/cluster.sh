# shellcheck shell=bash
# A private PostgreSQL cluster: made, started and cleaned up without root and beside any other on the machine.

# cluster_bin PG: the programs for a cluster (of its own version where it exists); false where they are not installed.
cluster_bin() {
	local version=$1/PG_VERSION
	if [ -s "$version" ]; then
		printf '/usr/lib/postgresql/%s/bin' "$(<"$version")"
		[ -x "/usr/lib/postgresql/$(<"$version")/bin/postgres" ]
	else
		postgres_bin
	fi
}

# cluster_create PG PASSWORD_FILE: with superuser gymchat. Moved into place when whole: a crash leaves no half of one.
cluster_create() {
	rm -rf "$1.new"
	"$(cluster_bin "$1")/initdb" -D "$1.new" -U gymchat --pwfile="$2" -E UTF8 --locale=C.UTF-8 \
		--auth-local=scram-sha-256 --auth-host=scram-sha-256 >/dev/null
	cat >>"$1.new/postgresql.conf" <<-'CONF'

		# gymchat: reached by Unix socket only (the command line says where).
		log_line_prefix = '%m [%p] %u '
		log_min_duration_statement = 1000
	CONF
	mv "$1.new" "$1"
	sync "$1" "$1/.."
}

# cluster_exec PG SOCKETS: becomes the postmaster.
cluster_exec() {
	exec "$(cluster_bin "$1")/postgres" -D "$1" -c "unix_socket_directories=$2" -c listen_addresses=
}

# cluster_clear_stale PG SOCKETS: before a start. Backends of a postmaster that was killed go on with their queries and
# would keep a new one from starting until they are done: QUIT is what their postmaster would have sent them. And after
# a power cut, postmaster.pid may name a process that is another one by now. Does nothing where a postmaster lives.
cluster_clear_stale() {
	local process name orphans=()
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/cwd" 2>/dev/null)" = "$1" ] || continue
		IFS= read -r -d '' name <"$process/cmdline" || continue
		[[ $name == 'postgres: '* ]] || return 0
		orphans+=("${process#/proc/}")
	done
	[ ${#orphans[@]} -eq 0 ] || kill -QUIT "${orphans[@]}" 2>/dev/null
	rm -f "$1/postmaster.pid" "$2"/.s.PGSQL.*
}
