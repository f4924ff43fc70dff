/* gateway/backup_stream.c - see backup_stream.h. */
#include "gateway/backup_stream.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, STATUS_NO_PROGRAM = 127 };

static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

const char *backup_stream_part(struct arena *arena, const char *name, unsigned n, bool encrypted)
{
	return arena_printf(arena, "%s.%03u%s", name, n, encrypted ? ".cms" : "");
}

/* --- programs ----------------------------------------------------------------------------- */

/* -1 for in or out: nothing comes in, nothing is kept. Both are closed here. */
static pid_t start(char *const argv[], int in, int out)
{
	pid_t pid = fork();

	if (pid == 0) {
		int none = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(in >= 0 ? in : none, STDIN_FILENO);
		dup2(out >= 0 ? out : none, STDOUT_FILENO);
		close_range(3, ~0U, 0);
		signal(SIGPIPE, SIG_DFL);
		execvp(argv[0], argv);
		_exit(STATUS_NO_PROGRAM);
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return pid;
}

static bool ended_with(pid_t pid, int most)
{
	int status = -1;

	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) <= most;
}

static bool ended_well(pid_t pid)
{
	return ended_with(pid, 0);
}

static bool write_all(int file, const unsigned char *at, size_t len)
{
	while (len > 0) {
		ssize_t n = write(file, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* Up to most bytes; *left is false at the end of the input. */
static bool pump(int from, int to, uint64_t most, bool *left)
{
	unsigned char piece[PIECE];
	uint64_t done = 0;

	*left = true;
	while (done < most) {
		ssize_t n = read(from, piece, most - done < PIECE ? (size_t)(most - done) : PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (n > 0 && !write_all(to, piece, (size_t)n)))
			return false;
		if (n == 0) {
			*left = false;
			return true;
		}
		done += (uint64_t)n;
	}
	return true;
}

/* --- out ------------------------------------------------------------------------------------- */

/* The descriptor to write a part to; with a certificate openssl is behind it. */
static int open_part(const struct backup_stream *s, const char *path, pid_t *encrypter)
{
	int pipes[2], file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	char *argv[] = {word("openssl"), word("cms"), word("-encrypt"), word("-binary"), word("-stream"), word("-aes-256-gcm"), word("-outform"), word("DER"),
			word(s->certificate), NULL};

	*encrypter = 0;
	if (file < 0 || s->certificate[0] == '\0')
		return file;
	if (pipe2(pipes, O_CLOEXEC) != 0) {
		close(file);
		return -1;
	}
	*encrypter = start(argv, pipes[0], file);
	return pipes[1];
}

static bool sync_file(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool done = file >= 0 && fsync(file) == 0;

	if (file >= 0)
		close(file);
	return done;
}

static bool write_part(const struct backup_stream *s, int from, const char *path, bool *left)
{
	pid_t encrypter;
	int to = open_part(s, path, &encrypter);
	bool whole = to >= 0 && pump(from, to, LIMIT_BACKUP_PART, left);

	if (to >= 0 && close(to) != 0)
		whole = false;
	if (encrypter != 0 && !ended_well(encrypter))
		whole = false;
	return whole && sync_file(path);
}

enum reason backup_stream_write(const struct backup_stream *s, const char *name, char *const argv[], unsigned *parts)
{
	bool whole = true, left = true;
	int pipes[2];

	*parts = 0;
	if (pipe2(pipes, O_CLOEXEC) != 0)
		return REASON_IO;
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	pid_t producer = start(argv, -1, pipes[1]);
	while (whole && left) {
		const char *part = backup_stream_part(s->arena, name, *parts, s->certificate[0] != '\0');
		whole = write_part(s, pipes[0], arena_printf(s->arena, "%s/%s", s->folder, part), &left);
		*parts += 1;
	}
	close(pipes[0]);
	bool good = ended_with(producer, s->moving ? 1 : 0) && whole;
	signal(SIGPIPE, before);
	return good ? REASON_NONE : REASON_IO;
}

/* --- in ---------------------------------------------------------------------------------------- */

/* The descriptor to read a part from. */
static int read_part(const struct backup_stream *s, const char *path, pid_t *decrypter)
{
	int pipes[2], file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *argv[] = {word("openssl"), word("cms"), word("-decrypt"), word("-binary"), word("-inform"), word("DER"), word("-inkey"), word(s->key), NULL};

	*decrypter = 0;
	if (file < 0 || s->key[0] == '\0')
		return file;
	if (pipe2(pipes, O_CLOEXEC) != 0) {
		close(file);
		return -1;
	}
	*decrypter = start(argv, file, pipes[1]);
	return pipes[0];
}

enum reason backup_stream_read(const struct backup_stream *s, const char *name, unsigned parts, char *const argv[])
{
	bool whole = true, left;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) != 0)
		return REASON_IO;
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	pid_t consumer = start(argv, pipes[0], -1);
	for (unsigned i = 0; whole && i < parts; i++) {
		pid_t decrypter;
		const char *part = backup_stream_part(s->arena, name, i, s->key[0] != '\0');
		int from = read_part(s, arena_printf(s->arena, "%s/%s", s->folder, part), &decrypter);
		whole = from >= 0 && pump(from, pipes[1], UINT64_MAX, &left);
		if (from >= 0)
			close(from);
		if (decrypter != 0 && !ended_well(decrypter))
			whole = false;
	}
	close(pipes[1]);
	bool good = ended_well(consumer) && whole;
	signal(SIGPIPE, before);
	return good ? REASON_NONE : REASON_IO;
}
