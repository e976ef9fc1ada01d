/* Preloaded into a host: once the file that FAILING_SYNC names is there, no data reaches the disk. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int failing(void) {
    const char *file = getenv("FAILING_SYNC");
    return file && access(file, F_OK) == 0;
}

static int refused(void) {
    errno = EIO;
    return -1;
}

int fdatasync(int file) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
    return failing() ? refused() : real(file);
}

int fsync(int file) {
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    return failing() ? refused() : real(file);
}
