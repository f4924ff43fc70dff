/* gateway/privilege.c - see privilege.h. */
#include "gateway/privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"

enum { CAPABILITIES = 64, WORD = 32 };

/* Numbers that this kernel does not know answer EINVAL. */
static bool bound(int capability)
{
	return prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 1 || prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;
}

bool privilege_bound(uint64_t capabilities)
{
	if (geteuid() != 0)
		return true;
	for (int c = 0; c < CAPABILITIES; c++)
		if ((capabilities & PRIVILEGE(c)) == 0 && !bound(c))
			return false;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 || errno == EINVAL;
}

bool privilege_keep(uint64_t capabilities)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3];

	if (geteuid() != 0)
		return true;
	if (!privilege_bound(capabilities) || syscall(SYS_capget, &head, now) != 0)
		return false;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		now[i].permitted &= (uint32_t)(capabilities >> (WORD * i));
		now[i].effective &= now[i].permitted;
		now[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, now) == 0;
}

static bool limit(int which, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(which, &now) != 0)
		return false;
	if (now.rlim_max > most)
		now.rlim_max = most;
	if (now.rlim_cur > now.rlim_max)
		now.rlim_cur = now.rlim_max;
	return setrlimit(which, &now) == 0;
}

bool privilege_limits(unsigned files)
{
	bool done = limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, files) && limit(RLIMIT_MSGQUEUE, 0) && limit(RLIMIT_RTPRIO, 0);

	/* Without root all processes, and the person's own, count as one user's. */
	if (geteuid() == 0)
		done = done && limit(RLIMIT_NPROC, LIMIT_PROCESS_TASKS);
#ifndef RELAIS_SANITIZED   /* the sanitizers map terabytes */
	done = done && limit(RLIMIT_AS, LIMIT_PROCESS_MEMORY);
#endif
	return done;
}

bool privilege_dies_with(pid_t parent, int signal)
{
	return prctl(PR_SET_PDEATHSIG, signal) == 0 && getppid() == parent;
}
