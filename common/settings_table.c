/* The table of every setting, and what is written from it: --help and docs/settings.md. */
#include "common/settings_table.h"

#include "common/settings.h"

#define ALL    (SETTING_ARCHIVER | SETTING_API | SETTING_BROKER | SETTING_NOTIFY | SETTING_TOKEN)
#define ON_NET (SETTING_ARCHIVER | SETTING_API | SETTING_NOTIFY)

/* One row a setting, a table to be read across: not for clang-format. */
/* clang-format off */
#define ROW(k, t, p, h, ...) { .key = k, .type = t, .unit = "", .programs = p, .help = h, __VA_ARGS__ }
#define WORD(k, w, d, p, h)  ROW(k, SETTING_WORD, p, h, .words = w, .standard = d)
#define TEXT(k, d, p, h)     ROW(k, SETTING_TEXT, p, h, .standard = d)
#define KEY(k, d, p, h)      ROW(k, SETTING_TEXT, p, h, .standard = d, .words = SETTINGS_KEY)
#define SECRET(k, p, h)      ROW(k, SETTING_SECRET, p, h, .standard = NULL)
#define SWITCH(k, d, p, h)   ROW(k, SETTING_SWITCH, p, h, .standard = d)
#define NUMBER(k, from, to, u, d, p, h) \
	{ .key = k, .type = SETTING_NUMBER, .unit = u, .min = from, .max = to, .standard = d, .programs = p, .help = h }

