/* tests/peers/schematron_probe.c - what one schematron does to documents, rule by rule; for tests/schematron.py.
 *
 * schematron_probe TABLES NAME FILE…       schematron_probe --report LEVEL FILE: writes a report of our own
 * For each file a line "file NAME STATE unjudged N micros N", then "fired PATTERN RULE TIMES" and "failed PATTERN RULE TEST TIMES", by number
 * from 0 within the table. First a line "loaded N micros N kilobytes N". */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "cda/schematron_run.h"
#include "cda/schematron_table.h"
#include "cda/write.h"

enum { SEEN_MAX = 100000 };

struct seen {
	size_t pattern, rule, test, times;
	bool failed;
};

struct sight {
	struct seen *all;
	size_t n;
};

static void note(struct sight *s, bool failed, size_t pattern, size_t rule, size_t test)
{
	for (size_t i = s->n; i > 0; i--) {
		struct seen *one = &s->all[i - 1];
		if (one->failed == failed && one->pattern == pattern && one->rule == rule && one->test == test) {
			one->times++;
			return;
		}
	}
	if (s->n < SEEN_MAX)
		s->all[s->n++] = (struct seen){pattern, rule, test, 1, failed};
}

static void fired(void *context, size_t pattern, size_t rule)
{
	note(context, false, pattern, rule, 0);
}

static void failed(void *context, size_t pattern, size_t rule, size_t test)
{
	note(context, true, pattern, rule, test);
}

static long long micros(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool file_read(struct arena *arena, const char *path, struct bytes *out)
{
	struct stat is;
	int descriptor = open(path, O_RDONLY);

	if (descriptor < 0 || fstat(descriptor, &is) != 0)
		return false;
	unsigned char *text = arena_alloc(arena, (size_t)is.st_size + 1);
	bool good = read(descriptor, text, (size_t)is.st_size) == is.st_size;
	close(descriptor);
	*out = (struct bytes){text, (size_t)is.st_size};
	return good;
}

static size_t number_of(const struct schematron_set *set, const char *name)
{
	for (size_t i = 0; i < schematron_count(set); i++)
		if (strcmp(schematron_table_at(set, i)->name, name) == 0)
			return i;
	fprintf(stderr, "no schematron %s\n", name);
	exit(2);
}

/* A child each, as in service: the bound of time counts for one. */
static void look(const struct schematron_set *set, size_t number, const char *path)
{
	struct arena *arena = arena_create(256u * 1024 * 1024);
	struct sight s = {.all = arena_alloc(arena, SEEN_MAX * sizeof *s.all)};
	const struct schematron_watch watch = {fired, failed, &s};
	struct schematron_result result;
	struct bytes text;

	if (!file_read(arena, path, &text))
		exit(3);
	long long begin = micros();
	schematron_check_one(set, number, arena, text, &watch, &result);
	printf("file %s %s unjudged %zu micros %lld\n", path, schematron_state_name(result.state), result.unjudged, micros() - begin);
	for (size_t i = 0; i < s.n; i++) {
		if (s.all[i].failed)
			printf("failed %zu %zu %zu %zu\n", s.all[i].pattern, s.all[i].rule, s.all[i].test, s.all[i].times);
		else
			printf("fired %zu %zu %zu\n", s.all[i].pattern, s.all[i].rule, s.all[i].times);
	}
	arena_destroy(&arena);
}

static int report_write(unsigned level, const char *path)
{
	struct arena *arena = arena_create(8u * 1024 * 1024);
	const struct cda_write_section section = {CDA_WRITE_OPINION, .title = BYTES("Avis"), .text = BYTES("Une surveillance suffit.")};
	const struct cda_write_report report = {
		.level = level, .sections = &section, .section_count = level == 3, .id = BYTES("2.25.1001"), .set_id = BYTES("2.25.1000"), .version = 1, .request_id = BYTES("2.25.900^Q-1"),
		.title = BYTES("Deuxième avis médical"), .time = {{1795297800000000}, 60}, .signed_time = {{1795290000000000}, 60},
		.act = BYTES("TE2"), .service_end = {{1795290000000000}, 60}, .service_time = {{1795200000000000}, 60},
		.patient = {.ins = BYTES("279035121518989"), .oid = BYTES("1.2.250.1.213.1.4.10"), .family_birth = BYTES("PAT-TROIS"),
			    .given_birth_first = BYTES("DOMINIQUE"), .given_birth_all = BYTES("DOMINIQUE MARIE-LOUISE"),
			    .birth_time = BYTES("19790328"), .sex = BYTES("F"), .birth_place = BYTES("51215")},
		.expert = {.rpps = BYTES("01234567123"), .given = BYTES("Hélène"), .family = BYTES("D'EXEMPLE"), .organisation = BYTES("CHU de démonstration"),
			   .organisation_id = BYTES("1750000002"), .specialty_code = BYTES("G15_10/SM26")},
		.custodian = {.id = BYTES("1750000001"), .name = BYTES("Service de deuxième avis")},
		.pdf = BYTES("%PDF-1.4\nnot quite\n%%EOF\n"),
	};
	const char *field = "";
	struct bytes out;
	FILE *file = fopen(path, "wb");
	bool good = file != NULL && cda_write_report(arena, &report, &out, &field) == REASON_NONE && fwrite(out.at, 1, out.len, file) == out.len;

	if (file == NULL || fclose(file) != 0 || !good) {
		fprintf(stderr, "%s\n", field);
		return 1;
	}
	arena_destroy(&arena);
	return 0;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_create(512u * 1024 * 1024);
	struct schematron_set *set = NULL;
	struct rusage used;
	const char *at = NULL;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc == 4 && strcmp(argv[1], "--report") == 0)
		return report_write(strcmp(argv[2], "3") == 0 ? 3 : 1, argv[3]);
	if (argc < 4)
		return 64;
	long long begin = micros();
	enum reason reason = schematron_load(arena, argv[1], &set, &at);
	if (reason != REASON_NONE) {
		fprintf(stderr, "%s: %s\n", at == NULL ? "" : at, reason_code(reason));
		return 1;
	}
	getrusage(RUSAGE_SELF, &used);
	printf("loaded %zu micros %lld kilobytes %ld\n", schematron_count(set), micros() - begin, used.ru_maxrss);
	size_t number = number_of(set, argv[2]);
	for (int i = 3; i < argc; i++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0) {
			look(set, number, argv[i]);
			fflush(stdout);
			_exit(0);
		}
		int status = 0;
		if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
			return 3;
	}
	schematron_close(&set);
	arena_destroy(&arena);
	return 0;
}
