// A bad disk for one process (LD_PRELOAD): stands between it and its C library, for the files below SKYHOUND_DISK alone.
//   SKYHOUND_DISK_FAULT=CALL:ERROR:FIRST:COUNT   COUNT calls of CALL, from the FIRSTth on, fail with this errno; of those that
//                                                write, 0 writes the half
//   SKYHOUND_DISK_STALL=FILE:SECONDS             one sync sleeps when FILE appears, and removes it
//   SKYHOUND_DISK_LOG=FILE                       what changes the disk is written there, and what is written to stdout
// CALL: open write pwrite fsync rename unlink ftruncate. FIRST counts from 1; COUNT 0 is all that follow.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEXT(result, name, ...)                                                                                         \
    static result (*next)(__VA_ARGS__);                                                                                 \
    if (!next) next = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int is_ours(const char *path)
{
    const char *disk = getenv("SKYHOUND_DISK");
    return disk && path && strncmp(path, disk, strlen(disk)) == 0;
}

// Where an open file is, if it is ours.
static int place(int fd, char *path)
{
    char link[64];
    const int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const long got = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    path[got > 0 ? got : 0] = 0;
    errno = saved;
    return is_ours(path);
}

// Whether this call fails; its errno, or 0 for the half, in *error.
static int fails(const char *call, int *error)
{
    static long counts[8];
    static const char *const calls[] = {"open", "write", "pwrite", "fsync", "rename", "unlink", "ftruncate", NULL};
    char name[16];
    long first, count;
    const char *fault = getenv("SKYHOUND_DISK_FAULT");
    if (!fault || sscanf(fault, "%15[a-z]:%d:%ld:%ld", name, error, &first, &count) != 4 || strcmp(name, call)) return 0;
    int at = 0;
    while (calls[at] && strcmp(calls[at], call)) at++;
    pthread_mutex_lock(&lock);
    const long now = ++counts[at];
    pthread_mutex_unlock(&lock);
    return now >= first && (count == 0 || now < first + count);
}

static void put(int fd, const void *bytes, size_t count)
{
    const char *from = bytes;
    while (count > 0) {
        const long done = syscall(SYS_write, fd, from, count);
        if (done <= 0) return;
        from += done;
        count -= (size_t)done;
    }
}

// One line, and the bytes that were written.
static void note(const char *what, const char *path, const char *other, long at, const void *bytes, size_t count)
{
    static int fd = -1;
    const char *log = getenv("SKYHOUND_DISK_LOG");
    if (!log) return;
    const int saved = errno;
    char line[3 * PATH_MAX];
    pthread_mutex_lock(&lock);
    if (fd < 0) fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const int length = snprintf(line, sizeof line, "%s\t%s\t%s\t%ld\t%zu\n", what, path, other, at, count);
    put(fd, line, (size_t)length);
    put(fd, bytes, count);
    pthread_mutex_unlock(&lock);
    errno = saved;
}

static int opened(int fd, const char *path, int flags)
{
    if (fd >= 0 && is_ours(path) && (flags & O_CREAT)) note("create", path, "", 0, "", 0);
    return fd;
}

