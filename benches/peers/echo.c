/*
 * echo-e: the least that a server of datagrams can do, and so the limit others are held against.
 *
 * One thread, one socket, epoll. In a turn it returns every datagram that has arrived to where it
 * came from, one call to receive and one to send each. It does not look at a byte.
 *
 * usage: echo PORT      0 picks a free port
 * build: cc -O2 -o echo echo.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    DATAGRAM_BYTES = 2048,
    DATAGRAMS_PER_TURN = 1024, /* then the poll is asked again, as others do to look at the time */
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_on(int port)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    socklen_t length = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, length))
        die("bind");
    getsockname(fd, (struct sockaddr *)&address, &length);
    printf("listening udp 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void return_all(int fd)
{
    static char bytes[DATAGRAM_BYTES];
    struct sockaddr_storage from;
    for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
        socklen_t length = sizeof from;
        ssize_t got = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got >= 0) /* what cannot be sent is lost, as datagrams are */
            sendto(fd, bytes, got, 0, (struct sockaddr *)&from, length);
    }
}

int main(int count, char **words)
{
    if (count != 2) {
        fprintf(stderr, "usage: %s PORT\n", words[0]);
        return 2;
    }
    int fd = listen_on(atoi(words[1])), poll = epoll_create1(0);
    struct epoll_event readable = {.events = EPOLLIN};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &readable))
        die("epoll_ctl");
    for (;;)
        if (epoll_wait(poll, &readable, 1, -1) > 0)
            return_all(fd);
}
