/* bench/documents.c - what one document takes inside a process: our reader, an archive, a report, and a bare libxml2 parse.
 *
 *   documents read FILE TIMES [SCHEMA]     cda_read, with the XSD when its folder is given
 *   documents sax FILE TIMES               libxml2's push parser, handlers that do nothing
 *   documents tree FILE TIMES              libxml2's tree (huge texts let through)
 *   documents xdm FILE TIMES               xdm_read, and cda_read of each document in it
 *   documents report REQUEST TIMES TEMPLATES [OUT]   compose_build of that request; OUT: where the archive goes
 *
 * Prints one line: milliseconds of CPU each, and by how many kilobytes the resident memory grew at most above what stood
 * before (file, libraries and schema loaded). What is loaded once is loaded, and one turn done, before the clock starts. */
#include <fcntl.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "cda/read.h"
#include "cda/xdm_read.h"
#include "gateway/compose_build.h"

enum { CHUNK = 32 * 1024, ROOM = 512 * 1024 * 1024 };

struct bench {
	struct bytes file;
	struct schema *schema;
	struct template_set *templates;
	const char *out;
};

typedef bool turn(struct bench *b);

static double cpu_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A line of /proc/self/status, in kilobytes. */
static long status_kb(const char *name)
{
	char line[256];
	long kb = -1;
	FILE *file = fopen("/proc/self/status", "r");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			kb = strtol(line + strlen(name) + 1, NULL, 10);
	if (file != NULL)
		fclose(file);
	return kb;
}

static void forget_peak(void)
{
	int file = open("/proc/self/clear_refs", O_WRONLY);
	if (file >= 0 && write(file, "5", 1) != 1)
		fprintf(stderr, "the peak of memory cannot be reset\n");
	if (file >= 0)
		close(file);
}

static struct bytes whole_file(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return BYTES_NONE;
	fseek(file, 0, SEEK_END);
	size_t len = (size_t)ftell(file);
	rewind(file);
	unsigned char *data = arena_alloc(arena, len + 1);
	len = fread(data, 1, len, file);
	fclose(file);
	return (struct bytes){data, len};
}

static bool read_document(struct arena *arena, struct bytes document, struct schema *schema)
{
	struct cda_options options = {.schema = schema};
	struct cda_document d;
	return cda_read(arena, document, &options, &d) == REASON_NONE && (schema == NULL || d.schema == CDA_SCHEMA_VALID);
}

static bool turn_read(struct bench *b)
{
	struct arena *arena = arena_create(ROOM);
	bool good = read_document(arena, b->file, b->schema);
	arena_destroy(&arena);
	return good;
}

static bool turn_xdm(struct bench *b)
{
	struct arena *arena = arena_create(ROOM);
	struct xdm_archive archive;
	bool good = xdm_read(arena, b->file, &archive) == REASON_NONE && archive.count > 0;

	for (size_t i = 0; good && i < archive.count; i++)
		if (archive.documents[i].type == SNIFF_XML)
			good = read_document(arena, archive.documents[i].content, NULL);
	arena_destroy(&arena);
	return good;
}

static void nothing_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns, int namespaces,
			  const xmlChar **declared, int count, int defaulted, const xmlChar **attributes)
{
	(void)context, (void)name, (void)prefix, (void)ns, (void)namespaces, (void)declared, (void)count, (void)defaulted;
	(void)attributes;
}

static void nothing_text(void *context, const xmlChar *text, int len)
{
	(void)context, (void)text, (void)len;
}

static bool turn_sax(struct bench *b)
{
	xmlSAXHandler handler = {.initialized = XML_SAX2_MAGIC, .startElementNs = nothing_start, .characters = nothing_text};
	xmlParserCtxtPtr parser = xmlCreatePushParserCtxt(&handler, NULL, NULL, 0, NULL);
	int result = 0;

	for (size_t at = 0; at < b->file.len && result == 0; at += CHUNK) {
		struct bytes chunk = bytes_slice(b->file, at, CHUNK);
		result = xmlParseChunk(parser, (const char *)chunk.at, (int)chunk.len, 0);
	}
	bool good = xmlParseChunk(parser, "", 0, 1) == 0 && result == 0 && parser->wellFormed;
	xmlFreeParserCtxt(parser);
	return good;
}

static bool turn_tree(struct bench *b)
{
	xmlDocPtr tree = xmlReadMemory((const char *)b->file.at, (int)b->file.len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_HUGE);
	bool good = tree != NULL;
	xmlFreeDoc(tree);
	return good;
}

static bool write_archive(const struct compose_mail *mail, const char *path)
{
	for (size_t i = 0; i < mail->file_count; i++) {
		if (!bytes_equal_text(mail->files[i].name, "IHE_XDM.zip"))
			continue;
		FILE *file = fopen(path, "wb");
		bool good = file != NULL && fwrite(mail->files[i].content.at, 1, mail->files[i].content.len, file) == mail->files[i].content.len;
		return file != NULL && fclose(file) == 0 && good;
	}
	return false;
}

static bool turn_report(struct bench *b)
{
	struct arena *arena = arena_create(LIMIT_COMPOSE_MEMORY);
	struct compose_mail mail;
	const char *field = "";
	enum reason reason = compose_build(arena, b->templates, b->file, BYTES_NONE, &mail, &field);
	bool good = reason == REASON_NONE && (b->out == NULL || write_archive(&mail, b->out));

	if (reason != REASON_NONE)
		fprintf(stderr, "%s %s\n", reason_code(reason), field);
	arena_destroy(&arena);
	b->out = NULL;
	return good;
}

static bool measure(struct bench *b, turn *one, long times)
{
	bool good = one(b);   /* the first fills tables and caches */
	forget_peak();
	long before = status_kb("VmRSS:");
	double begin = cpu_ms();
	for (long i = 0; good && i < times; i++)
		good = one(b);
	double took = cpu_ms() - begin;
	printf("%.4f %ld\n", took / (double)times, status_kb("VmHWM:") - before);
	return good;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		turn *one;
	} turns[] = {{"read", turn_read}, {"sax", turn_sax}, {"tree", turn_tree}, {"xdm", turn_xdm}, {"report", turn_report}};
	struct arena *arena = arena_create(ROOM);
	struct bench b = {.out = argc > 5 ? argv[5] : NULL};
	const char *where = "";
	bool good = false;

	if (argc < 4)
		return 2;
	b.file = whole_file(arena, argv[2]);
	bool report = strcmp(argv[1], "report") == 0;
	if (report && (argc < 5 || template_load(arena, argv[4], &b.templates, &where) != REASON_NONE || !compose_warm(b.templates)))
		return 2;
	if (!report && argc > 4 && schema_load(argv[4], &b.schema) != REASON_NONE)
		return 2;
	for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
		if (strcmp(argv[1], turns[i].name) == 0)
			good = measure(&b, turns[i].one, strtol(argv[3], NULL, 10));
	schema_close(&b.schema);
	arena_destroy(&arena);
	return good ? 0 : 1;
}
