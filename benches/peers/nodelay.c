/*
 * Sets TCP_NODELAY on every connection that a program accepts; for programs that lean on Nagle's
 * algorithm and offer no setting, so that they can be compared at the same promptness.
 *
 * build: cc -O2 -shared -fPIC -o nodelay.so nodelay.c
 * usage: LD_PRELOAD=./nodelay.so PROGRAM
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static int prompt(int fd)
{
    int one = 1, before = errno;
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    errno = before; /* not every socket is TCP, and that is nobody's business */
    return fd;
}

int accept(int listener, struct sockaddr *restrict address, socklen_t *restrict length)
{
    static int (*real)(int, struct sockaddr *, socklen_t *);
    if (!real)
        real = dlsym(RTLD_NEXT, "accept");
    return prompt(real(listener, address, length));
}

int accept4(int listener, struct sockaddr *restrict address, socklen_t *restrict length, int flags)
{
    static int (*real)(int, struct sockaddr *, socklen_t *, int);
    if (!real)
        real = dlsym(RTLD_NEXT, "accept4");
    return prompt(real(listener, address, length, flags));
}
