# shellcheck shell=bash
# gymchat down

down_usage() {
	cat <<'TEXT'
usage: ./gymchat down [--dir DIR]
Stops API, archiver, broker and PostgreSQL of DIR, in that order, and waits until they have gone. What a killed
supervisor left running is stopped as well. Nothing running is no error.
TEXT
}

verb_down() {
	local pid
	common_options down_usage "$@"
	[ ${#ARGS[@]} -eq 0 ] || die "down does not know '${ARGS[0]}': see ./gymchat down --help"
	need_instance
	if pid=$(pid_of supervisor); then
		stop_supervisor "$pid"
		say "gymchat in $DIR has stopped"
	elif [ -n "$(running_parts)" ]; then
		stop_parts
		say "gymchat in $DIR has stopped (its supervisor was gone already)"
	else
		say "gymchat is not running in $DIR"
	fi
}
