/* Stands between a process and the disk: writes down each call that changes files below one folder, and
 * lets the one it is told to fail.
 *
 * SQLite's own calls do not pass through Python, so this is loaded before the C library (LD_PRELOAD). It
 * sleeps until tap_begin() is called and knows nothing of the program it is loaded into.
 *
 * A record is: kind (1 byte), inode (8), offset or length (8), length of the first text (4), of the second
 * (4), both texts. Little-endian, unaligned. Only calls that succeeded are written down.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int out = -1;          /* where records go; -1: none are written */
static int awake = 0;
static char folder[PATH_MAX]; /* only below it */
static size_t folder_length;
static long seen, failing_at; /* calls that may fail so far; the one that does (0: none) */
static int failing_with, failing_on, failed;
static char failing_kinds[32];
static char unsynced[PATH_MAX];

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

void tap_begin(const char *below, const char *log, long at, int with, int on, const char *kinds) {
    snprintf(folder, sizeof folder, "%s/", below);
    folder_length = strlen(folder);
    out = log && *log ? (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    seen = failed = 0;
    failing_at = at, failing_with = with, failing_on = on;
    snprintf(failing_kinds, sizeof failing_kinds, "%s", kinds ? kinds : "");
    memset(unsynced, 0, sizeof unsynced);
    awake = 1;
}

const char *tap_unsynced(void) { return unsynced; }

long tap_end(void) {
    awake = 0;
    if (out >= 0) syscall(SYS_close, out);
    out = -1;
    return failed ? seen : 0;
}

static void put(char kind, uint64_t inode, int64_t at, const void *one, uint32_t one_length, const void *two,
                uint32_t two_length) {
    if (out < 0) return;
    char head[25];
    head[0] = kind;
    memcpy(head + 1, &inode, 8);
    memcpy(head + 9, &at, 8);
    memcpy(head + 17, &one_length, 4);
    memcpy(head + 21, &two_length, 4);
    struct iovec parts[3] = {{head, 25}, {(void *)one, one_length}, {(void *)two, two_length}};
    syscall(SYS_writev, out, parts, 3);
}

void tap_mark(const char *text) {
    if (awake) put('!', 0, 0, text, strlen(text), "", 0);
}

/* The absolute path of a name beside an open folder; 0 when it is not below ours. */
static int place(int at, const char *name, char *path) {
    if (!awake) return 0;
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
    } else {
        char link[64], base[PATH_MAX];
        if (at == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        ssize_t length = readlink(link, base, sizeof base - 1);
        if (length < 0) return 0;
        base[length] = 0;
        if (snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) return 0;
    }
    return strncmp(path, folder, folder_length) == 0;
}

/* The inode behind an open file below our folder; 0 for others. */
static uint64_t inside(int fd) {
    if (!awake || fd < 0) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    size_t bare = folder_length - 1;
    if (strncmp(path, folder, bare) || (path[bare] != '/' && path[bare] != 0)) return 0;
    struct stat about;
    return fstat(fd, &about) ? 0 : (uint64_t)about.st_ino;
}

static uint64_t inode_of(const char *path) {
    struct stat about;
    return lstat(path, &about) ? 0 : (uint64_t)about.st_ino;
}

/* Count a call that may fail; tell whether it does. */
static int fails(char kind) {
    if (!failing_at || !strchr(failing_kinds, kind)) return 0;
    seen++;
    if (seen == failing_at || (failing_on && seen > failing_at)) {
        failed = 1;
        errno = failing_with;
        return 1;
    }
    return 0;
}

static int opened(int at, const char *name, int flags, mode_t mode, int (*call)(int, const char *, int, mode_t)) {
    char path[PATH_MAX];
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    if (!place(at, name, path) || !writes) return call(at, name, flags, mode);
    uint64_t before = inode_of(path);
    if (fails(before || !(flags & O_CREAT) ? 'o' : 'c')) return -1;
    int fd = call(at, name, flags, mode);
    if (fd < 0) return fd;
    if (!before) put('c', inode_of(path), 0, path, strlen(path), "", 0);
    else if (flags & O_TRUNC) put('t', before, 0, "", 0, "", 0);
    return fd;
}

static int open_at(int at, const char *name, int flags, mode_t mode) {
    return (int)syscall(SYS_openat, at, name, flags | O_LARGEFILE, mode);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }
int open(const char *name, int flags, ...) { MODE(flags) return opened(AT_FDCWD, name, flags, mode, open_at); }
int open64(const char *name, int flags, ...) { MODE(flags) return opened(AT_FDCWD, name, flags, mode, open_at); }
int openat(int at, const char *name, int flags, ...) { MODE(flags) return opened(at, name, flags, mode, open_at); }
int openat64(int at, const char *name, int flags, ...) { MODE(flags) return opened(at, name, flags, mode, open_at); }

/* A full disk takes what still fits, and fails the call after that. */
static size_t fitting(size_t count) {
    return failing_on && seen + 1 == failing_at && count > 1 && strchr(failing_kinds, 'w') ? count / 2 : count;
}

ssize_t write(int fd, const void *data, size_t count) {
    REAL(write);
    uint64_t inode = inside(fd);
    if (!inode) return real(fd, data, count);
    off_t at = (fcntl(fd, F_GETFL) & O_APPEND) ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
    if (fails('w')) return -1;
    ssize_t done = real(fd, data, fitting(count));
    if (done > 0) put('w', inode, at, data, done, "", 0);
    return done;
}

static ssize_t wrote_at(int fd, const void *data, size_t count, off_t at) {
    uint64_t inode = inside(fd);
    if (inode && fails('w')) return -1;
    ssize_t done = syscall(SYS_pwrite64, fd, data, inode ? fitting(count) : count, at);
    if (inode && done > 0) put('w', inode, at, data, done, "", 0);
    return done;
}
ssize_t pwrite(int fd, const void *data, size_t count, off_t at) { return wrote_at(fd, data, count, at); }
ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at) { return wrote_at(fd, data, count, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    if (!inside(fd)) return real(fd, parts, count);
    ssize_t whole = 0;
    for (int each = 0; each < count; each++) {
        ssize_t done = write(fd, parts[each].iov_base, parts[each].iov_len);
        if (done < 0) return whole ? whole : -1;
        whole += done;
    }
    return whole;
}

static int cut(int fd, off_t length) {
    uint64_t inode = inside(fd);
    if (inode && fails('t')) return -1;
    int done = (int)syscall(SYS_ftruncate, fd, length);
    if (inode && !done) put('t', inode, length, "", 0, "", 0);
    return done;
}
int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

static int reserved(int fd, off_t at, off_t length, int (*call)(int, off_t, off_t)) {
    uint64_t inode = inside(fd);
    if (inode && fails('t')) return errno;
    struct stat before = {0};
    if (inode) fstat(fd, &before);
    int done = call(fd, at, length);
    if (inode && !done && before.st_size < at + length) put('t', inode, at + length, "", 0, "", 0);
    return done;
}
int posix_fallocate(int fd, off_t at, off_t length) { REAL(posix_fallocate); return reserved(fd, at, length, real); }
int posix_fallocate64(int fd, off64_t at, off64_t length) { return posix_fallocate(fd, at, length); }

/* Remember whose sync was the first to fail. */
static int not_synced(int fd) {
    int why = errno;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (!*unsynced && readlink(link, unsynced, sizeof unsynced - 1) < 0) *unsynced = 0;
    errno = why;
    return -1;
}

int fsync(int fd) {
    REAL(fsync);
    uint64_t inode = inside(fd);
    if (inode && fails('f')) return not_synced(fd);
    int done = real(fd);
    if (inode && !done) put('f', inode, 0, "", 0, "", 0);
    return done;
}
int fdatasync(int fd) {
    REAL(fdatasync);
    uint64_t inode = inside(fd);
    if (inode && fails('f')) return not_synced(fd);
    int done = real(fd);
    if (inode && !done) put('f', inode, 0, "", 0, "", 0);
    return done;
}

static int moved(int from_at, const char *from, int to_at, const char *to) {
    char one[PATH_MAX], two[PATH_MAX];
    int ours = place(to_at, to, two);
    place(from_at, from, one);
    if (ours && fails('r')) return -1;
    uint64_t inode = ours ? inode_of(one) : 0;
    int done = (int)syscall(SYS_renameat2, from_at, from, to_at, to, 0);
    if (ours && !done) put('r', inode, 0, one, strlen(one), two, strlen(two));
    return done;
}
int rename(const char *from, const char *to) { return moved(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_at, const char *from, int to_at, const char *to) { return moved(from_at, from, to_at, to); }

static int linked(int from_at, const char *from, int to_at, const char *to, int flags) {
    char one[PATH_MAX], two[PATH_MAX];
    int ours = place(to_at, to, two);
    place(from_at, from, one);
    if (ours && fails('l')) return -1;
    int done = (int)syscall(SYS_linkat, from_at, from, to_at, to, flags);
    if (ours && !done) put('l', inode_of(two), 0, one, strlen(one), two, strlen(two));
    return done;
}
int link(const char *from, const char *to) { return linked(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
    return linked(from_at, from, to_at, to, flags);
}

static int removed(int at, const char *name, int flags) {
    char path[PATH_MAX];
    int ours = place(at, name, path);
    if (ours && fails('u')) return -1;
    int done = (int)syscall(SYS_unlinkat, at, name, flags);
    if (ours && !done) put('u', 0, 0, path, strlen(path), "", 0);
    return done;
}
int unlink(const char *name) { return removed(AT_FDCWD, name, 0); }
int unlinkat(int at, const char *name, int flags) { return removed(at, name, flags); }
int remove(const char *name) { return removed(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return removed(AT_FDCWD, name, AT_REMOVEDIR); }

static int made(int at, const char *name, mode_t mode) {
    char path[PATH_MAX];
    int ours = place(at, name, path);
    if (ours && fails('m')) return -1;
    int done = (int)syscall(SYS_mkdirat, at, name, mode);
    if (ours && !done) put('m', inode_of(path), 0, path, strlen(path), "", 0);
    return done;
}
int mkdir(const char *name, mode_t mode) { return made(AT_FDCWD, name, mode); }
int mkdirat(int at, const char *name, mode_t mode) { return made(at, name, mode); }

/* What leaves the machine, so that it can be told before or after which write it did. */
ssize_t send(int fd, const void *data, size_t count, int flags) {
    REAL(send);
    ssize_t done = real(fd, data, count, flags);
    if (awake && done > 0) put('n', 0, 0, data, done, "", 0);
    return done;
}
