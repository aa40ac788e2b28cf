/* A disk that is full from the N-th write on, and a clock that is wrong, for one run and all that it starts: LD_PRELOAD.
   HARM_WRITES names a file of 16 bytes that is shared by all processes: how many writes there were, and N (0: never).
   Only writes to files below HARM_FOLDER count. HARM_CLOCK is added to the time of day, in seconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct { atomic_long count; long at; } *shared;

static int below(int fd) {
    char name[32], path[4096];
    const char *folder = getenv("HARM_FOLDER");
    if (!folder) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

static int full(int fd) {
    const char *file = getenv("HARM_WRITES");
    if (!file || !below(fd)) return 0;
    if (!shared) {
        int open_file = open(file, O_RDWR);
        if (open_file < 0) return 0;
        void *memory = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, open_file, 0);
        close(open_file);
        if (memory == MAP_FAILED) return 0;
        shared = memory;
    }
    long number = atomic_fetch_add(&shared->count, 1) + 1;
    if (!shared->at || number < shared->at) return 0;
    errno = ENOSPC;
    return 1;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *from, size_t size) {
    REAL(write);
    return full(fd) ? -1 : real(fd, from, size);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
    REAL(pwrite);
    return full(fd) ? -1 : real(fd, from, size, at);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    REAL(pwrite64);
    return full(fd) ? -1 : real(fd, from, size, at);
}

ssize_t sendfile(int to, int from, off_t *at, size_t size) {
    ssize_t (*real)(int, int, off_t *, size_t) = dlsym(RTLD_NEXT, "sendfile");
    return full(to) ? -1 : real(to, from, at, size);
}

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *there, size_t size, unsigned flags) {
    REAL(copy_file_range);
    return full(to) ? -1 : real(from, at, to, there, size, flags);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int done = real(clock, now);
    const char *wrong = getenv("HARM_CLOCK");
    if (!done && wrong && clock == CLOCK_REALTIME) now->tv_sec += atol(wrong);
    return done;
}

time_t time(time_t *now) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (now) *now = found.tv_sec;
    return found.tv_sec;
}
