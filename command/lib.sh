# shellcheck shell=bash
# What the verbs and the supervisor share: words to the user, folders, processes, ports.

# In the order of starting; stopping goes the other way round.
# shellcheck disable=SC2034
PARTS=(postgres mosquitto archiver api)

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }
die() {
	printf 'gymchat: %s\n' "$*" >&2
	exit "${status:-1}"
}

# ---- folders ----

# common_options USAGE_FUNCTION ARGUMENT…: takes --dir and --help out; the others are left in ARGS.
common_options() {
	local usage=$1 asked=$ROOT/var
	ARGS=()
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help) "$usage" && exit 0 ;;
		--dir)
			[ -n "${2:-}" ] || die "--dir needs a folder"
			asked=$2 && shift
			;;
		--dir=?*) asked=${1#*=} ;;
		--) shift && ARGS+=("$@") && break ;;
		*) ARGS+=("$1") ;;
		esac
		shift
	done
	ASKED_DIR=$(realpath -ms -- "$asked")
	DIR=$(instance_dir "$ASKED_DIR")
}

# Where root's instance for a folder lives when its user cannot enter that folder.
fallback_dir() {
	local name=${1//[^A-Za-z0-9]/-}
	printf '/var/lib/gymchat/%.40s-%s' "${name#-}" "$(printf '%s' "$1" | cksum | cut -d ' ' -f 1)"
}

# The folder of the instance that belongs to an asked folder: that folder, or for root the one it fell back to.
instance_dir() {
	local fallback
	fallback=$(fallback_dir "$1")
	if [ "$EUID" -eq 0 ] && [ ! -e "$1/etc/instance" ] && [ -d "$fallback" ]; then
		printf '%s' "$fallback"
	else
		printf '%s' "$1"
	fi
}

# Ends with a sentence where DIR holds no instance that this user may use.
need_instance() {
	if [ -d "$DIR" ] && [ ! -x "$DIR" ] || { [ -d "$DIR/etc" ] && [ ! -x "$DIR/etc" ]; }; then
		die "$DIR belongs to user $(stat -c %U "$DIR"): use this verb as that user or as root (sudo)"
	fi
	[ -e "$DIR/etc/instance" ] && return
	if [ "$EUID" -ne 0 ] && [ -d "$(fallback_dir "$DIR")" ]; then
		die "there is no instance in $DIR; the one that root started for it lives in $(fallback_dir "$DIR"): use sudo"
	fi
	die "there is no instance in $DIR: ./gymchat up makes one"
}

# Sets AS_OWNER, what to put before a command to run it as the owner of DIR. Root never writes there itself, so that it
# follows nobody's links.
owner_prefix() {
	local uid
	uid=$(stat -c %u "$DIR")
	AS_OWNER=()
	if [ "$EUID" -eq 0 ] && [ "$uid" -ne 0 ]; then
		AS_OWNER=(env "HOME=$DIR" setpriv --reuid="$uid" --regid="$(stat -c %g "$DIR")" --init-groups --)
	fi
}

# value_of FILE KEY: the value of a KEY=VALUE line, empty where there is none.
value_of() { if [ -e "$1" ]; then sed -n "s/^$2=//p" "$1" | tail -n 1; fi; }

# take_settings: exports the KEY=VALUE lines of standard input but for those that the environment already gives, as a
# value or as a file.
take_settings() {
	local line key
	while IFS= read -r line; do
		key=${line%%=*}
		key=${key%_FILE}
		if [ ! -v "$key" ] && [ ! -v "${key}_FILE" ]; then export "${line?}"; fi
	done
}

# write_file PATH: standard input, replaced in one step.
write_file() {
	cat >"$1.new" && mv -f "$1.new" "$1"
}

# ---- processes ----

# What tells a process from another one that got its number later; fails for one that is gone (or a zombie).
process_mark() {
	local stat fields
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	read -ra fields <<<"${stat##*) }"
	[[ ${fields[0]} != [ZX] ]] || return 1
	printf '%s@%s' "${fields[19]}" "$(</proc/sys/kernel/random/boot_id)"
}

record_pid() { printf '%s\n%s\n' "$2" "$(process_mark "$2")" | write_file "$DIR/run/$1.pid"; }

# pid_of NAME: the number of a part (or supervisor) that runs; fails where the file is stale.
pid_of() {
	local pid mark
	{ read -r pid && read -r mark; } 2>/dev/null <"$DIR/run/$1.pid" || return 1
	[ -n "$mark" ] && [ "$(process_mark "$pid")" = "$mark" ] || return 1
	printf '%s' "$pid"
}

# wait_gone PID MARK SECONDS
wait_gone() {
	local until=$((EPOCHSECONDS + $3))
	while [ "$(process_mark "$1")" = "$2" ]; do
		[ "$EPOCHSECONDS" -lt "$until" ] || return 1
		sleep 0.05
	done
}

# signal_part SIGNAL PID: with the rights of DIR's owner, whose file named the process.
signal_part() {
	owner_prefix
	"${AS_OWNER[@]}" sh -c 'kill "$1" "$2"' sh "-$1" "$2"
}

# stop_supervisor PID: it stops the parts, and we wait until it is gone.
stop_supervisor() {
	local mark
	mark=$(process_mark "$1") || return 0
	signal_part TERM "$1" || die "$(id -un) may not stop the instance of user $(stat -c %U "$DIR"): use sudo"
	wait_gone "$1" "$mark" 120 || die "not all has stopped: see $DIR/log/supervisor.log"
}

# Asks one part to end, and makes it. PostgreSQL: INT ends sessions, QUIT skips the checkpoint.
stop_part() {
	local pid mark signal
	pid=$(pid_of "$1") || return 0
	mark=$(process_mark "$pid") || return 0
	for signal in $([ "$1" = postgres ] && printf 'INT:60 QUIT:20 KILL:5' || printf 'TERM:15 KILL:5'); do
		signal_part "${signal%:*}" "$pid" 2>/dev/null || true
		if wait_gone "$pid" "$mark" "${signal#*:}"; then break; fi
	done
	"${AS_OWNER[@]}" rm -f "$DIR/run/$1.pid" "$DIR/run/$1.ready"
}

stop_parts() {
	local i
	for ((i = ${#PARTS[@]} - 1; i >= 0; i--)); do stop_part "${PARTS[i]}"; done
}

running_parts() {
	local part
	for part in "${PARTS[@]}"; do
		if pid_of "$part" >/dev/null; then printf '%s\n' "$part"; fi
	done
}

# part_state NAME: "ready", "waiting: …", "starting" or "down".
part_state() {
	pid_of "$1" >/dev/null || { printf down && return; }
	local said=starting
	case $1 in
	postgres)
		if "$(postgres_bin)/pg_isready" -q -h "$(value_of "$DIR/run/instance" SOCKETS)"; then said=ready; fi
		;;
	mosquitto) if [ -n "$(port_holders "$(value_of "$DIR/run/instance" MQTT_PORT)")" ]; then said=ready; fi ;;
	*) { read -r said <"$DIR/run/$1.ready"; } 2>/dev/null || said=starting ;;
	esac
	printf '%s' "$said"
}

# Whether a supervisor (or an up on its way to one) holds the instance: see up.sh.
instance_locked() {
	[ -e "$DIR/run/lock" ] && ! flock -s -n "$DIR/run/lock" true
}

# ---- ports ----

# port_holders PORT: the addresses, in the kernel's hex, at which something listens on that TCP port.
port_holders() {
	{ cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true; } |
		awk -v port="$(printf ':%04X$' "$1")" '$4 == "0A" && $2 ~ port { sub(/:.*/, "", $2); print $2 }'
}

# A port below those that the kernel gives to outgoing connections, so that none of them takes it meanwhile; nor is it
# the one that the API will listen on.
free_port() {
	local port
	while port=$((20000 + RANDOM % 12000)) && { [ "$port" = "${GYMCHAT_PORT:-}" ] || [ -n "$(port_holders "$port")" ]; }; do :; done
	printf '%s' "$port"
}

# database_url PASSWORD_OF LOGIN: without quotes, spaces or &: the password is hexadecimal, the path was chosen so.
database_url() {
	printf 'postgresql://%s:%s@/gymchat?host=%s' "$2" "$(<"$DIR/etc/$1.password")" "$(value_of "$DIR/run/instance" SOCKETS)"
}
owner_url() { database_url owner gymchat; }

# ---- what the user sees of a running instance ----

print_pages() {
	local page pages
	pages=$(value_of "$DIR/run/instance" PAGES)
	if [ -z "$pages" ]; then
		say "  no pages: of its parts only $(value_of "$DIR/run/instance" PARTS) run"
		return
	fi
	if [ "$(value_of "$DIR/run/instance" DEMO)" != on ]; then
		say "  address  $pages/ (demo pages: off)"
		return
	fi
	for page in client staff kiosk; do printf '  %-8s %s\n' "$page" "$pages/demo/$page"; done
	say "  DEMO IS ON: whoever reaches this address gets tokens for the demo gym. GYMCHAT_DEMO=off in $DIR/etc/settings turns it off."
}

# ---- PostgreSQL's folder of programs ----

# The newest version that is installed; empty and false where there is none.
postgres_bin() {
	local newest
	newest=$(compgen -G '/usr/lib/postgresql/*/bin/postgres' | sort -V | tail -n 1)
	[ -n "$newest" ] && printf '%s' "${newest%/postgres}"
}

random_hex() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
random_base64url() { head -c 32 /dev/urandom | base64 -w0 | tr '+/' '-_' | tr -d '='; }
