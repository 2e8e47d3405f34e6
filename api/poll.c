#include "api/poll.h"

#include <stddef.h>

#include "api/db.h"
#include "api/item.h"

#define LOOK_AT_ONCE 1000 /* rooms of one query */

static struct {
	struct poll *first; /* the parked */
	unsigned parked, turn;
	uv_timer_t look;
	bool is_draining;
} polls;

static void on_look(uv_timer_t *timer);

void poll_init(uv_loop_t *loop)
{
	uv_timer_init(loop, &polls.look);
}

void poll_deinit(void)
{
	uv_close((uv_handle_t *)&polls.look, NULL);
}

unsigned poll_count(void)
{
	return polls.parked;
}

static void unpark(struct poll *poll)
{
	if (!poll->is_parked)
		return;
	poll->is_parked = false;
	poll->request->on_more = NULL;
	*(poll->prev != NULL ? &poll->prev->next : &polls.first) = poll->next;
	if (poll->next != NULL)
		poll->next->prev = poll->prev;
	polls.parked--;
}

static void wake(struct poll *poll, enum poll_reason reason)
{
	unpark(poll);
	poll->has_news = false;
	poll->wake(poll, reason);
}

static void on_notice(struct feed_wait *wait, const struct feed_notice *notice)
{
	struct poll *poll = (struct poll *)((char *)wait - offsetof(struct poll, wait));
	(void)notice;
	if (poll->is_parked)
		wake(poll, POLL_NOTICE);
	else
		poll->has_news = true;
}

static void on_over(struct alarm *alarm)
{
	struct poll *poll = (struct poll *)((char *)alarm - offsetof(struct poll, over));
	if (poll->is_parked)
		wake(poll, POLL_OVER);
}

static void end(void *ctx)
{
	poll_end(ctx);
}

void poll_begin(struct poll *poll, struct http_request *request, const char *gym, const char *room,
	bool wants_desk, unsigned wait_sec)
{
	poll->request = request;
	poll->wait = (struct feed_wait){
		.gym = gym, .room = room, .wants_desk = wants_desk, .on_notice = on_notice};
	feed_listen(&poll->wait);
	http_on_end(request, end, poll);
	alarm_set(&poll->over, wait_sec * 1000, on_over);
}

static bool is_over(const struct poll *poll)
{
	return poll->over.place == 0;
}

void poll_end(struct poll *poll)
{
	unpark(poll);
	feed_unlisten(&poll->wait);
	alarm_clear(&poll->over);
}

/* The next request of the same connection is there already: it must not wait for news. */
static void on_more(struct http_request *request)
{
	wake(request->parked, POLL_OVER);
}

static void park(struct poll *poll)
{
	poll->request->parked = poll;
	poll->request->on_more = on_more;
	poll->is_parked = true;
	poll->request->is_long = true;
	poll->prev = NULL;
	poll->next = polls.first;
	if (polls.first != NULL)
		polls.first->prev = poll;
	polls.first = poll;
	polls.parked++;
	if (!uv_is_active((uv_handle_t *)&polls.look))
		uv_timer_start(&polls.look, on_look, POLL_LOOK_MS, POLL_LOOK_MS);
}

void poll_park(struct poll *poll)
{
	if (poll->has_news || is_over(poll) || polls.is_draining) {
		wake(poll, poll->has_news ? POLL_NOTICE : POLL_OVER);
		return;
	}
	park(poll);
	http_park(poll->request);
}

/* ---- looking, since notices may get lost ---- */

static void compare(unsigned turn, const int64_t *versions)
{
	for (struct poll *poll = polls.first, *next; poll != NULL; poll = next) {
		next = poll->next;
		if (poll->turn == turn && poll->version != versions[poll->place])
			wake(poll, POLL_NOTICE);
	}
}

static void on_versions(void *ctx, PGresult *res, const struct err *err)
{
	int64_t versions[LOOK_AT_ONCE] = {0}; /* of a room that does not exist: 0 */
	(void)err;
	if (res == NULL)
		return; /* the next look is soon */
	for (int i = 0; i < PQntuples(res); i++) {
		struct row row = {res, i};
		int64_t place = row_int(row, 0) - 1;
		if (place >= 0 && place < LOOK_AT_ONCE)
			versions[place] = item_version(row_int(row, 1), row_int(row, 2));
	}
	compare((unsigned)(uintptr_t)ctx, versions);
}

static void ask_versions(const char *const *gyms, const char *const *rooms, size_t n)
{
	struct arena arena;
	arena_init(&arena);
	const char *values[] = {values_array(&arena, gyms, n), values_array(&arena, rooms, n)};
	db_run(SQL_ROOMS_LOOK, values, on_versions, (void *)(uintptr_t)polls.turn);
	arena_deinit(&arena);
}

static void look_at_rooms(void)
{
	const char *gyms[LOOK_AT_ONCE], *rooms[LOOK_AT_ONCE];
	size_t n = 0;
	polls.turn++;
	for (struct poll *poll = polls.first; poll != NULL; poll = poll->next) {
		if (poll->wait.room[0] == '\0')
			continue;
		poll->turn = polls.turn;
		poll->place = (unsigned)n;
		gyms[n] = poll->wait.gym;
		rooms[n++] = poll->wait.room;
		if (n == LOOK_AT_ONCE) {
			ask_versions(gyms, rooms, n);
			polls.turn++;
			n = 0;
		}
	}
	if (n > 0)
		ask_versions(gyms, rooms, n);
}

/* Whoever is parked again at once comes before the one that is being looked at. */
static void look_at_gyms(void)
{
	for (struct poll *poll = polls.first, *next; poll != NULL; poll = next) {
		next = poll->next;
		if (poll->wait.room[0] == '\0')
			wake(poll, POLL_LOOK);
	}
}

static void on_look(uv_timer_t *timer)
{
	if (polls.first == NULL)
		uv_timer_stop(timer);
	if (!db_is_up())
		return;
	look_at_rooms();
	look_at_gyms();
}

void poll_drain(void)
{
	polls.is_draining = true;
	while (polls.first != NULL)
		wake(polls.first, POLL_OVER);
}
