# shellcheck shell=bash
# gymchat up: packages, build, folder and user, then the supervisor, which does the rest (supervisor.sh).

# shellcheck source=command/packages.sh
. "$ROOT/command/packages.sh"
# shellcheck source=command/build.sh
. "$ROOT/command/build.sh"

up_usage() {
	cat <<'TEXT'
usage: ./gymchat up [--dir DIR] [--port 8080] [--detach] [--no-install]
Builds what changed, makes what is missing in DIR (PostgreSQL cluster, roles, schema, keys, broker configuration), starts
PostgreSQL, Mosquitto, archiver and API, waits until each is ready, prints the addresses and stays until Ctrl-C, starting
again whatever dies. Everything listens on 127.0.0.1. As root, the system user "gymchat" owns DIR and runs it all.
  --dir DIR        where the instance lives (default: the folder var of this checkout)
  --port N         of the web address (default: GYMCHAT_PORT, else 8080; kept from then on)
  --detach         end once all is ready; ./gymchat down stops it
  --no-install     install no Debian packages: say what is missing
  --mqtt-port N    of the broker (default: a free port, kept from then on)
  --build-only     build what changed and start nothing: before an upgrade, while the instance runs
  --build DIR      use the programs of this build folder (and web/dist) as they are (also GYMCHAT_BUILD): build nothing
  --parts A,B      only these of postgres,mosquitto,archiver,api
  --stop-with PID  stop when that process ends, however it ends
GYMCHAT_… settings in DIR/etc/settings, and in the environment, which wins, reach the programs (docs/settings.md).
GYMCHAT_DEMO is "on" unless they say "off", name a GYMCHAT_PUBLIC_URL or listen on another address than a loopback one:
the demo pages hand out tokens for the demo gym to whoever can reach the address.
TEXT
}

verb_up() {
	umask 022
	common_options up_usage "$@"
	up_options "${ARGS[@]}"
	up_settings
	[ -n "$UP_BUILD_ONLY" ] || up_unless_running
	need_packages "$NEEDS_RUN$([ -n "$UP_BUILD" ] || printf '%s' "$NEEDS_BUILD")" "$UP_INSTALL"
	if [ -z "$UP_BUILD" ]; then
		build_all release "${PROGRAMS[@]}"
		UP_BUILD=$ROOT/build/release
	fi
	[ -z "$UP_BUILD_ONLY" ] || return 0
	if [ "$EUID" -eq 0 ]; then up_folder_of_root; else up_folder_of_user; fi
	owner_prefix
	up_lock
	up_checks
	up_copy_program
	up_start
	up_follow
	if [ -n "$UP_DETACH" ]; then
		say "gymchat runs in $DIR (./gymchat down$(up_dir_word) stops it)"
		print_pages
	else
		up_stay
	fi
}

up_options() {
	UP_PORT='' UP_DETACH='' UP_INSTALL=yes UP_MQTT_PORT='' UP_BUILD=$GIVEN_BUILD UP_PARTS='' UP_WITH='' UP_BUILD_ONLY=''
	while [ $# -gt 0 ]; do
		case $1 in
		--detach) UP_DETACH=yes ;;
		--no-install) UP_INSTALL=no ;;
		--build-only) UP_BUILD_ONLY=yes ;;
		--port=* | --mqtt-port=* | --build=* | --parts=* | --stop-with=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
		--port | --mqtt-port | --build | --parts | --stop-with)
			[ -n "${2:-}" ] || die "$1 needs a value"
			case $1 in
			--port) UP_PORT=$2 ;;
			--mqtt-port) UP_MQTT_PORT=$2 ;;
			--build) UP_BUILD=$(realpath -ms -- "$2") ;;
			--parts) up_parts "$2" ;;
			--stop-with) UP_WITH=$2 ;;
			esac
			shift
			;;
		*) die "up does not know '$1': see ./gymchat up --help" ;;
		esac
		shift
	done
}

