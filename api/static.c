#include "api/static.h"

#include <string.h>

#include "api/demo.h"
#include "api/policy.h"
#include "api/site.h"
#include "common/log.h"
#include "common/when.h"

#define STATIC_POLICY_MAX 1000 /* bytes; what http_add_header takes, see there */
#define DEMO_PATH	  "/demo/"
#define DEMO_TOKEN_PATH	  "/demo/token/"

static struct {
	struct site *site; /* NULL without WEB_DIR */
	const struct token_keys *keys;
	const char *demo_gym; /* NULL: the demo is off */
	bool is_https;
	char policy[STATIC_POLICY_MAX];
} pages;

static bool starts_with(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

int static_init(const struct settings *settings, const struct token_keys *keys, struct err *err)
{
	const char *folder = settings_text(settings, "WEB_DIR");
	const char *url = settings_text(settings, "PUBLIC_URL");
	memset(&pages, 0, sizeof(pages));
	pages.keys = keys;
	pages.is_https = url != NULL && strncasecmp(url, "https:", 6) == 0;
	if (policy_write(settings, pages.policy, sizeof(pages.policy), err) < 0)
		return -1;
	if (folder != NULL && site_load(&pages.site, folder, err) < 0)
		return -1;
	if (settings_on(settings, "DEMO")) {
		pages.demo_gym = settings_text(settings, "DEMO_GYM");
		log_warn("GYMCHAT_DEMO is on: ANYBODY who reaches this server gets a token of the "
			 "gym %s from " DEMO_TOKEN_PATH ", as client, staff or kiosk",
			pages.demo_gym);
	}
	return 0;
}

void static_deinit(void)
{
	site_free(&pages.site);
}

/* ---- files ---- */

static void add_page_headers(struct http_request *request)
{
	http_add_header(request, "content-security-policy", "%s", pages.policy);
	http_add_header(request, "cross-origin-opener-policy", "same-origin");
	http_add_header(request, "permissions-policy",
		"camera=(), microphone=(), geolocation=(), payment=(), usb=()");
	if (pages.is_https)
		http_add_header(request, "strict-transport-security", "max-age=31536000");
}

static void add_file_headers(
	struct http_request *request, const struct site_file *file, enum site_coding coding)
{
	http_add_header(request, "referrer-policy", "same-origin");
	http_add_header(request, "etag", "%s", file->bodies[coding].tag);
	http_add_header(request, "cache-control", "%s",
		file->is_fixed ? "public, max-age=31536000, immutable" : "no-cache");
	/* origin: pages of the CRM load the elements as modules, with CORS */
	http_add_header(request, "vary", "accept-encoding, origin");
	if (coding != SITE_PLAIN)
		http_add_header(request, "content-encoding", coding == SITE_GZIP ? "gzip" : "br");
	if (file->is_page)
		add_page_headers(request);
}

static void serve_file(struct http_request *request, const struct site_file *file)
{
	enum site_coding coding =
		site_choose(file, http_header(request, WSI_TOKEN_HTTP_ACCEPT_ENCODING));
	const struct site_body *body = &file->bodies[coding];
	add_file_headers(request, file, coding);
	if (site_has_tag(http_header(request, WSI_TOKEN_HTTP_IF_NONE_MATCH), body->tag))
		http_reply(request, 304, NULL, NULL, 0, NULL);
	else
		http_reply(request, 200, file->type, body->bytes, body->len, NULL);
}

/* ---- the demo ---- */

static void serve_token(struct http_request *request)
{
	struct err err = {0};
	struct jsonout *json = http_json();
	const char *role = request->path + strlen(DEMO_TOKEN_PATH);
	int rc = demo_token(pages.keys, pages.demo_gym, role, http_query(request, "sub"),
		http_query(request, "name"), when_now_us(), json, &err);
	if (rc == 0)
		http_reply_json(request, 200, json);
	else if (err.code == ERR_NOT_FOUND)
		http_fail(request, "not_found", "%s", err.text);
	else if (err.code == ERR_INPUT)
		http_fail(request, "invalid", "%s", err.text);
	else
		http_fail(request, "internal", "%s", err.text);
}

static void refuse_method(struct http_request *request, const char *allowed)
{
	http_add_header(request, "allow", "%s", allowed);
	http_fail(request, "method_not_allowed", "here only %s", allowed);
}

static void redirect(struct http_request *request, const char *to)
{
	http_add_header(request, "location", "%s", to);
	http_add_header(request, "cache-control", "no-cache");
	http_reply(request, 302, NULL, NULL, 0, NULL);
}

/* False: nothing of the demo's own. */
static bool serve_demo(struct http_request *request, bool is_read)
{
	const char *path = request->path;
	if (pages.demo_gym == NULL)
		return false;
	if (starts_with(path, DEMO_TOKEN_PATH)) {
		if (request->method == HTTP_POST)
			serve_token(request);
		else
			refuse_method(request, "POST");
		return true;
	}
	if (!is_read || (strcmp(path, "/") != 0 && strcmp(path, "/demo") != 0))
		return false;
	redirect(request, DEMO_PATH);
	return true;
}

void static_serve(struct http_request *request)
{
	const char *path = request->path;
	bool is_read = request->method == HTTP_GET || request->method == HTTP_HEAD;
	bool is_demo = strcmp(path, "/demo") == 0 || starts_with(path, DEMO_PATH);
	const struct site_file *file = NULL;
	if (serve_demo(request, is_read))
		return;
	if (pages.site != NULL && (!is_demo || pages.demo_gym != NULL))
		file = site_find(pages.site, path);
	if (file == NULL)
		http_fail(request, "not_found", "there is nothing at %.200s", path);
	else if (!is_read)
		refuse_method(request, "GET, HEAD");
	else
		serve_file(request, file);
}
