#!/usr/bin/env bash
# supervisor.sh DIR: started by up.sh as the owner of DIR, with the lock run/lock on descriptor 9. Makes what is missing in
# DIR, starts the parts, waits for each, starts again what dies, and stops all in order on TERM. Tells its progress in
# run/progress: "starting PART", "ready", "stopping", "stopped", or "failed SENTENCE" and more lines to show.
# In its environment: the GYMCHAT_ settings, and SUPERVISE_PARTS (words), SUPERVISE_WITH (stop when that process ends),
# SUPERVISE_PRELOAD (a library to load into the stock broker), MQTT_PORT, SCHEME.
set -uo pipefail
umask 077
DIR=$1
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=command/lib.sh
. "$here/lib.sh"
# shellcheck source=command/cluster.sh
. "$here/cluster.sh"
# shellcheck source=command/instance.sh
. "$here/instance.sh"
unset "${!PG@}" # libpq's own settings are about other databases
declare +x SUPERVISE_PARTS SUPERVISE_WITH SUPERVISE_PRELOAD
ulimit -n "$(ulimit -Hn)"
for fd in "/proc/$$/fd"/*; do # what the caller had open, such as its pipes, is not ours to keep
	fd=${fd##*/}
	if [ "$fd" -gt 2 ] && [ "$fd" -ne 9 ] && [ "$fd" -ne 255 ]; then eval "exec $fd>&-"; fi
done

log() { printf '%(%F %T)T %s\n' -1 "$*"; }
progress() {
	printf '%s\n' "$@" | write_file "$DIR/run/progress"
	log "$1"
}

# fail SENTENCE [LINES]: before the instance was ready; what is wrong is for the user to see and mend.
fail() {
	local sentence=$1 lines=${2:-}
	if [[ $lines == *'No space left on device'* ]]; then
		sentence="the disk that holds $DIR is full"
	fi
	stop_parts
	progress "failed $sentence" "$lines"
	rm -f "$DIR/run/supervisor.pid"
	exit 1
}

# must SENTENCE FUNCTION ARGUMENT…: what it printed is shown with the sentence when it fails.
must() {
	local said
	said=$(
		set -e
		"${@:2}" 2>&1
	)
	# shellcheck disable=SC2181 # a condition around the command would switch its set -e off
	[ $? -eq 0 ] || fail "$1" "$said"
	[ -z "$said" ] || log "$said"
}

# ---- parts ----

declare -A failures=() next_try=() log_from=()

exec_part() {
	local bin=$DIR/program/bin
	case $1 in
	postgres) cluster_exec "$DIR/pg" "$SOCKETS" ;;
	mosquitto)
		[ -z "$SUPERVISE_PRELOAD" ] || export LD_PRELOAD=$SUPERVISE_PRELOAD ASAN_OPTIONS=detect_leaks=0
		exec mosquitto -c "$DIR/etc/mosquitto.conf"
		;;
	*)
		take_settings <"$DIR/etc/$1.env"
		exec "$bin/gymchat-$1"
		;;
	esac
}

start_part() {
	local part=$1 file=$DIR/log/$1.log
	if [ "$part" = postgres ]; then cluster_clear_stale "$DIR/pg" "$SOCKETS"; fi
	rm -f "$DIR/run/$part.ready"
	touch "$file"
	log_from[$part]=$(($(stat -c %s "$file") + 1))
	exec_part "$part" </dev/null >>"$file" 2>&1 9>&- &
	record_pid "$part" $! 2>/dev/null || true # it may be gone already: that shows below
}

# The words of a part since it was last started.
last_words() { tail -c "+${log_from[$1]}" "$DIR/log/$1.log" | tail -n 15; }

# not_started PART WORDS: with the part's own error as the sentence where it logged one ("… error TEXT").
not_started() {
	local error
	error=$(last_words "$1" | sed -n 's/^.* error  *//p' | tail -n 1)
	fail "$1 $2${error:+: $error}" "$(last_words "$1")"
}

