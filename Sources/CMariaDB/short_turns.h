#ifndef CSMH_CMARIADB_SHORT_TURNS_H
#define CSMH_CMARIADB_SHORT_TURNS_H

#ifdef __linux__

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Makes the calling thread one of SCHED_BATCH, which preempts no other when it wakes (sched(7)), and asks for turns of this many
 * nanoseconds: from Linux 6.12 on sched_runtime is the slice of such a thread, from 100,000 to 100,000,000, and of those that wait for
 * the core, and have not had their share, the one with the shorter slice comes first; older kernels pass over it. Niceness stays;
 * threads that it creates inherit both. No privilege is needed.
 *
 * Returns 0 or an errno. By the system call: the C library has sched_setattr() from glibc 2.41 on. */
static inline int csmh_take_short_turns(uint64_t nanoseconds) {
  /* The first version of the kernel's struct sched_attr. */
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attributes = {.size = 48, .policy = 3 /* SCHED_BATCH */, .runtime = nanoseconds};
  /* Who chose another policy for the process keeps it. */
  if (sched_getscheduler(0) != SCHED_OTHER) return 0;
  attributes.nice = getpriority(PRIO_PROCESS, 0);
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0 ? 0 : errno;
}

#endif

#endif
