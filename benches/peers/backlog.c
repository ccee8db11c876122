/*
 * Lets 4,096 connections wait to be accepted; for programs with a short queue and no setting for it.
 * When it overflows the kernel drops the attempt, and the client tries again a second later: that
 * would measure the client's patience.
 *
 * build: cc -O2 -shared -fPIC -o backlog.so backlog.c
 * usage: LD_PRELOAD=./backlog.so PROGRAM
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>

int listen(int fd, int backlog)
{
    static int (*real)(int, int);
    (void)backlog;
    if (!real)
        real = (int (*)(int, int))dlsym(RTLD_NEXT, "listen");
    return real(fd, 4096);
}
