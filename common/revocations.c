#include "common/revocations.h"

#include <stdlib.h>
#include <string.h>

#include "common/jsonread.h"
#include "common/jsonscan.h"
#include "common/must.h"
#include "common/rand.h"

#define ENTRY_MAX 320 /* bytes of one entry as JSON, at most: three keys and a number */

void revocations_deinit(struct revocations *list)
{
	free(list->all);
	free(list->slots);
	*list = (struct revocations){0};
}

/* ---- finding: the broker asks at each CONNECT, and for all its sessions when the list changes
 * ---- */

/* As far as it got before each byte, the state is secret: nobody can choose names that meet. */
static uint64_t hash_add(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	} while (*text++ != '\0');
	return hash;
}

static bool names_same(const struct revocation *a, const struct revocation *b)
{
	return strcmp(a->gym, b->gym) == 0 && strcmp(a->jti, b->jti) == 0 &&
	       (a->jti[0] != '\0' || (a->role == b->role && strcmp(a->sub, b->sub) == 0));
}

/* Where it stands, or would: half of the slots are free. */
static uint32_t *slot_of(const struct revocations *list, const struct revocation *one)
{
	size_t mask = 2 * list->size - 1;
	uint64_t hash = hash_add(hash_add(list->seed, one->gym), one->jti);
	if (one->jti[0] == '\0')
		hash = hash_add(hash + (uint64_t)one->role, one->sub);
	size_t i = (hash ^ hash >> 32) & mask;
	while (list->slots[i] != 0 && !names_same(&list->all[list->slots[i] - 1], one))
		i = (i + 1) & mask;
	return &list->slots[i];
}

static const struct revocation *find(const struct revocations *list, const struct revocation *one)
{
	uint32_t place = list->n == 0 ? 0 : *slot_of(list, one);
	return place == 0 ? NULL : &list->all[place - 1];
}

static void grow(struct revocations *list)
{
	if (list->size == 0)
		rand_bytes(&list->seed, sizeof(list->seed));
	list->size = list->size == 0 ? 16 : list->size * 2;
	list->all = must(reallocarray(list->all, list->size, sizeof(*list->all)));
	free(list->slots);
	list->slots = must(calloc(2 * list->size, sizeof(*list->slots)));
	for (size_t i = 0; i < list->n; i++)
		*slot_of(list, &list->all[i]) = (uint32_t)(i + 1);
}

void revocations_add(struct revocations *list, const struct revocation *one)
{
	if (list->n == list->size)
		grow(list);
	uint32_t *slot = slot_of(list, one);
	if (*slot == 0) {
		list->all[list->n++] = *one;
		*slot = (uint32_t)list->n;
	} else if (list->all[*slot - 1].iat_max < one->iat_max) {
		list->all[*slot - 1].iat_max = one->iat_max;
	}
}

bool revocations_hit(const struct revocations *list, const struct claims *claims)
{
	struct revocation one = {.role = claims->role};
	strcpy(one.gym, claims->gym);
	strcpy(one.sub, claims->sub);
	const struct revocation *holder = find(list, &one);
	if (holder != NULL && claims->iat <= holder->iat_max)
		return true;
	strcpy(one.jti, claims->jti);
	return one.jti[0] != '\0' && find(list, &one) != NULL;
}

static bool is_same(const struct revocation *a, const struct revocation *b)
{
	return names_same(a, b) && a->iat_max == b->iat_max;
}

bool revocations_same(const struct revocations *a, const struct revocations *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (!is_same(&a->all[i], &b->all[i]))
			return false;
	}
	return true;
}

/* ---- on the wire ---- */

static void write_one(struct jsonout *out, const struct revocation *one)
{
	jsonout_open(out, '{');
	jsonout_pair(out, "gym", one->gym);
	if (one->jti[0] != '\0') {
		jsonout_pair(out, "jti", one->jti);
	} else {
		jsonout_pair(out, "role", role_name(one->role));
		jsonout_pair(out, "sub", one->sub);
		jsonout_pair_int(out, "iat_max", one->iat_max);
	}
	jsonout_close(out, '}');
}

