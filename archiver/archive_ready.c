#include "archiver/archive_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/when.h"

#define REPORT_TICKS  5
#define SETTLED_MS    2000  /* reading for so long without a failure: the trouble is over */
#define REPEAT_LOG_MS 30000 /* the same complaint again only after that */

void archive_complain(struct archive_complaint *last, const char *about, const char *text)
{
	int64_t now = when_mono_ms();
	if (strncmp(last->text, text, sizeof(last->text) - 1) == 0 &&
		now - last->said_ms < REPEAT_LOG_MS)
		return;
	snprintf(last->text, sizeof(last->text), "%s", text);
	last->said_ms = now;
	log_warn("%s: %s", about, text);
}

const char *archive_trouble_text(const struct err *err)
{
	if (strcmp(err->sqlstate, "53100") == 0)
		return "the database's disk is full";
	if (strcmp(err->sqlstate, "25006") == 0)
		return "the database is read-only";
	return err->text;
}

static const char *state_word(const struct archive *a)
{
	if (a->is_stopping || a->state == ARCHIVE_STOPPED)
		return "stopping";
	if (a->state == ARCHIVE_STANDBY && a->is_waiting_for_lease)
		return "standby";
	return a->report.is_ready ? "storing" : "waiting";
}

/* Why we are not ready into reason; "": we are. */
static void find_reason(const struct archive *a, char *reason, size_t size)
{
	const char *why = "";
	if (a->is_stopping || a->state == ARCHIVE_STOPPED)
		why = "stopping";
	else if (a->state == ARCHIVE_OFFLINE)
		why = a->database_down;
	else if (a->state == ARCHIVE_STANDBY)
		why = a->is_waiting_for_lease ? "standby: another archiver holds the lease"
					      : "taking the lease";
	else if (a->trouble_ms != 0)
		why = a->trouble;
	else if (!input_is_up(a->input))
		why = a->broker_down;
	else if (!outlet_is_up(a->outlet))
		why = "the broker: no connection for notices";
	snprintf(reason, size, "%s", why);
}

void archive_ready_tell(struct archive *a)
{
	AUTO(jsonout) struct jsonout json;
	jsonout_init(&json);
	a->report.state = state_word(a);
	a->report.epoch = lease_is_held(a->lease) ? a->epoch : 0;
	a->report.rooms_cached = rooms_count(a->rooms);
	report_write(&a->report, a->options.instance, a->options.warn_queued, when_now_us(),
		when_mono_ms(), &json);
	outlet_state(a->outlet, json.text, json.len);
}

void archive_ready_update(struct archive *a)
{
	char reason[sizeof(a->report.reason)];
	struct err err = {0};
	find_reason(a, reason, sizeof(reason));
	bool is_ready = reason[0] == '\0';
	if (is_ready == a->report.is_ready && strcmp(reason, a->report.reason) == 0)
		return;
	if (is_ready)
		log_info("ready: storing as %s, epoch %" PRId64, a->options.instance, a->epoch);
	else if (a->report.is_ready || !a->is_stopping)
		log_info("waiting: %s", reason);
	a->report.is_ready = is_ready;
	strcpy(a->report.reason, reason);
	if (a->options.ready_file != NULL &&
		report_ready_file(a->options.ready_file, &a->report, &err) != 0)
		log_error("%s", err.text);
	archive_ready_tell(a);
}

void archive_ready_tick(struct archive *a)
{
	int64_t now = when_mono_ms();
	bool is_reading = input_is_up(a->input);
	report_measure(&a->report, is_reading, now);
	if (report_should_warn(&a->report, a->options.warn_queued, now))
		log_warn("the broker holds about %" PRIu64 " messages for the archive",
			report_queued(&a->report, now));
	if (a->trouble_ms != 0 && a->state == ARCHIVE_READING && is_reading &&
		now - a->trouble_ms > SETTLED_MS) {
		a->trouble_ms = 0;
		archive_ready_update(a);
	}
	if (++a->ticks % REPORT_TICKS == 0)
		archive_ready_tell(a);
}