# up_parts LIST: into UP_PARTS, in the order of starting.
up_parts() {
	local part
	for part in ${1//,/ }; do
		[[ " ${PARTS[*]} " == *" $part "* ]] || die "there is no part '$part': ${PARTS[*]}"
	done
	for part in "${PARTS[@]}"; do
		[[ ",$1," != *",$part,"* ]] || UP_PARTS+="${UP_PARTS:+ }$part"
	done
	[ -n "$UP_PARTS" ] || die "--parts takes some of ${PARTS[*]}"
}

# The settings as the programs shall see them, and what the other verbs say of them.
up_settings() {
	local key value
	# What `gymchat env` printed for some other instance is no wish for this one.
	if [ -n "${GYMCHAT_URL:-}${GYMCHAT_DATABASE_URL:-}" ]; then
		unset GYMCHAT_URL GYMCHAT_DATABASE_URL GYMCHAT_MQTT_HOST GYMCHAT_MQTT_PORT
	fi
	up_own_settings
	value=$(value_of "$DIR/etc/instance" PORT)
	export GYMCHAT_PORT=${UP_PORT:-${GYMCHAT_PORT:-${value:-8080}}} GYMCHAT_DEMO=${GYMCHAT_DEMO:-$(up_demo)}
	MQTT_PORT=${UP_MQTT_PORT:-${GYMCHAT_MQTT_PORT:-$(value_of "$DIR/etc/instance" MQTT_PORT)}}
	for value in "$GYMCHAT_PORT" "${MQTT_PORT:-1}"; do
		[[ $value =~ ^[0-9]{1,5}$ ]] && [ "$value" -ge 1 ] && [ "$value" -le 65535 ] || die "'$value' is no port: 1 to 65535"
	done
	for key in "${!GYMCHAT_@}"; do # the programs start elsewhere
		value=${!key}
		case $key in
		*_FILE | GYMCHAT_TLS_CERT | GYMCHAT_TLS_KEY | GYMCHAT_WEB_DIR) export "$key=$(realpath -ms -- "$value")" ;;
		esac
	done
	UP_HOST=${GYMCHAT_LISTEN:-127.0.0.1}
	case $UP_HOST in 0.0.0.0 | ::) UP_HOST=127.0.0.1 ;; *:*) UP_HOST="[$UP_HOST]" ;; esac
	SCHEME=http
	[ -z "${GYMCHAT_TLS_CERT:-}" ] || SCHEME=https
	UP_URL=$SCHEME://$UP_HOST:$GYMCHAT_PORT
}

# What the operator has written into etc/settings. Root reads it as the owner: it could be a link to anything.
up_own_settings() {
	local text wrong
	[ -e "$DIR/etc/settings" ] || return 0
	owner_prefix
	text=$("${AS_OWNER[@]}" cat "$DIR/etc/settings") || die "$DIR/etc/settings cannot be read by user $(stat -c %U "$DIR")"
	text=$(sed -E 's/\r$//; s/[[:blank:]]+$//; /^[[:blank:]]*(#|$)/d' <<<"$text")
	wrong=$(grep -nvE -m 1 '^GYMCHAT_[A-Z0-9_]+=([^"'\''].*)?$' <<<"$text") || true
	[ -z "$text" ] || [ -z "$wrong" ] ||
		die "$DIR/etc/settings: '${wrong#*:}' is not like GYMCHAT_PUBLIC_URL=https://chat.gym (without quotes or blanks around =)"
	[ -z "$text" ] || take_settings <<<"$text"
}

# Tokens for everybody are for one's own machine.
up_demo() {
	case ${GYMCHAT_LISTEN:-127.0.0.1} in
	127.* | ::1 | localhost) [ -n "${GYMCHAT_PUBLIC_URL:-}" ] || { printf on && return; } ;;
	esac
	printf off
}

# up_has PART: whether it is one of those that shall run.
up_has() { [[ " ${UP_PARTS:-${PARTS[*]}} " == *" $1 "* ]]; }

up_dir_word() { [ "$ASKED_DIR" = "$ROOT/var" ] || printf ' --dir %q' "$ASKED_DIR"; }

up_unless_running() {
	local port
	instance_locked || return 0
	if [ "$(head -n 1 "$DIR/run/progress" 2>/dev/null)" != ready ]; then
		die "another gymchat up (or down) is at work in $DIR"
	fi
	port=$(value_of "$DIR/run/instance" PORT)
	[ -z "$UP_PORT" ] || [ "$UP_PORT" = "$port" ] ||
		die "gymchat is already running in $DIR, on port $port: ./gymchat down$(up_dir_word) first, or choose another --dir"
	say "gymchat is already running in $DIR"
	print_pages
	exit 0
}

# ---- folder and user ----

up_folder_of_user() {
	local owner
	mkdir -p "$DIR" 2>/dev/null || die "$DIR cannot be made: $(id -un) may not write to $(up_ancestor "$DIR")"
	owner=$(stat -c %U "$DIR")
	[ "$owner" != gymchat ] || [ "$(id -un)" = gymchat ] ||
		die "$DIR belongs to user gymchat, so root started it: use sudo, or choose another --dir"
	[ "$owner" = "$(id -un)" ] || die "$DIR belongs to user $owner: run gymchat as that user, or choose another --dir"
	{ [ -w "$DIR" ] && [ -x "$DIR" ]; } || die "$DIR is not writable for its owner: chmod u+rwx it, or choose another --dir"
	up_fill_folder
}

