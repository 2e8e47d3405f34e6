/* topic.h - the topic grammar of docs/protocol.md: the only place that knows it in C. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/auto.h"

#define TOPIC_KEY_MAX 64 /* [A-Za-z0-9_-]{1,64} */
#define TOPIC_MAX     400 /* the longest topic of this grammar fits, with its NUL */

enum role { ROLE_NONE, ROLE_CLIENT, ROLE_STAFF, ROLE_KIOSK, ROLE_SERVICE };

enum topic_kind {
	TOPIC_MSG,	/* gym/{gym}/room/{room}/msg/{role}/{who}      roles client, staff, kiosk, service */
	TOPIC_RECEIPT,	/* gym/{gym}/room/{room}/receipt/{role}/{who}  roles client, staff */
	TOPIC_TYPING,	/* gym/{gym}/room/{room}/typing/{role}/{who}   roles client, staff */
	TOPIC_ROOM_LOG, /* gym/{gym}/room/{room}/log */
	TOPIC_TO,	/* gym/{gym}/to/{role}/{who} */
	TOPIC_PRESENCE, /* gym/{gym}/presence/{role}/{who} */
	TOPIC_NOTE,	/* gym/{gym}/desk/{room}/note/staff/{who} */
	TOPIC_HERE,	/* gym/{gym}/desk/{room}/here/staff/{who} */
	TOPIC_DESK_LOG, /* gym/{gym}/desk/{room}/log */
	TOPIC_ANNOUNCE, /* gym/{gym}/announce/staff/{who} */
	TOPIC_STATE	/* gymchat/state/{service}/{instance}: room = service, who = instance */
};

struct topic {
	enum topic_kind kind;
	enum role role; /* ROLE_NONE where the kind has none */
	char gym[TOPIC_KEY_MAX + 1];
	char room[TOPIC_KEY_MAX + 1];
	char who[TOPIC_KEY_MAX + 1];
};

/* A concrete topic (no wildcards). 0, or -1: not of this grammar (level, key or role). *topic_r is whole or zeroed. */
MUST_CHECK int topic_parse(const char *topic, struct topic *topic_r);
/* Writes the topic into buf[size]; returns its length, or -1 when it does not fit or a key is not valid. */
MUST_CHECK int topic_format(const struct topic *topic, char *buf, size_t size);

bool topic_is_key(const char *key);			 /* [A-Za-z0-9_-]{1,64} */
bool topic_is_key_n(const char *key, size_t len);
bool topic_is_kiosk_room(const char *room);		 /* starts with "kiosk-" */
enum role role_parse(const char *word);			 /* ROLE_NONE for any other word */
enum role role_parse_n(const char *word, size_t len);
const char *role_name(enum role role);			 /* "client", ...; "none" */
