# shellcheck shell=bash
# gymchat status

status_usage() {
	cat <<'TEXT'
usage: ./gymchat status [--dir DIR]
The parts with their pids and whether each is ready, the addresses, and the resident memory of archiver, API and broker.
Ends with 0 when all is ready, 1 when something is not, 3 when nothing runs.
TEXT
}

verb_status() {
	local part state whole=0
	common_options status_usage "$@"
	[ ${#ARGS[@]} -eq 0 ] || die "status does not know '${ARGS[0]}': see ./gymchat status --help"
	need_instance
	if ! pid_of supervisor >/dev/null && [ -z "$(running_parts)" ]; then
		say "gymchat is not running in $DIR"
		exit 3
	fi
	say "gymchat in $DIR$(status_age)"
	state=$(pid_of supervisor >/dev/null && head -n 1 "$DIR/run/progress" || printf gone)
	status_line supervisor "$state"
	[ "$state" = ready ] || whole=1
	for part in $(value_of "$DIR/run/instance" PARTS); do
		state=$(part_state "$part")
		status_line "$part" "$state"
		[ "$state" = ready ] || whole=1
	done
	print_pages
	status_memory
	pid_of supervisor >/dev/null || note "the supervisor is gone: ./gymchat up (or down) clears up"
	exit "$whole"
}

status_line() { printf '  %-10s %7s  %s\n' "$1" "$(pid_of "$1" || printf -- -)" "$2"; }

status_age() {
	local started
	started=$(value_of "$DIR/run/instance" STARTED)
	[ -z "$started" ] || printf ', started %(%F %T)T' "$started"
}

# The processes that cost memory for the chat itself; PostgreSQL shares its with everything, and has its own settings.
status_memory() {
	local part kib total=0 words=''
	for part in archiver api mosquitto; do
		kib=$(status_resident "$part")
		total=$((total + kib))
		words+="${words:+ + }$part $(status_mib "$kib")"
	done
	say "  memory   $words = $(status_mib $total) MiB resident"
}

status_mib() { printf '%d.%d' $(($1 / 1024)) $(($1 % 1024 * 10 / 1024)); }

# KiB of a part and its own children (API workers).
status_resident() {
	local pid child kib=0
	pid=$(pid_of "$1") || { printf 0 && return; }
	for child in "$pid" $(cat "/proc/$pid/task"/*/children 2>/dev/null); do
		kib=$((kib + $(awk '/^VmRSS:/ { print $2 }' "/proc/$child/status" 2>/dev/null || printf 0)))
	done
	printf '%d' "$kib"
}
