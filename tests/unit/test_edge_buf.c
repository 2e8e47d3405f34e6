#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/edge_buf.h"

#define LIMIT 1000000

static void keeps_what_waits_in_order(void **state)
{
	struct edge_buf buf = {0};
	(void)state;
	assert_int_equal(edge_buf_add(&buf, "hello ", 6, LIMIT), 0);
	assert_int_equal(edge_buf_add(&buf, "world", 5, LIMIT), 0);
	assert_int_equal(buf.len, 11);
	edge_buf_use(&buf, 6);
	assert_int_equal(edge_buf_add(&buf, "!", 1, LIMIT), 0);
	assert_memory_equal(buf.bytes + buf.from, "world!", 6);
	edge_buf_clear(&buf);
}

static void grows_from_the_middle(void **state)
{
	static uint8_t much[5000];
	struct edge_buf buf = {0};
	(void)state;
	memset(much, 'x', sizeof(much));
	assert_int_equal(edge_buf_add(&buf, "abcdef", 6, LIMIT), 0);
	edge_buf_use(&buf, 3);
	assert_int_equal(edge_buf_add(&buf, much, sizeof(much), LIMIT), 0);
	assert_int_equal(buf.len, 3 + sizeof(much));
	assert_memory_equal(buf.bytes + buf.from, "defxxx", 6);
	edge_buf_clear(&buf);
}

static void holds_no_memory_while_empty(void **state)
{
	struct edge_buf buf = {0};
	(void)state;
	assert_int_equal(edge_buf_add(&buf, "", 0, LIMIT), 0);
	assert_null(buf.bytes);
	assert_int_equal(edge_buf_add(&buf, "abc", 3, LIMIT), 0);
	assert_non_null(buf.bytes);
	edge_buf_use(&buf, 3);
	assert_null(buf.bytes);
	assert_int_equal(buf.size, 0);
}

static void keeps_its_limit(void **state)
{
	struct edge_buf buf = {0};
	(void)state;
	assert_int_equal(edge_buf_add(&buf, "12345678", 8, 10), 0);
	assert_int_equal(edge_buf_add(&buf, "123", 3, 10), -1);
	assert_int_equal(buf.len, 8);
	assert_int_equal(edge_buf_add(&buf, "12", 2, 10), 0);
	assert_int_equal(edge_buf_add(&buf, "x", 1, 10), -1);
	assert_int_equal(edge_buf_add(&buf, "x", SIZE_MAX, 10), -1);
	edge_buf_clear(&buf);
}

/* Fills a socket until it takes no more; what it took comes out at the other end, then the rest. */
static void keeps_what_a_full_socket_leaves(void **state)
{
	static uint8_t sent[300000], got[300000];
	struct edge_buf buf = {0};
	int pair[2], small = 4096;
	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 7 + i / 251);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	for (size_t at = 0; at < sizeof(sent); at += 1000)
		assert_int_equal(edge_buf_send(&buf, pair[0], sent + at, 1000, LIMIT), 0);
	assert_true(buf.len > 0);
	size_t have = 0;
	while (have < sizeof(got)) {
		ssize_t n = recv(pair[1], got + have, sizeof(got) - have, 0);
		assert_true(n > 0);
		have += (size_t)n;
		assert_int_equal(edge_buf_flush(&buf, pair[0]), 0);
	}
	assert_memory_equal(sent, got, sizeof(sent));
	assert_null(buf.bytes);
	close(pair[0]);
	close(pair[1]);
}

static void tells_a_broken_socket(void **state)
{
	struct edge_buf buf = {0};
	int pair[2];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	close(pair[1]);
	assert_int_equal(edge_buf_send(&buf, pair[0], "x", 1, LIMIT), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(edge_buf_add(&buf, "x", 1, LIMIT), 0);
	assert_int_equal(edge_buf_flush(&buf, pair[0]), -1);
	edge_buf_clear(&buf);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_waits_in_order),
		cmocka_unit_test(grows_from_the_middle),
		cmocka_unit_test(holds_no_memory_while_empty),
		cmocka_unit_test(keeps_its_limit),
		cmocka_unit_test(keeps_what_a_full_socket_leaves),
		cmocka_unit_test(tells_a_broken_socket),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
