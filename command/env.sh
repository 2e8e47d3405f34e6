# shellcheck shell=bash
# gymchat env

env_usage() {
	cat <<'TEXT'
usage: ./gymchat env [--dir DIR]
KEY=VALUE lines of the running instance, safe for eval "$(./gymchat env)" and for env $(./gymchat env) COMMAND:
  GYMCHAT_URL           of API and pages
  GYMCHAT_MQTT_HOST, GYMCHAT_MQTT_PORT   of the broker, plain MQTT
  GYMCHAT_DATABASE_URL  as the owner of the database: psql "$GYMCHAT_DATABASE_URL"
  POSTGRES_PID, MOSQUITTO_PID, ARCHIVER_PID, API_PID   empty for a part that is just down
TEXT
}

verb_env() {
	local facts part
	common_options env_usage "$@"
	[ ${#ARGS[@]} -eq 0 ] || die "env does not know '${ARGS[0]}': see ./gymchat env --help"
	need_instance
	facts=$DIR/run/instance
	pid_of supervisor >/dev/null || die "gymchat is not running in $DIR: ./gymchat up starts it"
	say "GYMCHAT_URL=$(value_of "$facts" URL)"
	say "GYMCHAT_MQTT_HOST=127.0.0.1"
	say "GYMCHAT_MQTT_PORT=$(value_of "$facts" MQTT_PORT)"
	say "GYMCHAT_DATABASE_URL=$(owner_url)"
	for part in "${PARTS[@]}"; do say "${part^^}_PID=$(pid_of "$part" || true)"; done
}
