#include "common/when.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define SEC_US 1000000LL
/* 9999-12-31T23:59:59.999999Z */
#define WHEN_MAX_US (253402300800LL * SEC_US - 1)

int64_t when_now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * SEC_US + ts.tv_nsec / 1000;
}

int64_t when_mono_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Days since 1970-01-01 of a date in the Gregorian calendar, counted in years that start in March,
 * so that the leap day is the last of its year. */
static int64_t days_from_date(int year, int month, int day)
{
	year -= month <= 2;
	int era = year / 400, year_of_era = year % 400;
	int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return (int64_t)era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
	days += 719468;
	int era = (int)(days / 146097), day_of_era = (int)(days % 146097);
	int year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int march_month = (5 * day_of_year + 2) / 153;
	*day = day_of_year - (153 * march_month + 2) / 5 + 1;
	*month = march_month + (march_month < 10 ? 3 : -9);
	*year = year_of_era + era * 400 + (*month <= 2);
}

static int days_in_month(int year, int month)
{
	static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

/* n digits as a number, -1 when one is none */
static int digits(const char *text, int n)
{
	int value = 0;
	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* ".123": advances *text over it; microseconds, -1 without a digit */
static int fraction_us(const char **text, const char *end)
{
	int us = 0, unit = 100000;
	const char *p = *text + 1;
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		us += (*p - '0') * unit;
		unit /= 10;
	}
	if (p == *text + 1)
		return -1;
	*text = p;
	return us;
}

/* "Z" or "+hh:mm", the rest of the text; 0 and seconds east of UTC, or -1 */
static int zone_sec(const char *text, size_t len, int *sec_r)
{
	*sec_r = 0;
	if (len == 1 && (*text == 'Z' || *text == 'z'))
		return 0;
	if (len != 6 || (*text != '+' && *text != '-') || text[3] != ':')
		return -1;
	int hours = digits(text + 1, 2), minutes = digits(text + 4, 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return -1;
	*sec_r = (hours * 60 + minutes) * 60 * (*text == '-' ? -1 : 1);
	return 0;
}

/* "2026-11-22T10:41:07" to seconds; *is_leap_r: second 60 */
static int date_time(const char *t, int64_t *sec_r, bool *is_leap_r)
{
	if (t[4] != '-' || t[7] != '-' || (t[10] != 'T' && t[10] != 't') || t[13] != ':' ||
		t[16] != ':')
		return -1;
	int year = digits(t, 4), month = digits(t + 5, 2), day = digits(t + 8, 2);
	int hour = digits(t + 11, 2), minute = digits(t + 14, 2), second = digits(t + 17, 2);
	if (year < 1969 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return -1;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return -1;
	*is_leap_r = second == 60;
	second -= *is_leap_r;
	*sec_r = days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return 0;
}

int when_parse(const char *text, size_t len, int64_t *us_r)
{
	int64_t sec;
	bool is_leap;
	int us = 0, zone;
	if (len < sizeof("2026-11-22T10:41:07Z") - 1 || date_time(text, &sec, &is_leap) != 0)
		return -1;
	const char *rest = text + 19, *end = text + len;
	if (*rest == '.' && (us = fraction_us(&rest, end)) < 0)
		return -1;
	if (zone_sec(rest, (size_t)(end - rest), &zone) != 0)
		return -1;
	if (is_leap)
		us = SEC_US - 1;
	int64_t when = (sec - zone) * SEC_US + us;
	if (when < 0 || when > WHEN_MAX_US)
		return -1;
	*us_r = when;
	return 0;
}

static void put_pair(char *at, unsigned value)
{
	at[0] = (char)('0' + value / 10);
	at[1] = (char)('0' + value % 10);
}

/* "2026-11-22T" of a day since 1970; most times that are written one after the other are of one
 * day. */
static void put_day(char *at, int64_t days)
{
	static _Thread_local int64_t known_days = -1;
	static _Thread_local char known[] = "0000-00-00T";
	if (days != known_days) {
		int year, month, day;
		date_from_days(days, &year, &month, &day);
		put_pair(known, (unsigned)year / 100);
		put_pair(known + 2, (unsigned)year % 100);
		put_pair(known + 5, (unsigned)month);
		put_pair(known + 8, (unsigned)day);
		known_days = days;
	}
	memcpy(at, known, sizeof(known) - 1);
}

char *when_format(int64_t us, char buf[WHEN_TEXT_SIZE])
{
	us = us < 0 ? 0 : us > WHEN_MAX_US ? WHEN_MAX_US : us;
	int64_t sec = us / SEC_US;
	unsigned of_day = (unsigned)(sec % 86400), ms = (unsigned)(us % SEC_US) / 1000;
	put_day(buf, sec / 86400);
	memcpy(buf + 11, "00:00:00.000Z", 14);
	put_pair(buf + 11, of_day / 3600);
	put_pair(buf + 14, of_day / 60 % 60);
	put_pair(buf + 17, of_day % 60);
	put_pair(buf + 20, ms / 10);
	buf[22] = (char)('0' + ms % 10);
	return buf;
}
