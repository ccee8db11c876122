/*
 * relay-e: the least that a chat server on epoll can do, and so the limit others are held against.
 *
 * One thread. In a turn it reads whatever has arrived, appends it to one batch, and then sends the
 * batch to every socket with one call each. It does not parse, name, limit or remember anything.
 * What a socket does not take is kept for it alone, so that nothing is lost and bytes stay in order.
 * A message that arrives in two reads may be cut by another's: it knows no lines.
 *
 * usage: relay PORT [--flush-ms N]      0 picks a free port; N: send at most every N milliseconds
 * build: cc -O2 -o relay relay.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    DESCRIPTORS_MAX = 1 << 17,  /* memory is taken page by page, as descriptors come into use */
    EVENTS_PER_TURN = 1024,
    READ_BYTES = 64 << 10,
    BATCH_BYTES = 1 << 20,      /* a fuller batch is sent at once */
    KEPT_BYTES_MAX = 64 << 20,  /* who has not taken more than this is hung up on */
};

struct kept {
    size_t start, end, capacity; /* bytes[start..end] are still to be sent */
    char bytes[];
};

/* All that is known of a connection, 16 bytes: its place among the members, and what it has not
 * taken yet. Invariant: member[place[fd]] == fd for everyone connected. */
static int member[DESCRIPTORS_MAX];
static int place[DESCRIPTORS_MAX];
static struct kept *kept[DESCRIPTORS_MAX];
static int members;

static char batch[BATCH_BYTES];
static size_t batched;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int connected(int fd)
{
    return place[fd] < members && member[place[fd]] == fd;
}

static void hang_up(int fd)
{
    int last = member[--members];
    member[place[fd]] = last;
    place[last] = place[fd];
    free(kept[fd]);
    kept[fd] = NULL;
    close(fd);
}

/* Sends what the socket takes; -1 if it is broken. */
static ssize_t send_some(int fd, const char *bytes, size_t count)
{
    ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return sent;
}

static void keep(int fd, const char *bytes, size_t count)
{
    struct kept *own = kept[fd];
    size_t waiting = own ? own->end - own->start : 0;
    if (waiting + count > KEPT_BYTES_MAX) {
        fprintf(stderr, "hung up on a reader with %zu bytes unread\n", waiting);
        hang_up(fd);
        return;
    }
    if (own && own->start)
        memmove(own->bytes, own->bytes + own->start, waiting);
    if (!own || own->capacity < waiting + count) {
        size_t capacity = 2 * (waiting + count);
        own = realloc(own, sizeof *own + capacity);
        if (!own)
            die("realloc");
        own->capacity = capacity;
        kept[fd] = own;
    }
    memcpy(own->bytes + waiting, bytes, count);
    own->start = 0;
    own->end = waiting + count;
}

static void send_kept(int fd)
{
    struct kept *own = kept[fd];
    ssize_t sent = send_some(fd, own->bytes + own->start, own->end - own->start);
    if (sent < 0) {
        hang_up(fd);
        return;
    }
    own->start += sent;
    if (own->start == own->end) {
        free(own);
        kept[fd] = NULL;
    }
}

static void send_batch(void)
{
    /* Backwards: whoever is hung up on is replaced by the last one, who has been served. */
    for (int i = members; i-- > 0;) {
        int fd = member[i];
        ssize_t sent = kept[fd] ? 0 : send_some(fd, batch, batched);
        if (sent < 0)
            hang_up(fd);
        else if ((size_t)sent < batched)
            keep(fd, batch + sent, batched - sent);
    }
    batched = 0;
}

static void read_into_batch(int fd)
{
    for (;;) {
        if (batched + READ_BYTES > BATCH_BYTES)
            send_batch();
        if (!connected(fd)) /* sending hangs up on whoever is broken or too slow */
            return;
        ssize_t got = recv(fd, batch + batched, READ_BYTES, 0);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            hang_up(fd);
            return;
        }
        batched += got;
        if (got < READ_BYTES)
            return; /* the socket is empty: the next bytes are a new edge */
    }
}

static void accept_all(int listener, int poll)
{
    for (;;) {
        int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) {
            if (errno == EAGAIN)
                return;
            if (errno == ECONNABORTED || errno == EINTR)
                continue;
            die("accept"); /* a measurement that ran out of descriptors is none */
        }
        if (fd >= DESCRIPTORS_MAX) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        place[fd] = members;
        member[members++] = fd;
        struct epoll_event both = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &both))
            die("epoll_ctl");
    }
}

static int listen_on(int port)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    socklen_t length = sizeof address;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4096))
        die("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("listening tcp 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Waits for events: as long as it takes when nothing is batched, else until the batch is due. */
static int wait_for_events(int poll, struct epoll_event *events, int64_t due)
{
    if (!batched)
        return epoll_wait(poll, events, EVENTS_PER_TURN, -1);
    int64_t left = due - now_ns();
    if (left < 0)
        left = 0;
    struct timespec patience = {left / 1000000000, left % 1000000000};
    return epoll_pwait2(poll, events, EVENTS_PER_TURN, &patience, NULL);
}

int main(int count, char **words)
{
    if (count != 2 && !(count == 4 && !strcmp(words[2], "--flush-ms"))) {
        fprintf(stderr, "usage: %s PORT [--flush-ms N]\n", words[0]);
        return 2;
    }
    int64_t pause = count == 4 ? atof(words[3]) * 1e6 : 0, due = 0;

    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    int listener = listen_on(atoi(words[1])), poll = epoll_create1(0);
    struct epoll_event readable = {.events = EPOLLIN, .data.fd = listener};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, listener, &readable))
        die("epoll_ctl");

    static struct epoll_event events[EVENTS_PER_TURN];
    for (;;) {
        int ready = wait_for_events(poll, events, due);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                accept_all(listener, poll);
                continue;
            }
            if (connected(fd) && kept[fd] && events[i].events & EPOLLOUT)
                send_kept(fd);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                read_into_batch(fd);
        }
        if (batched && (!pause || now_ns() >= due)) {
            send_batch();
            if (pause)
                due = now_ns() + pause;
        }
    }
}
