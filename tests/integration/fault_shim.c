/* What a test changes under a running program, by LD_PRELOAD: the wall clock, and how long a sync takes. Both stand as
 * 64-bit numbers in a small file that both sides have open (FAULT_SHIM names it): milliseconds that the wall clock is
 * ahead, and milliseconds that each sync takes more. The other clocks are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *orders;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_SHIM");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  void *map = fd < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) abort(); /* A fault that is not injected would make a test that cannot fail. */
  close(fd);
  orders = map;
}

static int64_t ahead_ms(void) { return orders ? orders[0] : 0; }

int clock_gettime(clockid_t id, struct timespec *out) {
  if (!real_clock_gettime) *(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  int rc = real_clock_gettime(id, out);
  if (rc != 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return rc;
  int64_t ms = ahead_ms();
  out->tv_sec += ms / 1000;
  out->tv_nsec += ms % 1000 * 1000000;
  if (out->tv_nsec >= 1000000000) {
    out->tv_nsec -= 1000000000;
    out->tv_sec += 1;
  } else if (out->tv_nsec < 0) {
    out->tv_nsec += 1000000000;
    out->tv_sec -= 1;
  }
  return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}

static void slowly(void) {
  int64_t ms = orders ? orders[1] : 0;
  if (ms > 0) {
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
  }
}

int fsync(int fd) {
  if (!real_fsync) *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
  slowly();
  return real_fsync(fd);
}

int fdatasync(int fd) {
  if (!real_fdatasync) *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  slowly();
  return real_fdatasync(fd);
}
