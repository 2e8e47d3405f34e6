#include "api/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"

#define LISTENER_HANDFUL  32 /* connections before others get their turn */
#define LISTENER_BACKLOG  4096
#define LISTENER_PAUSE_MS 100 /* when descriptors have run out */

static struct {
	uv_poll_t poll;
	uv_timer_t pause;
	struct lws_vhost *vhost;
	int fd;
	bool is_open;
} listener;

static int listener_bind(const struct addrinfo *at, bool is_shared)
{
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){is_shared}, sizeof(int));
	/* what is accepted inherits these */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
	if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, LISTENER_BACKLOG) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

int listener_open(const char *address, int port, bool is_shared, int *fd_r, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
	char service[16];
	snprintf(service, sizeof(service), "%d", port);
	int rc = getaddrinfo(address, service, &hints, &found);
	if (rc != 0)
		return err_set(err, ERR_CONFIG, "LISTEN %s: %s", address, gai_strerror(rc));
	*fd_r = listener_bind(found, is_shared);
	int why = errno;
	freeaddrinfo(found);
	if (*fd_r >= 0)
		return 0;
	return err_set(err, ERR_IO, "cannot listen on %s port %d: %s", address, port,
		why == EADDRINUSE ? "the port is in use" : strerror(why));
}

static void listener_on_poll(uv_poll_t *poll, int status, int events);

static void listener_on_pause(uv_timer_t *timer)
{
	(void)timer;
	uv_poll_start(&listener.poll, UV_READABLE, listener_on_poll);
}

/* Nothing to take it with: what waits stays in the kernel's queue for a moment. */
static void listener_rest(int why)
{
	log_warn("cannot accept connections: %s", strerror(why));
	uv_poll_stop(&listener.poll);
	uv_timer_start(&listener.pause, listener_on_pause, LISTENER_PAUSE_MS, 0);
}

static void listener_on_poll(uv_poll_t *poll, int status, int events)
{
	(void)poll;
	(void)status;
	(void)events;
	for (int i = 0; i < LISTENER_HANDFUL; i++) {
		int fd = accept4(listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			lws_adopt_socket_vhost(listener.vhost, fd); /* closes it where it fails */
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			listener_rest(errno);
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

void listener_start(uv_loop_t *loop, int fd, struct lws_vhost *vhost)
{
	listener.fd = fd;
	listener.vhost = vhost;
	listener.is_open = true;
	uv_timer_init(loop, &listener.pause);
	uv_poll_init(loop, &listener.poll, fd);
	uv_poll_start(&listener.poll, UV_READABLE, listener_on_poll);
}

void listener_stop(void)
{
	if (!listener.is_open)
		return;
	listener.is_open = false;
	uv_poll_stop(&listener.poll);
	uv_close((uv_handle_t *)&listener.poll, NULL);
	uv_close((uv_handle_t *)&listener.pause, NULL);
	close(listener.fd);
}
