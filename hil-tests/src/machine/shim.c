// Stands between one process and its C library (LD_PRELOAD): a disk that does not answer or is full, and another UTC.
// The file named by SKYHOUND_RIG_SHIM holds words, read at each call:
//   stall     fsync and fdatasync do not come back before the word goes
//   full      what is written to files (not to stdout and stderr) answers ENOSPC
//   utc=S     UTC is S seconds ahead; the monotonic clocks are left true
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// The words, by system calls alone, so that nothing here meets itself.
static int words(char *text, size_t size)
{
    const char *path = getenv("SKYHOUND_RIG_SHIM");
    if (!path) return 0;
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    const long got = syscall(SYS_read, fd, text, size - 1);
    syscall(SYS_close, fd);
    text[got > 0 ? got : 0] = 0;
    return got > 0;
}

static int has(const char *word)
{
    char text[128];
    return words(text, sizeof text) && strstr(text, word) != NULL;
}

static void while_stalled(void)
{
    while (has("stall")) {
        const struct timespec nap = {0, 10 * 1000 * 1000};
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &nap, NULL);
    }
}

static int is_full(int fd)
{
    struct stat what;
    const int saved = errno;
    const int full = fd > 2 && has("full") && fstat(fd, &what) == 0 && S_ISREG(what.st_mode);
    errno = full ? ENOSPC : saved;
    return full;
}

#define NEXT(result, name, ...)                                                                                         \
    static result (*next)(__VA_ARGS__);                                                                                 \
    if (!next) next = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

int fsync(int fd)
{
    NEXT(int, "fsync", int);
    while_stalled();
    return next(fd);
}

int fdatasync(int fd)
{
    NEXT(int, "fdatasync", int);
    while_stalled();
    return next(fd);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    NEXT(ssize_t, "write", int, const void *, size_t);
    return is_full(fd) ? -1 : next(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    NEXT(ssize_t, "pwrite", int, const void *, size_t, off_t);
    return is_full(fd) ? -1 : next(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    NEXT(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    return is_full(fd) ? -1 : next(fd, bytes, count, at);
}

static time_t ahead_s(void)
{
    char text[128];
    const char *found = words(text, sizeof text) ? strstr(text, "utc=") : NULL;
    return found ? (time_t)strtoll(found + 4, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += ahead_s();
    return failed;
}

int gettimeofday(struct timeval *now, void *zone)
{
    (void)zone;
    struct timespec exact;
    if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *to)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (to) *to = exact.tv_sec;
    return exact.tv_sec;
}
