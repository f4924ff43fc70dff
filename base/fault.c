/* base/fault.c - see fault.h. Nothing of it is in a build that is not for faults. */
#include "base/fault.h"

#ifdef RELAIS_FAULTS

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES = 16, NAME = 16 };

/* As tests/faults/points.py writes and reads it. */
struct fault_file {
	char magic[8];                                  /* "RLFAULT1" */
	char process[NAME];                             /* the plan: whose … */
	_Atomic uint32_t point, at, kill, armed, fired; /* … which point, at which hit from 1; 1 = SIGKILL */
	uint32_t pad;
	_Atomic int64_t clock;                          /* seconds by which the wall clock is wrong */
	struct {
		char name[NAME];
		_Atomic uint64_t hits[FAULT_POINTS];
	} counts[PROCESSES];
};

static struct fault_file *file;
static int own = -1;

void fault_open(const char *process)
{
	const char *path = getenv("RELAIS_FAULTS");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	void *at = mmap(NULL, sizeof *file, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED || memcmp(((struct fault_file *)at)->magic, "RLFAULT1", 8) != 0)
		return;
	file = at;
	for (int i = 0; i < PROCESSES; i++)
		if (strncmp(file->counts[i].name, process, NAME) == 0)
			own = i;
}

bool fault_hit(enum fault_point point)
{
	if (own < 0)
		return false;
	uint64_t n = atomic_fetch_add(&file->counts[own].hits[point], 1) + 1;
	if (atomic_load(&file->armed) == 0 || atomic_load(&file->point) != (uint32_t)point || n != atomic_load(&file->at) ||
	    strncmp(file->process, file->counts[own].name, NAME) != 0)
		return false;
	atomic_store(&file->armed, 0);
	atomic_fetch_add(&file->fired, 1);
	if (atomic_load(&file->kill) != 0)
		kill(getpid(), SIGKILL);
	return true;
}

/* The C library's own, under the names that it keeps for who stands in front of them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *at, size_t size);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *at, size_t size);

/* Weak: the readers' executables have their own, with the same point (gateway/reader_heap.c). */
__attribute__((weak)) void *malloc(size_t size)
{
	return FAULT(FAULT_LIBRARY) ? NULL : __libc_malloc(size);
}

__attribute__((weak)) void *calloc(size_t n, size_t size)
{
	return FAULT(FAULT_LIBRARY) ? NULL : __libc_calloc(n, size);
}

__attribute__((weak)) void *realloc(void *at, size_t size)
{
	return FAULT(FAULT_LIBRARY) ? NULL : __libc_realloc(at, size);
}

/* The wall clock of this process alone; the monotonic one is never wrong. */
int clock_gettime(clockid_t which, struct timespec *out)
{
	int status = (int)syscall(SYS_clock_gettime, which, out);
	if (status == 0 && which == CLOCK_REALTIME && own >= 0)
		out->tv_sec += atomic_load(&file->clock);
	return status;
}

time_t time(time_t *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}

#else

/* ISO C wants something in a file. */
typedef int fault_is_not_built;

#endif
