/* site.h - the files of a folder, read once into memory: what a request names is only ever compared
 * with what was found, so that no path can lead elsewhere. Knows types and caching, not HTTP. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/auto.h"
#include "common/err.h"

#define SITE_FILE_MAX  (8u << 20) /* bytes; larger ones stop the start */
#define SITE_TOTAL_MAX (64u << 20)

enum site_coding { SITE_PLAIN, SITE_GZIP, SITE_BROTLI, SITE_CODINGS };

struct site_body { /* NULL bytes: there is no such variant */
	uint8_t *bytes;
	size_t len;
	char tag[24]; /* entity tag with its quotes */
};

struct site_file {
	char *path;			       /* "/assets/page.VQEI2D7Z.css" */
	const char *type;		       /* content-type; static */
	bool is_page;			       /* HTML: what the Content-Security-Policy is for */
	bool is_fixed;			       /* its name holds a hash of its content */
	struct site_body bodies[SITE_CODINGS]; /* x.js, x.js.gz and x.js.br are one file */
};

struct site;

/* Reads a folder with its folders; symbolic links and names that start with a dot are left out. */
MUST_CHECK int site_load(struct site **site, const char *folder, struct err *err);
void site_free(struct site **site);
/* The file of a path: itself, with ".html", or with "index.html" where it ends in '/'. NULL: none.
 */
const struct site_file *site_find(const struct site *site, const char *path);
/* The smallest variant that this Accept-Encoding (NULL: none came) takes. */
enum site_coding site_choose(const struct site_file *file, const char *accept);
/* Whether an If-None-Match names this tag. */
bool site_has_tag(const char *if_none_match, const char *tag);
