#include "api/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct route routes[] = {
	{HTTP_GET, "/v1/gyms/{gym}/rooms/{room}/messages", ROUTE_ALL, .body_max = 1},
	{HTTP_POST, "/v1/gyms/{gym}/rooms/{room}/messages", ROUTE_ALL, .body_max = 2},
	{HTTP_GET, "/v1/gyms/{gym}/rooms/{room}", ROUTE_ALL, .body_max = 3},
	{HTTP_PUT, "/v1/gyms/{gym}", ROUTE_SERVICE, .body_max = 4},
	{HTTP_GET, "/v1/me", ROUTE_ALL, .body_max = 5},
	{HTTP_GET, "/livez", ROUTE_OPEN, .body_max = 6},
};

static void finds_routes(void **state)
{
	static const struct {
		enum http_method method;
		const char *path;
		size_t found; /* body_max of the route; 0: none */
		const char *gym, *room;
		bool is_malformed;
	} cases[] = {
		{HTTP_GET, "/v1/gyms/g/rooms/r/messages", 1, "g", "r", false},
		{HTTP_HEAD, "/v1/gyms/g/rooms/r/messages", 1, "g", "r", false},
		{HTTP_POST, "/v1/gyms/g/rooms/r/messages", 2, "g", "r", false},
		{HTTP_GET, "/v1/gyms/g/rooms/messages", 3, "g", "messages", false},
		{HTTP_GET, "/v1/gyms/rooms/rooms/rooms", 3, "rooms", "rooms", false},
		{HTTP_PUT, "/v1/gyms/A-z_9", 4, "A-z_9", "", false},
		{HTTP_GET, "/v1/gyms/g.h/rooms/r", 3, "", "r", true},
		{HTTP_GET, "/v1/gyms/g/rooms/+", 3, "g", "", true},
		{HTTP_GET, "/v1/me", 5, "", "", false},
		{HTTP_GET, "/livez", 6, "", "", false},
		{HTTP_GET, "/v1/gyms/g/rooms/", 0, NULL, NULL, false},
		{HTTP_GET, "/v1/gyms//rooms/r", 0, NULL, NULL, false},
		{HTTP_GET, "/v1/me/", 0, NULL, NULL, false},
		{HTTP_GET, "/v1", 0, NULL, NULL, false},
		{HTTP_GET, "/v1/mehr", 0, NULL, NULL, false},
		{HTTP_GET, "/", 0, NULL, NULL, false},
		{HTTP_GET, "", 0, NULL, NULL, false},
		{HTTP_DELETE, "/v1/me", 0, NULL, NULL, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct route_places places;
		unsigned allowed;
		const struct route *route = route_find(
			routes, COUNT(routes), cases[i].method, cases[i].path, &places, &allowed);
		size_t found = route == NULL ? 0 : route->body_max;
		if (found != cases[i].found)
			fail_msg("%s: route %zu", cases[i].path, found);
		if (found == 0)
			continue;
		if (strcmp(places.gym, cases[i].gym) != 0 ||
			strcmp(places.room, cases[i].room) != 0 ||
			places.is_malformed != cases[i].is_malformed)
			fail_msg("%s: gym '%s' room '%s' malformed %d", cases[i].path, places.gym,
				places.room, places.is_malformed);
	}
}

static void tells_the_methods_of_a_path(void **state)
{
	struct route_places places;
	unsigned allowed;
	char text[64], small[12];
	(void)state;
	assert_null(route_find(routes, COUNT(routes), HTTP_DELETE, "/v1/gyms/g/rooms/r/messages",
		&places, &allowed));
	assert_string_equal(route_allow(allowed, text, sizeof(text)), "GET, HEAD, POST, OPTIONS");
	assert_null(route_find(routes, COUNT(routes), HTTP_GET, "/nothing", &places, &allowed));
	assert_int_equal(allowed, 0);
	assert_string_equal(route_allow(BIT(HTTP_PUT), text, sizeof(text)), "PUT, OPTIONS");
	assert_string_equal(route_allow(BIT(HTTP_GET), small, sizeof(small)), "GET, HEAD");
}

static void keys_of_64_are_the_longest(void **state)
{
	char path[200];
	struct route_places places;
	unsigned allowed;
	(void)state;
	for (int len = 64; len <= 65; len++) {
		snprintf(path, sizeof(path), "/v1/gyms/%.*s", len,
			"0123456789012345678901234567890123456789012345678901234567890123456789");
		assert_non_null(
			route_find(routes, COUNT(routes), HTTP_PUT, path, &places, &allowed));
		assert_int_equal(places.is_malformed, len == 65);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_routes),
		cmocka_unit_test(tells_the_methods_of_a_path),
		cmocka_unit_test(keys_of_64_are_the_longest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
