#include "api/edge_broker.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static int edge_broker_init_unix(struct edge_broker *broker, const char *path, struct err *err)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&broker->address;
	size_t len = strlen(path);
	if (len == 0 || len >= sizeof(address->sun_path))
		return err_set(err, ERR_CONFIG, "MQTT_SOCKET must have 1 to %zu bytes",
			sizeof(address->sun_path) - 1);
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, len + 1);
	broker->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	snprintf(broker->name, sizeof(broker->name), "%s", path);
	return 0;
}

int edge_broker_init(struct edge_broker *broker, const char *socket_path, const char *host,
	int port, struct err *err)
{
	memset(broker, 0, sizeof(*broker));
	if (socket_path != NULL)
		return edge_broker_init_unix(broker, socket_path, err);
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	char service[16];
	snprintf(service, sizeof(service), "%d", port);
	int rc = getaddrinfo(host, service, &hints, &found);
	if (rc != 0)
		return err_set(err, ERR_CONFIG, "MQTT_HOST %s: %s", host, gai_strerror(rc));
	memcpy(&broker->address, found->ai_addr, found->ai_addrlen);
	broker->address_len = found->ai_addrlen;
	freeaddrinfo(found);
	snprintf(broker->name, sizeof(broker->name), "%s port %d", host, port);
	return 0;
}

enum edge_dial edge_broker_dial(const struct edge_broker *broker, int *fd_r)
{
	*fd_r = -1;
	int family = broker->address.ss_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return EDGE_DIAL_DOWN;
	if (family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	int rc = connect(fd, (const struct sockaddr *)&broker->address, broker->address_len);
	if (rc == 0 || errno == EINPROGRESS) {
		*fd_r = fd;
		return rc == 0 ? EDGE_DIAL_OPEN : EDGE_DIAL_PENDING;
	}
	int why = errno;
	close(fd);
	errno = why;
	return why == EAGAIN ? EDGE_DIAL_FULL : EDGE_DIAL_DOWN;
}

int edge_broker_outcome(int fd)
{
	int why = 0;
	socklen_t len = sizeof(why);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0)
		return -1;
	errno = why;
	return why == 0 ? 0 : -1;
}

int edge_broker_pid(const struct edge_broker *broker, int fd)
{
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);
	if (broker->address.ss_family != AF_UNIX)
		return 0;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ? 0 : (int)peer.pid;
}

int edge_broker_look(const struct edge_broker *broker)
{
	int fd, pid = -1;
	enum edge_dial dial = edge_broker_dial(broker, &fd);
	if (dial == EDGE_DIAL_PENDING) {
		/* the answer of a broker on this machine is there already */
		struct pollfd ready = {.fd = fd, .events = POLLOUT};
		if (poll(&ready, 1, 0) == 1 && edge_broker_outcome(fd) == 0)
			pid = 0;
	} else if (dial == EDGE_DIAL_OPEN) {
		pid = edge_broker_pid(broker, fd);
	} else if (dial == EDGE_DIAL_FULL) {
		pid = 0;
	}
	if (fd >= 0)
		close(fd);
	return pid;
}