bool revocations_write(const struct revocations *list, size_t *next, struct jsonout *out)
{
	jsonout_reset(out);
	jsonout_open(out, '{');
	jsonout_key(out, "replace");
	jsonout_bool(out, *next == 0);
	jsonout_key(out, "revocations");
	jsonout_open(out, '[');
	while (*next < list->n && out->len < REVOCATIONS_PART_SIZE - ENTRY_MAX)
		write_one(out, &list->all[(*next)++]);
	jsonout_close(out, ']');
	if (*next == list->n)
		jsonout_pair_int(out, "total", (int64_t)list->n);
	jsonout_close(out, '}');
	return *next < list->n;
}

static int take_key(struct json_slice object, const char *key, char *buf, struct err *err)
{
	struct json_member member;
	buf[0] = '\0';
	if (!json_find(object, key, &member))
		return 0;
	if (member.type != JSON_STRING || json_unescape(member.value, buf, TOPIC_KEY_MAX + 1) < 0 ||
		!topic_is_key(buf)) {
		buf[0] = '\0';
		return err_set(err, ERR_INPUT, "%s is no key", key);
	}
	return 0;
}

static int take_number(struct json_slice object, const char *key, int64_t *n_r)
{
	struct json_member member;
	int64_t n = 0;
	if (!json_find(object, key, &member) || member.type != JSON_NUMBER)
		return -1;
	for (size_t i = 0; i < member.value.len; i++) {
		if (member.value.at[i] < '0' || member.value.at[i] > '9' || i == 15)
			return -1;
		n = n * 10 + (member.value.at[i] - '0');
	}
	*n_r = n;
	return 0;
}

static int take_one(struct json_slice object, struct revocation *one, struct err *err)
{
	char role[TOPIC_KEY_MAX + 1];
	*one = (struct revocation){0};
	if (take_key(object, "gym", one->gym, err) != 0 ||
		take_key(object, "jti", one->jti, err) != 0 ||
		take_key(object, "sub", one->sub, err) != 0 ||
		take_key(object, "role", role, err) != 0)
		return -1;
	one->role = role_parse(role);
	bool has_holder = one->role != ROLE_NONE && one->sub[0] != '\0';
	if (one->gym[0] == '\0' || has_holder == (one->jti[0] != '\0'))
		return err_set(err, ERR_INPUT, "a revocation has a gym, and a jti or role and sub");
	if (has_holder && take_number(object, "iat_max", &one->iat_max) != 0)
		return err_set(err, ERR_INPUT, "a revocation of a holder has iat_max");
	return 0;
}

static int take_all(struct json_slice array, struct revocations *taken, struct err *err)
{
	struct json_slice item;
	struct revocation one;
	enum json_type type;
	size_t cursor = 0;
	while (json_next_item(array, &cursor, &item, &type) == 1) {
		if (type != JSON_OBJECT)
			return err_set(err, ERR_INPUT, "a revocation is an object");
		if (take_one(item, &one, err) != 0)
			return -1;
		revocations_add(taken, &one);
	}
	return 0;
}

int revocations_read(
	struct revocations *coming, const uint8_t *payload, size_t len, struct err *err)
{
	struct json_slice json = {(const char *)payload, len};
	struct json_member replace, array, total;
	struct revocations taken = {0};
	int64_t n = -1;
	if (json_check(payload, len, err) != 0)
		return -1;
	if (!json_find(json, "replace", &replace) || !json_find(json, "revocations", &array) ||
		(replace.type != JSON_TRUE && replace.type != JSON_FALSE) ||
		array.type != JSON_ARRAY ||
		(json_find(json, "total", &total) && take_number(json, "total", &n) != 0))
		return err_set(err, ERR_INPUT, "not a list of revocations");
	int rc = take_all(array.value, &taken, err);
	if (rc == 0 && replace.type == JSON_TRUE) {
		struct revocations old = *coming;
		*coming = taken;
		taken = old;
	} else {
		for (size_t i = 0; rc == 0 && i < taken.n; i++)
			revocations_add(coming, &taken.all[i]);
	}
	revocations_deinit(&taken);
	return rc != 0 ? -1 : n == (int64_t)coming->n;
}
