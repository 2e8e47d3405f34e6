/* outlet.h - the archiver's second connection to the broker: log notices and its own state, QoS 0,
 * so that they never stand before the PUBACKs of the first. */
#pragma once
#include <stdbool.h>
#include <uv.h>

#include "archiver/notice.h"
#include "common/err.h"

struct outlet;

struct outlet_options {
	const char *host; /* or a Unix socket's path with port 0 */
	int port;
	const char *username, *instance;
	void *ctx;
	int (*password)(void *ctx, char *buf, size_t size, struct err *err);
	void (*on_up)(void *ctx);
	void (*on_down)(void *ctx, const struct err *err);
	/* All notices of outlet_tell are on their way: at most 1 MiB of them waits in this process.
	 */
	void (*on_told)(void *ctx);
};

struct outlet *outlet_new(uv_loop_t *loop, const struct outlet_options *options);
void outlet_free(struct outlet **outlet);
void outlet_start(struct outlet *outlet); /* nothing where it has been started */
void outlet_stop(struct outlet *outlet);
bool outlet_is_up(const struct outlet *outlet);
/* notices are borrowed until they are told, or outlet_forget. true: told at once, no on_told. */
bool outlet_tell(struct outlet *outlet, const struct notices *notices);
void outlet_forget(struct outlet *outlet);
/* Our state, JSON, to gymchat/state/archiver/{instance}; lost where the link is down. */
void outlet_state(struct outlet *outlet, const char *json, size_t len);
