# shellcheck shell=bash
# gymchat token

token_usage() {
	cat <<'TEXT'
usage: ./gymchat token [--dir DIR] --gym GYM --role client|staff|kiosk|service --sub ID [--name N] [--rooms a,b] [--ttl S]
Prints a token signed with the key of that instance: Bearer for the API, password for the broker (user name
GYM.ROLE.ID, client id GYM.ROLE.ID.anything). --ttl is in seconds. The instance need not be running.
TEXT
}

verb_token() {
	common_options token_usage "$@"
	need_instance
	unset GYMCHAT_TOKEN_KEYS GYMCHAT_SYSTEM_KEY
	GYMCHAT_TOKEN_KEYS_FILE=$(value_of "$DIR/run/instance" TOKEN_KEYS_FILE)
	GYMCHAT_SYSTEM_KEY_FILE=$(value_of "$DIR/run/instance" SYSTEM_KEY_FILE)
	export GYMCHAT_TOKEN_KEYS_FILE=${GYMCHAT_TOKEN_KEYS_FILE:-$DIR/etc/token_keys}
	export GYMCHAT_SYSTEM_KEY_FILE=${GYMCHAT_SYSTEM_KEY_FILE:-$DIR/etc/system_key}
	owner_prefix # the program is the owner's: not for root's hands
	exec "${AS_OWNER[@]}" "$DIR/program/bin/gymchat-token" "${ARGS[@]}"
}
