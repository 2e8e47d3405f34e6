/* gymchat-token - signs a token with the configured keys: for operators, scripts and tests. A CRM
 * signs its own. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/settings.h"
#include "common/token.h"
#include "common/when.h"

#define TTL_STANDARD 3600
#define TTL_MAX	     (10LL * 366 * 86400)

extern char **environ;

static const char usage[] =
	"Usage: gymchat-token --gym GYM --role ROLE --sub ID [options]\n"
	"Prints a signed token for the broker (as MQTT password) and the API (as Bearer).\n"
	"\n"
	"  --gym GYM       key of the gym; _system: a program's own token, by the system key\n"
	"  --role ROLE     client, staff, kiosk or service\n"
	"  --sub ID        who: key of the client, staff, kiosk or service\n"
	"  --name NAME     shown to others\n"
	"  --rooms A,B     rooms that a client or kiosk may enter; default: its own\n"
	"  --ttl SECONDS   how long it is good, default 3600\n"
	"  --new-key       prints a fresh HS256 key (32 random bytes as base64url) and ends\n"
	"  --settings      prints the table of every program's settings (markdown) and ends\n"
	"  --help          prints this and ends\n"
	"\n";

enum token_option {
	OPT_GYM = 1,
	OPT_ROLE,
	OPT_SUB,
	OPT_NAME,
	OPT_ROOMS,
	OPT_TTL,
	OPT_KEY,
	OPT_SETTINGS,
	OPT_HELP
};

static const struct option options[] = {
	{"gym", required_argument, NULL, OPT_GYM},
	{"role", required_argument, NULL, OPT_ROLE},
	{"sub", required_argument, NULL, OPT_SUB},
	{"name", required_argument, NULL, OPT_NAME},
	{"rooms", required_argument, NULL, OPT_ROOMS},
	{"ttl", required_argument, NULL, OPT_TTL},
	{"new-key", no_argument, NULL, OPT_KEY},
	{"settings", no_argument, NULL, OPT_SETTINGS},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct request {
	struct claims claims;
	long long ttl_sec;
	bool is_done; /* an option that prints and ends */
};

static int copy(const char *what, const char *from, char *to, size_t size, struct err *err)
{
	if (*from == '\0' || strlen(from) >= size)
		return err_set(err, ERR_INPUT, "%s: 1 to %zu bytes expected", what, size - 1);
	strcpy(to, from);
	return 0;
}

static int take_rooms(struct claims *c, const char *list, struct err *err)
{
	while (c->nrooms < TOKEN_ROOMS_MAX) {
		size_t len = strcspn(list, ",");
		if (!topic_is_key_n(list, len))
			return err_set(err, ERR_INPUT,
				"--rooms: keys of [A-Za-z0-9_-]{1,64} "
				"separated by commas expected");
		memcpy(c->rooms[c->nrooms++], list, len);
		if (list[len] == '\0')
			return 0;
		list += len + 1;
	}
	return err_set(err, ERR_INPUT, "--rooms: at most %d", TOKEN_ROOMS_MAX);
}

static int take_ttl(struct request *r, const char *text, struct err *err)
{
	char *end;
	r->ttl_sec = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || r->ttl_sec < 1 || r->ttl_sec > TTL_MAX)
		return err_set(err, ERR_INPUT, "--ttl: seconds from 1 to %lld expected", TTL_MAX);
	return 0;
}

static int print_key(void)
{
	char key[TOKEN_KEY_TEXT_SIZE];
	token_key_generate(key);
	return puts(key) < 0 ? -1 : 0;
}

static int print_help(void)
{
	fputs(usage, stdout);
	settings_help(stdout, SETTING_TOKEN);
	return 0;
}

static int take_option(struct request *r, int option, const char *arg, struct err *err)
{
	struct claims *c = &r->claims;
	r->is_done = option >= OPT_KEY;
	switch (option) {
	case OPT_GYM: return copy("--gym", arg, c->gym, sizeof(c->gym), err);
	case OPT_SUB: return copy("--sub", arg, c->sub, sizeof(c->sub), err);
	case OPT_NAME: return copy("--name", arg, c->name, sizeof(c->name), err);
	case OPT_ROOMS: return take_rooms(c, arg, err);
	case OPT_TTL: return take_ttl(r, arg, err);
	case OPT_KEY: return print_key();
	case OPT_SETTINGS: settings_markdown(stdout); return 0;
	case OPT_HELP: return print_help();
	case OPT_ROLE:
		c->role = role_parse(arg);
		if (c->role != ROLE_NONE)
			return 0;
		return err_set(err, ERR_INPUT, "--role: client, staff, kiosk or service expected");
	default:
		return err_set(
			err, ERR_INPUT, "see gymchat-token --help"); /* getopt has said what */
	}
}

static int take_arguments(struct request *r, int argc, char **argv, struct err *err)
{
	int option;
	while (!r->is_done && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (take_option(r, option, optarg, err) != 0)
			return -1;
	}
	if (r->is_done)
		return 0;
	if (optind < argc)
		return err_set(err, ERR_INPUT, "%s: no such argument, see --help", argv[optind]);
	if (*r->claims.gym == '\0' || *r->claims.sub == '\0' || r->claims.role == ROLE_NONE)
		return err_set(err, ERR_INPUT, "--gym, --role and --sub are needed, see --help");
	return 0;
}

static int print_token(struct request *r, struct err *err)
{
	AUTO(settings) struct settings *settings = NULL;
	AUTO(token_keys) struct token_keys *keys = NULL;
	char token[TOKEN_MAX + 1];
	if (settings_load(&settings, SETTING_TOKEN, environ, NULL, err) != 0)
		return -1;
	const char *crm = settings_text(settings, "TOKEN_KEYS");
	const char *system = settings_text(settings, "SYSTEM_KEY");
	if (crm == NULL && system == NULL)
		return err_set(err, ERR_CONFIG,
			"no key: set GYMCHAT_TOKEN_KEYS_FILE (or GYMCHAT_SYSTEM_KEY_FILE for the "
			"gym _system)");
	r->claims.iat = when_now_us() / 1000000;
	r->claims.exp = r->claims.iat + r->ttl_sec;
	if (token_keys_new(&keys, crm, system, err) != 0 ||
		token_sign(keys, &r->claims, token, sizeof(token), err) != 0)
		return -1;
	puts(token);
	return 0;
}

int main(int argc, char **argv)
{
	struct request request = {.ttl_sec = TTL_STANDARD};
	struct err err = {0};
	if (take_arguments(&request, argc, argv, &err) != 0 ||
		(!request.is_done && print_token(&request, &err) != 0)) {
		fprintf(stderr, "gymchat-token: %s\n", err.text);
		return err.code == ERR_INPUT ? 2 : 1;
	}
	if (fflush(stdout) != 0) {
		perror("gymchat-token");
		return 1;
	}
	return 0;
}