const struct setting settings_table[] = {
	WORD("LOG_LEVEL", "error|warn|info|debug", "info", ALL, "The least important lines that are still logged."),
	TEXT("MQTT_HOST", "127.0.0.1", ON_NET, "Where the broker's TCP listener is."),
	NUMBER("MQTT_PORT", 1, 65535, "", "1883", ON_NET, "Port of the broker's TCP listener."),
	TEXT("MQTT_SOCKET", NULL, ON_NET, "Path of the broker's Unix socket; where given, host and port are not used."),
	KEY("INSTANCE", "{hostname}-{pid}", SETTING_ARCHIVER | SETTING_API,
	    "Tells processes of one kind apart, in client ids and state topics. A standby archiver has the name of the one that it stands by; an archiver without a name is called main."),
	TEXT("READY_FILE", NULL, SETTING_ARCHIVER | SETTING_API,
	     "A file that always holds \"ready\" or \"waiting: reason\", replaced at each change."),
	SECRET("TOKEN_KEYS", SETTING_API | SETTING_BROKER | SETTING_TOKEN,
	       "The CRM's keys: one or two lines KID ALG VALUE; ALG is HS256 (VALUE: base64url of at least 32 bytes), ES256 or RS256 (VALUE: path of a PEM public key)."),
	NUMBER("TOKEN_DAYS", 1, 3650, "days", "400", SETTING_API | SETTING_BROKER, "The longest life of a token (exp less iat); others are refused. Revocations are kept as long. The same for API and broker."),
	SECRET("SYSTEM_KEY", SETTING_ARCHIVER | SETTING_API | SETTING_BROKER | SETTING_TOKEN,
	       "The key of the programs' own tokens: base64url of at least 32 bytes, not the CRM's."),
	SECRET("SYSTEM_TOKEN", SETTING_ARCHIVER | SETTING_API,
	       "A ready token instead of the system key; a file is read again before the token expires."),
	SECRET("ARCHIVER_DATABASE_URL", SETTING_ARCHIVER, "PostgreSQL connection string of the archiver."),
	NUMBER("BATCH_MAX", 1, 10000, "messages", "7000", SETTING_ARCHIVER, "Most messages of one commit."),
	NUMBER("WARN_QUEUED", 0, 1000000000, "messages", "1000000", SETTING_ARCHIVER, "Warns when the broker probably holds so many for the archive; half of its limit is a good value. 0: never."),
	SWITCH("NOTICES", "on", SETTING_ARCHIVER, "Log notices. Off is for benches: senders never learn that their messages are stored."),
	SECRET("API_DATABASE_URL", SETTING_API, "PostgreSQL connection string of the API."),
	TEXT("LISTEN", "127.0.0.1", SETTING_API, "Address that the API listens on."),
	NUMBER("PORT", 1, 65535, "", "8080", SETTING_API, "Port that the API listens on."),
	TEXT("PUBLIC_URL", NULL, SETTING_API, "Origin that browsers see, for example https://chat.gym; where missing, LISTEN and PORT, with https where TLS_CERT is given. Needed where LISTEN is every address."),
	TEXT("ORIGINS", NULL, SETTING_API, "More origins whose pages may connect, separated by commas."),
	TEXT("MQTT_URL", NULL, SETTING_API, "Address of MQTT over WebSockets that pages are told; where missing, /mqtt at PUBLIC_URL."),
	TEXT("WEB_DIR", NULL, SETTING_API, "Folder of the built web pages (web/dist)."),
	TEXT("TLS_CERT", NULL, SETTING_API, "PEM file with the certificate chain; with TLS_KEY, the API speaks HTTPS."),
	TEXT("TLS_KEY", NULL, SETTING_API, "PEM file with the key of TLS_CERT."),
	NUMBER("DATABASE_CONNECTIONS", 1, 32, "", "4", SETTING_API, "Pipelined connections of each process to PostgreSQL; three more are for searches and the process's own work."),
	NUMBER("WORKERS", 1, 64, "processes", "1", SETTING_API, "Processes that share the port."),
	NUMBER("ANSWER_SEC", 1, 3600, "s", "30", SETTING_API, "A client has so long to take an answer, and a second more for each 32 KiB of it; then its connection is closed."),
	NUMBER("EDGE_CLIENTS", 0, 1000000, "", "0", SETTING_API, "Most WebSocket clients of one process; 0: as many as its descriptors allow, two each."),
	NUMBER("EDGE_CONNECT_MS", 10, 600000, "ms", "5000", SETTING_API, "A WebSocket whose first byte, an MQTT CONNECT, has not come by then is closed."),
	NUMBER("EDGE_STALL_MS", 10, 600000, "ms", "30000", SETTING_API, "A browser that takes nothing for so long while something waits for it is closed."),
	NUMBER("EDGE_PING_MS", 0, 3600000, "ms", "65000", SETTING_API, "A browser that is silent for so long gets a ping, and is closed when it does not answer in the same time; 0: never."),
	NUMBER("EDGE_MESSAGE_MAX", 1024, 16777216, "bytes", "131072", SETTING_API, "Largest WebSocket message that is taken from a browser."),
	SWITCH("DEMO", "off", SETTING_API, "Serves the pages /demo/ and hands out tokens to anybody. Never on a public address."),
	KEY("DEMO_GYM", "demo", SETTING_API, "The gym of the demo's tokens."),
	SWITCH("LIMITS", "on", SETTING_API | SETTING_BROKER, "All limits below; off is for benches."),
	NUMBER("LIMIT_MESSAGES", 0, 1000000, "per second", "20", SETTING_BROKER, "Publishes of one identity; 0: no limit."),
	NUMBER("LIMIT_BYTES", 0, 1000000000, "bytes per second", "65536", SETTING_API | SETTING_BROKER, "Payload bytes of one identity, over MQTT and over HTTP; 0: no limit."),
	NUMBER("LIMIT_CONNECTIONS", 0, 1000000, "", "10", SETTING_BROKER, "Connections of one identity at a time, and sessions that it may leave with the broker without one; 0: no limit."),
	NUMBER("LIMIT_SUBSCRIPTIONS", 0, 1000000, "", "50", SETTING_BROKER, "Subscriptions of one identity at a time; 0: no limit."),
	NUMBER("LIMIT_STAFF_FACTOR", 1, 10000, "", "50", SETTING_API | SETTING_BROKER, "Staff and services have so many times more."),
	NUMBER("LIMIT_REQUESTS", 0, 1000000, "per second", "20", SETTING_API, "HTTP requests of one identity; 0: no limit."),
	NUMBER("LIMIT_BURST", 1, 1000000, "requests", "40", SETTING_API, "HTTP requests that one identity may make at once before LIMIT_REQUESTS counts."),
	NUMBER("LIMIT_PENDING", 0, 1000000, "requests", "32", SETTING_API, "HTTP requests of one identity that are under way: those that wait, and those whose answers are not taken yet; 0: no limit."),
	SECRET("TOKEN", SETTING_NOTIFY, "The kiosk's token; a file is read again for each connection."),
	TEXT("SPOOL", "/var/spool/gymchat-notify", SETTING_NOTIFY, "Folder that keeps what is not stored yet; made where it is missing."),
	NUMBER("SPOOL_MAX", 1, 10000000, "messages", "100000", SETTING_NOTIFY, "Most messages that the spool keeps; more are refused."),
	TEXT("URL", NULL, SETTING_COMMAND, "Where the chat is: printed by `gymchat env`, ignored by the programs."),
	SECRET("DATABASE_URL", SETTING_COMMAND, "Connection string of the database's owner: printed by `gymchat env`, ignored by the programs."),
	{ .key = NULL },
};
/* clang-format on */