up_folder_of_root() {
	local owner
	if ! id gymchat >/dev/null 2>&1; then
		useradd --system --user-group --home-dir /var/lib/gymchat --no-create-home --shell /usr/sbin/nologin gymchat ||
			die "the system user gymchat cannot be made"
		say "made the system user gymchat"
	fi
	if [ -d "$DIR" ]; then
		owner=$(stat -c %U "$DIR")
		[ "$owner" = gymchat ] || up_folder_is_empty ||
			die "$DIR belongs to user $owner: run gymchat as that user, or choose another --dir"
	fi
	if ! up_as_gymchat test -x "$(up_ancestor "$DIR")"; then
		[ ! -e "$DIR/etc/instance" ] || die "user gymchat may no longer enter $DIR: open the folders above it (chmod a+x)"
		DIR=$(fallback_dir "$ASKED_DIR")
		say "user gymchat cannot enter $ASKED_DIR, so this instance lives in $DIR (give the same --dir as now to every verb)"
	fi
	mkdir -p "$DIR" || die "$DIR cannot be made"
	chown gymchat:gymchat "$DIR" || die "$DIR cannot be given to user gymchat"
	up_fill_folder
}

up_as_gymchat() { setpriv --reuid=gymchat --regid=gymchat --init-groups -- "$@"; }
up_folder_is_empty() { [ -z "$(find "$DIR" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]; }

# The nearest folder on the way to a path that exists.
up_ancestor() {
	local path=$1
	until [ -d "$path" ]; do path=$(dirname "$path"); done
	printf '%s' "$path"
}

# Other people's files are no place for an instance; nobody but the owner may look into one.
up_fill_folder() {
	[ -e "$DIR/etc" ] || up_folder_is_empty || die "$DIR holds something else already: choose an empty folder"
	owner_prefix
	"${AS_OWNER[@]}" chmod 750 "$DIR" &&
		"${AS_OWNER[@]}" mkdir -p -m 700 "$DIR/etc" "$DIR/log" "$DIR/run" && "${AS_OWNER[@]}" touch "$DIR/run/lock" ||
		die "$DIR cannot be written to by user $(stat -c %U "$DIR")"
}

# ---- checks ----

# Held from here to the end of the supervisor, which inherits descriptor 9: two ups cannot meet.
up_lock() {
	exec 9<"$DIR/run/lock"
	if ! flock -w 2 9; then
		exec 9<&-
		up_unless_running # somebody else's up was faster
		die "another gymchat up was at work in $DIR: try again"
	fi
}

up_checks() {
	local free lowest
	lowest=$(</proc/sys/net/ipv4/ip_unprivileged_port_start)
	! up_has api || [ "$GYMCHAT_PORT" -ge "$lowest" ] ||
		die "port $GYMCHAT_PORT is for root only and gymchat never runs as root: take a port from $lowest on, behind a proxy"
	! up_has api || up_port_is_free "$GYMCHAT_PORT" || die "port $GYMCHAT_PORT is in use$(up_port_user "$GYMCHAT_PORT"): choose another --port"
	if [ -z "$MQTT_PORT" ]; then
		MQTT_PORT=$(free_port)
	elif ! up_port_is_free "$MQTT_PORT"; then
		[ -z "$UP_MQTT_PORT${GYMCHAT_MQTT_PORT:-}" ] ||
			die "port $MQTT_PORT is in use$(up_port_user "$MQTT_PORT"): choose another --mqtt-port"
		note "the broker's port $MQTT_PORT is in use$(up_port_user "$MQTT_PORT"): taking another"
		MQTT_PORT=$(free_port)
	fi
	free=$(df -Pk "$DIR" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$free" -ge 150 ] || die "the disk that holds $DIR is full: $free MiB free, 150 are needed"
}

# A port of this instance's own leftovers (its supervisor was killed) counts as free: they are stopped first.
up_port_is_free() {
	local holder
	if [ -n "$(running_parts)" ]; then return; fi
	for holder in $(port_holders "$1"); do
		# 127.0.0.1, every address, or we on every address ourselves: all others can share a port.
		[[ $holder =~ ^(0100007F|0+|0+FFFF00000100007F)$ || $UP_HOST != "${GYMCHAT_LISTEN:-127.0.0.1}" ]] && return 1
	done
	return 0
}

# " (process 123, nginx)" where it can be seen.
up_port_user() {
	local inode process
	inode=$(awk -v port=":$(printf '%04X' "$1")\$" '$4 == "0A" && $2 ~ port { print $10; exit }' /proc/net/tcp /proc/net/tcp6)
	process=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2>/dev/null | cut -d / -f 3) || true
	[ -z "$process" ] || printf ' (process %s, %s)' "$process" "$(<"/proc/$process/comm")"
}

# ---- start ----

# What the instance runs is a copy: its user may not see the checkout, and a rebuild must not change a running instance.
up_copy_program() {
	local name to=$DIR/program.new programs=("${PROGRAMS[@]/%_auth/_auth.so}")
	for name in "${programs[@]}"; do
		[ -e "$UP_BUILD/bin/$name" ] || die "$UP_BUILD/bin/$name is missing: cmake --build $UP_BUILD builds it"
	done
	"${AS_OWNER[@]}" rm -rf "$to"
	up_copy "$UP_BUILD/bin" "$to/bin" "${programs[@]}"
	up_copy "$ROOT" "$to" command schema broker-conf/mosquitto.conf.in
	if [ -d "$ROOT/web/dist" ]; then up_copy "$ROOT/web/dist" "$to/web" .; fi
	"${AS_OWNER[@]}" rm -rf "$DIR/program"
	"${AS_OWNER[@]}" mv "$to" "$DIR/program"
}

# up_copy FROM TO NAME…: read with our rights, written with the owner's.
up_copy() {
	tar -C "$1" -cf - "${@:3}" |
		"${AS_OWNER[@]}" sh -c 'mkdir -p "$1" && tar -C "$1" --no-same-owner -xf -' sh "$2" ||
		die "the programs cannot be copied to $DIR (is its disk full?)"
}

up_start() {
	local preload='' pages=${GYMCHAT_PUBLIC_URL:-$UP_URL}
	pages=${pages%/}
	up_has api || pages=''
	if grep -qs '^SANITIZE:.*address' "$UP_BUILD/CMakeCache.txt"; then preload=$(cc -print-file-name=libasan.so); fi
	"${AS_OWNER[@]}" tee "$DIR/etc/instance" >/dev/null <<-FACTS
		MQTT_PORT=$MQTT_PORT
		PORT=$GYMCHAT_PORT
	FACTS
	"${AS_OWNER[@]}" tee "$DIR/run/instance" >/dev/null <<-FACTS
		PORT=$GYMCHAT_PORT
		MQTT_PORT=$MQTT_PORT
		URL=$UP_URL
		PAGES=$pages
		DEMO=$GYMCHAT_DEMO
		PARTS=${UP_PARTS:-${PARTS[*]}}
		STARTED=$EPOCHSECONDS
	FACTS
	"${AS_OWNER[@]}" rm -f "$DIR/run/progress"
	export MQTT_PORT SCHEME SUPERVISE_PARTS=${UP_PARTS:-${PARTS[*]}} SUPERVISE_WITH=$UP_WITH SUPERVISE_PRELOAD=$preload
	# In a session of its own: Ctrl-C in this terminal reaches it through us, in order.
	"${AS_OWNER[@]}" setsid bash -c 'cd "$0" && exec bash program/command/supervisor.sh "$0" >>log/supervisor.log 2>&1' \
		"$DIR" </dev/null >/dev/null 2>&1 &
	exec 9<&-
}

# Says what the supervisor does until it is ready; ends with its sentence where it failed.
up_follow() {
	local said='' lines
	trap up_stop INT TERM HUP
	while :; do
		mapfile -t lines < <(cat "$DIR/run/progress" 2>/dev/null || true)
		case ${lines[0]:-} in
		ready) return ;;
		failed\ *)
			note "gymchat: ${lines[0]#failed }"
			printf '    %s\n' "${lines[@]:1}" >&2
			exit 1
			;;
		"$said") ;;
		*) said=${lines[0]} && say "$said" ;;
		esac
		if ! instance_locked && [[ $(head -n 1 "$DIR/run/progress" 2>/dev/null) != @(ready|failed *) ]]; then
			tail -n 10 "$DIR/log/supervisor.log" >&2
			die "the supervisor ended before all was ready; its last words are above"
		fi
		sleep 0.1
	done
}

up_stay() {
	say "gymchat runs in $DIR; Ctrl-C stops it"
	print_pages
	tail -n 0 -f "$DIR/log/supervisor.log" --pid="$(pid_of supervisor)" 2>/dev/null &
	wait
}

# On Ctrl-C and the like.
up_stop() {
	local pid
	trap '' INT TERM HUP
	if pid=$(pid_of supervisor); then
		say "stopping"
		stop_supervisor "$pid"
	fi
	say "stopped"
	exit 0
}
