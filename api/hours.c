#include "api/hours.h"
#include "common/jsonread.h"

#include <string.h>

/* "07:30" with its quotes to minutes of the day; -1: not one. */
static int minutes(struct json_slice text, enum json_type type)
{
	const char *at = text.at;
	if (type != JSON_STRING || text.len != 7 || at[3] != ':')
		return -1;
	for (int i = 1; i <= 5; i++) {
		if (i != 3 && (at[i] < '0' || at[i] > '9'))
			return -1;
	}
	int hour = (at[1] - '0') * 10 + at[2] - '0', minute = (at[4] - '0') * 10 + at[5] - '0';
	if (minute > 59 || hour > 24 || (hour == 24 && minute > 0))
		return -1;
	return hour * 60 + minute;
}

/* One span, after minute `after`; its end, or -1. */
static int check_span(struct json_slice span, enum json_type type, int after, struct err *err)
{
	struct json_slice item;
	enum json_type item_type;
	size_t cursor = 0;
	int times[2], n = 0;
	while (type == JSON_ARRAY && json_next_item(span, &cursor, &item, &item_type) == 1) {
		int at = minutes(item, item_type);
		if (n == 2 || at < 0)
			return err_set(err, ERR_INPUT, "a span of hours is [\"07:00\", \"22:00\"]");
		times[n++] = at;
	}
	if (n != 2)
		return err_set(err, ERR_INPUT, "a span of hours is [\"07:00\", \"22:00\"]");
	if (times[0] < after || times[1] <= times[0])
		return err_set(err, ERR_INPUT, "spans of hours must rise and not overlap");
	return times[1];
}

static int check_day(const struct json_member *day, struct err *err)
{
	struct json_slice span;
	enum json_type type;
	size_t cursor = 0;
	int end = 0, n = 0;
	if (day->type != JSON_ARRAY)
		return err_set(err, ERR_INPUT, "a day's hours are a list of spans");
	while (json_next_item(day->value, &cursor, &span, &type) == 1) {
		if (++n > HOURS_SPANS_MAX)
			return err_set(err, ERR_INPUT, "over %d spans in a day", HOURS_SPANS_MAX);
		if ((end = check_span(span, type, end, err)) < 0)
			return -1;
	}
	return 0;
}

int hours_check(struct json_slice hours, struct err *err)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	struct json_member day;
	size_t cursor = 0;
	while (json_next(hours, &cursor, &day) == 1) {
		bool is_day = false;
		for (size_t i = 0; i < COUNT(days); i++)
			is_day = is_day || json_key_is(day.key, days[i]);
		if (!is_day)
			return err_set(err, ERR_INPUT, "days are mon tue wed thu fri sat sun");
		if (check_day(&day, err) != 0)
			return -1;
	}
	return 0;
}