_Static_assert(COUNT(settings_table) <= SETTINGS_MAX, "raise SETTINGS_MAX");

static void print_kind(FILE *out, const struct setting *s)
{
	switch (s->type) {
	case SETTING_NUMBER:
		fprintf(out, "number %lld..%lld%s%s", s->min, s->max, *s->unit != '\0' ? " " : "",
			s->unit);
		break;
	case SETTING_SWITCH: fputs("on or off", out); break;
	case SETTING_SECRET: fputs("secret", out); break;
	case SETTING_TEXT: fprintf(out, "text%s%s", s->words ? " of " : "", s->words ?: ""); break;
	case SETTING_WORD:
		for (const char *p = s->words; *p != '\0'; p++)
			fprintf(out, *p == '|' ? ", " : "%c", *p);
		break;
	}
}

void settings_help(FILE *out, enum setting_program program)
{
	fputs("Settings, from the environment:\n", out);
	for (const struct setting *s = settings_table; s->key != NULL; s++) {
		if ((s->programs & program) == 0)
			continue;
		fprintf(out, "  GYMCHAT_%s%s (", s->key,
			s->type == SETTING_SECRET ? " or _FILE" : "");
		print_kind(out, s);
		if (s->standard != NULL)
			fprintf(out, "; default %s", s->standard);
		fprintf(out, ")\n      %s\n", s->help);
	}
}

static void print_programs(FILE *out, unsigned programs)
{
	static const char *const names[] = {
		"archiver", "api", "broker", "notify", "token", "command"};
	const char *comma = "";
	if ((programs & ALL) == ALL) {
		fputs("all", out);
		return;
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		if ((programs & BIT(i)) == 0)
			continue;
		fprintf(out, "%s%s", comma, names[i]);
		comma = ", ";
	}
}

void settings_markdown(FILE *out)
{
	fputs("| setting | value | default | used by | meaning |\n| --- | --- | --- | --- | --- "
	      "|\n",
		out);
	for (const struct setting *s = settings_table; s->key != NULL; s++) {
		fprintf(out, "| `GYMCHAT_%s`%s | ", s->key,
			s->type == SETTING_SECRET ? " or `…_FILE`" : "");
		print_kind(out, s);
		fprintf(out, " | %s%s%s | ", s->standard ? "`" : "", s->standard ?: "",
			s->standard ? "`" : "");
		print_programs(out, s->programs);
		fprintf(out, " | %s |\n", s->help);
	}
}
