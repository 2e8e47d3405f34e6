#include "archiver/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/when.h"

#define SMOOTHING 0.2 /* weight of the newest second */
#define PATH_SIZE 4096

void report_measure(struct report *report, bool is_reading, int64_t now_ms)
{
	double sec = (double)(now_ms - report->measured_ms) / 1000;
	if (!is_reading) {
		if (report->away_since_ms == 0)
			report->away_since_ms = now_ms;
	} else {
		if (report->measured_ms != 0 && report->away_since_ms == 0 && sec > 0) {
			double rate =
				(double)(report->counts.received - report->received_before) / sec;
			report->rate += SMOOTHING * (rate - report->rate);
		}
		report->away_since_ms = 0;
		report->has_warned = false;
	}
	report->measured_ms = now_ms;
	report->received_before = report->counts.received;
}

uint64_t report_queued(const struct report *report, int64_t now_ms)
{
	if (report->away_since_ms == 0)
		return 0;
	return (uint64_t)(report->rate * (double)(now_ms - report->away_since_ms) / 1000);
}

bool report_should_warn(struct report *report, uint64_t limit, int64_t now_ms)
{
	if (limit == 0 || report->has_warned || report_queued(report, now_ms) < limit)
		return false;
	report->has_warned = true;
	return true;
}

static void write_counts(const struct report *report, struct jsonout *out)
{
	const struct report_counts *counts = &report->counts;
	jsonout_pair_int(out, "received", (int64_t)counts->received);
	jsonout_pair_int(out, "stored", (int64_t)counts->stored);
	jsonout_pair_int(out, "notes", (int64_t)counts->notes);
	jsonout_pair_int(out, "receipts", (int64_t)counts->receipts);
	jsonout_pair_int(out, "redelivered", (int64_t)counts->redelivered);
	jsonout_pair_int(out, "deduped", (int64_t)counts->deduped);
	jsonout_pair_int(out, "conflicts", (int64_t)counts->conflicts);
	jsonout_pair_int(out, "dead_letters", (int64_t)counts->dead_letters);
	jsonout_pair_int(out, "batches", (int64_t)counts->batches);
}

static void write_warnings(
	const struct report *report, uint64_t warn_queued, int64_t now_ms, struct jsonout *out)
{
	char text[160];
	uint64_t queued = report_queued(report, now_ms);
	jsonout_key(out, "warnings");
	jsonout_open(out, '[');
	if (warn_queued != 0 && queued >= warn_queued) {
		snprintf(text, sizeof(text), "the broker holds about %llu messages for the archive",
			(unsigned long long)queued);
		jsonout_string(out, text);
	}
	if (report->full_since_ms != 0 && now_ms - report->full_since_ms > 30000) {
		snprintf(text, sizeof(text), "the archive has been behind for %lld s",
			(long long)(now_ms - report->full_since_ms) / 1000);
		jsonout_string(out, text);
	}
	jsonout_close(out, ']');
}

static double rate_since(struct report *report, int64_t now_ms)
{
	double sec = (double)(now_ms - report->reported_ms) / 1000;
	double rows = (double)(report->counts.stored - report->stored_before);
	bool is_first = report->reported_ms == 0;
	report->reported_ms = now_ms;
	report->stored_before = report->counts.stored;
	return is_first || sec <= 0 ? 0 : rows / sec;
}

void report_write(struct report *report, const char *instance, uint64_t warn_queued, int64_t now_us,
	int64_t now_ms, struct jsonout *out)
{
	char when[WHEN_TEXT_SIZE];
	jsonout_reset(out);
	jsonout_open(out, '{');
	jsonout_pair(out, "state", report->state);
	jsonout_key(out, "ready");
	jsonout_bool(out, report->is_ready);
	jsonout_pair(out, "reason", report->is_ready ? NULL : report->reason);
	jsonout_pair(out, "instance", instance);
	jsonout_pair(out, "version", GYMCHAT_VERSION);
	jsonout_pair(out, "at", when_format(now_us, when));
	jsonout_key(out, "rate");
	jsonout_real(out, (double)(int64_t)(rate_since(report, now_ms) * 10 + 0.5) / 10);
	jsonout_pair_int(out, "batch", report->last_batch);
	jsonout_pair_int(out, "lag_ms", report->lag_us / 1000);
	jsonout_pair_int(out, "commit_ms", report->commit_us / 1000);
	jsonout_pair_int(out, "queued", (int64_t)report_queued(report, now_ms));
	write_counts(report, out);
	jsonout_key(out, "lease");
	jsonout_open(out, '{');
	jsonout_key(out, "held");
	jsonout_bool(out, report->epoch != 0);
	jsonout_pair_int(out, "epoch", report->epoch);
	jsonout_close(out, '}');
	jsonout_pair_int(out, "rooms_cached", report->rooms_cached);
	write_warnings(report, warn_queued, now_ms, out);
	jsonout_close(out, '}');
	report->lag_us = report->commit_us = 0;
}

int report_ready_file(const char *path, const struct report *report, struct err *err)
{
	char next[PATH_SIZE];
	if (snprintf(next, sizeof(next), "%s.%d", path, (int)getpid()) >= (int)sizeof(next))
		return err_set(err, ERR_CONFIG, "the path of the ready file is too long");
	FILE *file = fopen(next, "we");
	bool is_written = file != NULL &&
			  (report->is_ready ? fputs("ready\n", file)
					    : fprintf(file, "waiting: %s\n", report->reason)) >= 0;
	if (file != NULL && fclose(file) != 0)
		is_written = false;
	if (!is_written || rename(next, path) != 0)
		return err_set(err, ERR_IO, "ready file %s: %s", path, strerror(errno));
	return 0;
}
