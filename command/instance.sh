# shellcheck shell=bash
# What lies under DIR (docs/operating.md "What lies where"). Everything here runs as the owner of DIR, never as root.

# The folder of the sockets: run/ where its path is short and plain enough for a socket (107 bytes) and for a URL.
choose_sockets() {
	SOCKETS=$DIR/run
	if [ ${#SOCKETS} -le 90 ] && [[ $SOCKETS =~ ^[A-Za-z0-9/._-]+$ ]]; then return; fi
	SOCKETS=/tmp/gymchat-$(id -u)-$(printf '%s' "$DIR" | cksum | cut -d ' ' -f 1)
	mkdir -m 700 "$SOCKETS" 2>/dev/null ||
		[ "$(stat -c '%u %F' "$SOCKETS")" = "$(id -u) directory" ] ||
		fail "$SOCKETS, wanted for sockets since the path of $DIR is too long or has odd characters, is somebody else's"
}

# key_setting KEY FILE: the keys of a setting lie in one file, for all parts and for `gymchat token`: that which the
# environment names, or one with the value that it gives, or the instance's own.
key_setting() {
	local value=GYMCHAT_$1 file=GYMCHAT_$1_FILE
	if [ -n "${!value:-}" ]; then
		printf '%s\n' "${!value}" | write_file "$2.given" || fail "$2.given cannot be written"
		export "$file=$2.given"
		unset "$value"
	fi
	export "$file=${!file:-$2}"
}

# secret_file PATH COMMAND…: what the command prints, once, and on the disk before anything is made with it.
secret_file() {
	if [ ! -s "$1" ]; then
		"${@:2}" | write_file "$1"
		sync "$1" "$DIR/etc"
	fi
}

first_key() { printf '# KID ALG VALUE: docs/security.md "Tokens"; two lines while a key is rotated.\nmain HS256 %s\n' "$(random_base64url)"; }

instance_secrets() {
	local role
	secret_file "$DIR/etc/token_keys" first_key
	secret_file "$DIR/etc/system_key" random_base64url
	for role in owner archiver api; do secret_file "$DIR/etc/$role.password" random_hex; done
}

# The operator's own: made once, then never touched again. Read by up (up_own_settings) and by the systemd units.
operators_settings() {
	cat <<-TEXT
		# Settings of this instance, lines GYMCHAT_KEY=VALUE, without quotes: docs/settings.md lists them. Read at each
		# ./gymchat up, where the environment wins over them. For example, for the world:
		# GYMCHAT_PUBLIC_URL=https://chat.gym
		# GYMCHAT_DEMO=off
	TEXT
}

# The settings of each part, read by start_part; what stands in the environment of `up` wins over them.
instance_settings() {
	local program=$DIR/program
	[ -e "$DIR/etc/settings" ] || operators_settings | write_file "$DIR/etc/settings"
	database_url archiver gymchat_archiver_login | write_file "$DIR/etc/archiver.url"
	database_url api gymchat_api_login | write_file "$DIR/etc/api.url"
	write_file "$DIR/etc/archiver.env" <<-ENV
		GYMCHAT_ARCHIVER_DATABASE_URL_FILE=$DIR/etc/archiver.url
		GYMCHAT_MQTT_PORT=$MQTT_PORT
		GYMCHAT_SYSTEM_KEY_FILE=$GYMCHAT_SYSTEM_KEY_FILE
		GYMCHAT_INSTANCE=main
		GYMCHAT_READY_FILE=$DIR/run/archiver.ready
	ENV
	write_file "$DIR/etc/api.env" <<-ENV
		GYMCHAT_API_DATABASE_URL_FILE=$DIR/etc/api.url
		GYMCHAT_MQTT_SOCKET=$SOCKETS/mqtt.sock
		GYMCHAT_TOKEN_KEYS_FILE=$GYMCHAT_TOKEN_KEYS_FILE
		GYMCHAT_SYSTEM_KEY_FILE=$GYMCHAT_SYSTEM_KEY_FILE
		GYMCHAT_INSTANCE=main
		GYMCHAT_READY_FILE=$DIR/run/api.ready
		GYMCHAT_WEB_DIR=$program/web
		GYMCHAT_PORT=$GYMCHAT_PORT
		GYMCHAT_ORIGINS=$SCHEME://localhost:$GYMCHAT_PORT
	ENV
	render_broker_conf <"$program/broker-conf/mosquitto.conf.in" | write_file "$DIR/etc/mosquitto.conf"
	mkdir -p "$DIR/mosquitto"
}

render_broker_conf() {
	local text
	text=$(cat)
	text=${text//@PLUGIN@/"$DIR/program/bin/gymchat_auth.so"} # quoted: an & would be what was found
	text=${text//@TOKEN_KEYS_FILE@/"$GYMCHAT_TOKEN_KEYS_FILE"}
	text=${text//@SYSTEM_KEY_FILE@/"$GYMCHAT_SYSTEM_KEY_FILE"}
	text=${text//@MQTT_PORT@/"$MQTT_PORT"}
	text=${text//@MQTT_SOCKET@/"$SOCKETS/mqtt.sock"}
	text=${text//@DATA_DIR@/"$DIR/mosquitto"}
	text=${text//@LOG_FILE@/"$DIR/log/mosquitto.log"}
	printf '%s\n' "$text"
}

# owner_sql DATABASE ARGUMENT…: psql as the owner of the database.
owner_sql() {
	PGPASSWORD=$(<"$DIR/etc/owner.password") psql -XAtq -v ON_ERROR_STOP=1 -h "$SOCKETS" -U gymchat -d "$@"
}

# Database, schema and the two logins, after PostgreSQL has come up. Passwords are set each time: rotating one is
# removing its file and starting again.
database_prepare() {
	local role
	if [ -z "$(owner_sql postgres -c "SELECT 1 FROM pg_database WHERE datname = 'gymchat'")" ]; then
		owner_sql postgres -c 'CREATE DATABASE gymchat'
	fi
	GYMCHAT_DATABASE_URL=$(owner_url) "$DIR/program/schema/migrate" up
	for role in archiver api; do
		owner_sql gymchat <<-SQL
			SET log_min_duration_statement = -1;
			SELECT 'CREATE ROLE gymchat_${role}_login'
			WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gymchat_${role}_login') \gexec
			ALTER ROLE gymchat_${role}_login LOGIN PASSWORD '$(<"$DIR/etc/$role.password")';
			GRANT gymchat_$role TO gymchat_${role}_login;
		SQL
	done
}