#define OPEN(name)                                                                                                      \
    int name(const char *path, int flags, ...)                                                                          \
    {                                                                                                                   \
        NEXT(int, #name, const char *, int, ...);                                                                       \
        va_list more;                                                                                                   \
        va_start(more, flags);                                                                                          \
        const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;                                   \
        va_end(more);                                                                                                   \
        int error;                                                                                                      \
        if (is_ours(path) && (flags & O_ACCMODE) != O_RDONLY && fails("open", &error)) {                                \
            errno = error;                                                                                              \
            return -1;                                                                                                  \
        }                                                                                                               \
        return opened(next(path, flags, mode), path, flags);                                                            \
    }
OPEN(open)
OPEN(open64)

static void stall(void)
{
    char path[PATH_MAX];
    int seconds;
    const char *wanted = getenv("SKYHOUND_DISK_STALL");
    if (wanted && sscanf(wanted, "%4095[^:]:%d", path, &seconds) == 2 && syscall(SYS_unlinkat, AT_FDCWD, path, 0) == 0)
        sleep((unsigned)seconds);
}

#define SYNC(name)                                                                                                      \
    int name(int fd)                                                                                                    \
    {                                                                                                                   \
        NEXT(int, #name, int);                                                                                          \
        char path[PATH_MAX];                                                                                            \
        int error;                                                                                                      \
        if (!place(fd, path)) return next(fd);                                                                          \
        stall();                                                                                                        \
        if (fails("fsync", &error)) {                                                                                   \
            errno = error;                                                                                              \
            return -1;                                                                                                  \
        }                                                                                                               \
        const int done = next(fd);                                                                                      \
        if (done == 0) note("sync", path, "", 0, "", 0);                                                                \
        return done;                                                                                                    \
    }
SYNC(fsync)
SYNC(fdatasync)

ssize_t write(int fd, const void *bytes, size_t count)
{
    NEXT(ssize_t, "write", int, const void *, size_t);
    char path[PATH_MAX];
    int error;
    if (fd == STDOUT_FILENO) note("said", "", "", 0, bytes, count);
    if (!place(fd, path)) return next(fd, bytes, count);
    if (fails("write", &error)) {
        if (error) {
            errno = error;
            return -1;
        }
        count = (count + 1) / 2;
    }
    struct stat before;
    const long at = fstat(fd, &before) == 0 ? (long)before.st_size : 0;
    const ssize_t done = next(fd, bytes, count);
    if (done > 0) note("write", path, "", at, bytes, (size_t)done);
    return done;
}

#define PWRITE(name, type)                                                                                              \
    ssize_t name(int fd, const void *bytes, size_t count, type at)                                                      \
    {                                                                                                                   \
        NEXT(ssize_t, #name, int, const void *, size_t, type);                                                          \
        char path[PATH_MAX];                                                                                            \
        int error;                                                                                                      \
        if (!place(fd, path)) return next(fd, bytes, count, at);                                                        \
        if (fails("pwrite", &error)) {                                                                                  \
            if (error) {                                                                                                \
                errno = error;                                                                                          \
                return -1;                                                                                              \
            }                                                                                                           \
            count = (count + 1) / 2;                                                                                    \
        }                                                                                                               \
        const ssize_t done = next(fd, bytes, count, at);                                                                \
        if (done > 0) note("write", path, "", (long)at, bytes, (size_t)done);                                           \
        return done;                                                                                                    \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

int rename(const char *from, const char *to)
{
    NEXT(int, "rename", const char *, const char *);
    int error;
    if (is_ours(from) && fails("rename", &error)) {
        errno = error;
        return -1;
    }
    const int done = next(from, to);
    if (done == 0 && is_ours(from)) note("rename", from, to, 0, "", 0);
    return done;
}

// libc's remove calls unlink by a way that nothing stands in.
#define UNLINK(name)                                                                                                    \
    int name(const char *path)                                                                                          \
    {                                                                                                                   \
        NEXT(int, #name, const char *);                                                                                 \
        int error;                                                                                                      \
        if (is_ours(path) && fails("unlink", &error)) {                                                                 \
            errno = error;                                                                                              \
            return -1;                                                                                                  \
        }                                                                                                               \
        const int done = next(path);                                                                                    \
        if (done == 0 && is_ours(path)) note("unlink", path, "", 0, "", 0);                                             \
        return done;                                                                                                    \
    }
UNLINK(unlink)
UNLINK(remove)

#define TRUNCATE(name, type)                                                                                            \
    int name(int fd, type size)                                                                                         \
    {                                                                                                                   \
        NEXT(int, #name, int, type);                                                                                    \
        char path[PATH_MAX];                                                                                            \
        int error;                                                                                                      \
        if (!place(fd, path)) return next(fd, size);                                                                    \
        if (fails("ftruncate", &error)) {                                                                               \
            errno = error;                                                                                              \
            return -1;                                                                                                  \
        }                                                                                                               \
        const int done = next(fd, size);                                                                                \
        if (done == 0) note("truncate", path, "", (long)size, "", 0);                                                   \
        return done;                                                                                                    \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)
