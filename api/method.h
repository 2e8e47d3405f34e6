/* method.h - the request methods that the server tells apart. */
#pragma once

enum http_method {
	HTTP_GET,
	HTTP_HEAD, /* routed and answered as GET; http_reply leaves the body out */
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER
};

const char *http_method_name(enum http_method method); /* "GET", ...; "?" for HTTP_OTHER */