# Starts a part for the first time and waits until it is ready. A part that ends meanwhile has said why: the start fails.
# PostgreSQL after a kill -9 may end several times, until its old backends have gone.
bring_up() {
	local part=$1 state until=$((EPOCHSECONDS + 60))
	progress "starting $part"
	start_part "$part"
	until state=$(part_state "$part") && [ "$state" = ready ]; do
		[ -z "$stopping" ] || return
		if [ "$part" = postgres ] && grep -q 'database system is starting up' <(last_words "$part"); then
			until=$((EPOCHSECONDS + 60)) # recovering: takes what it takes
		fi
		if [ "$EPOCHSECONDS" -ge "$until" ]; then
			not_started "$part" "is not ready after a minute ($state)"
		elif [ "$state" != down ]; then
			pause 0.1
		elif [ "$part" = postgres ] && grep -qE 'shared memory block|lock file' <(last_words "$part"); then
			pause 1
			start_part "$part"
		else
			not_started "$part" 'does not start'
		fi
	done
}

# Looks after one part of a running instance. The first restart is at once, then 1, 2, 4 … 15 s apart until the part
# has lived for half a minute.
tend_part() {
	local part=$1 pid status delay
	if pid_of "$part" >/dev/null; then
		if [ "$EPOCHSECONDS" -gt $((next_try[$part] + 30)) ]; then failures[$part]=0; fi
		return
	fi
	if pid=$(head -n 1 "$DIR/run/$part.pid" 2>/dev/null); then
		wait "$pid" 2>/dev/null
		status=$?
		delay=$((failures[$part] == 0 ? 0 : failures[$part] > 4 ? 15 : 1 << (failures[$part] - 1)))
		failures[$part]=$((failures[$part] + 1))
		next_try[$part]=$((EPOCHSECONDS + delay))
		log "$part ($pid) ended with status $status; starting it again in $delay s"
		rm -f "$DIR/run/$part.pid"
	fi
	if [ "$EPOCHSECONDS" -ge "${next_try[$part]}" ]; then start_part "$part"; fi
}

# pause SECONDS: shorter when a child ends or a signal comes.
pause() {
	local clock
	sleep "$1" 9>&- &
	clock=$!
	wait -n 2>/dev/null # bash's own "Killed" lines: the log has better ones
	kill "$clock" 2>/dev/null
}

supervise() {
	local part
	for part in $SUPERVISE_PARTS; do failures[$part]=0 next_try[$part]=$EPOCHSECONDS; done
	while [ -z "$stopping" ]; do
		for part in $SUPERVISE_PARTS; do tend_part "$part"; done
		if [ ! -e "$DIR/run/supervisor.pid" ]; then
			stopping=yes # the folder was removed under our feet
		fi
		if [ -n "$SUPERVISE_WITH" ] && [ "$(process_mark "$SUPERVISE_WITH")" != "$with_mark" ]; then
			log "process $SUPERVISE_WITH has ended"
			stopping=yes
		fi
		pause 1
	done
}

# ---- the story ----

stopping=
trap 'stopping=yes' TERM INT
with_mark=$([ -z "$SUPERVISE_WITH" ] || process_mark "$SUPERVISE_WITH")
record_pid supervisor $$
choose_sockets
key_setting TOKEN_KEYS "$DIR/etc/token_keys"
key_setting SYSTEM_KEY "$DIR/etc/system_key"
printf '%s\n' "SOCKETS=$SOCKETS" "TOKEN_KEYS_FILE=$GYMCHAT_TOKEN_KEYS_FILE" "SYSTEM_KEY_FILE=$GYMCHAT_SYSTEM_KEY_FILE" \
	>>"$DIR/run/instance"
stop_parts # what an earlier supervisor left when it was killed

must "DIR $DIR cannot be filled" instance_secrets
must "the settings of the parts cannot be written" instance_settings
if [ ! -e "$DIR/pg/PG_VERSION" ] && [[ $SUPERVISE_PARTS == *postgres* ]]; then
	progress "starting a new PostgreSQL cluster"
	must "the PostgreSQL cluster cannot be made" cluster_create "$DIR/pg" "$DIR/etc/owner.password"
fi
for part in $SUPERVISE_PARTS; do
	[ -n "$stopping" ] || bring_up "$part"
	if [ "$part" = postgres ] && [ -z "$stopping" ]; then
		must "the schema cannot be applied" database_prepare
	fi
done
if [ -z "$stopping" ]; then
	progress ready
	supervise
fi
progress stopping
stop_parts
# Parts whose pid files are gone, with all of DIR.
for pid in $(jobs -pr); do
	kill -TERM "$pid" 2>/dev/null
	wait_gone "$pid" "$(process_mark "$pid")" 10 || kill -KILL "$pid"
done
rm -f "$DIR/run/supervisor.pid" "$DIR/run/instance"
[ "$SOCKETS" = "$DIR/run" ] || rm -rf "$SOCKETS"
progress stopped
