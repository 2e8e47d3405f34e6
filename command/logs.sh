# shellcheck shell=bash
# gymchat logs

logs_usage() {
	cat <<'TEXT'
usage: ./gymchat logs [PART] [--dir DIR] [--lines N] [--follow]
The last lines (50) of every log of DIR, or of one: postgres, mosquitto, archiver, api, supervisor. They lie in DIR/log.
TEXT
}

verb_logs() {
	local lines=50 follow=() files=() part
	common_options logs_usage "$@"
	set -- "${ARGS[@]}"
	while [ $# -gt 0 ]; do
		case $1 in
		-n | --lines) lines=${2:?--lines needs a number} && shift ;;
		--lines=*) lines=${1#*=} ;;
		-f | --follow) follow=(-F) ;;
		postgres | mosquitto | archiver | api | supervisor) files+=("$1") ;;
		*) die "there is no part '$1': ${PARTS[*]} supervisor" ;;
		esac
		shift
	done
	[[ $lines =~ ^[0-9]+$ ]] || die "--lines needs a number"
	need_instance
	[ ${#files[@]} -gt 0 ] || files=("${PARTS[@]}" supervisor)
	set --
	for part in "${files[@]}"; do
		if [ -e "$DIR/log/$part.log" ]; then set -- "$@" "$DIR/log/$part.log"; fi
	done
	[ $# -gt 0 ] || die "nothing has been logged in $DIR yet"
	exec tail -n "$lines" "${follow[@]}" -- "$@"
}
