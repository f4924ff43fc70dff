/* tests/fuzz/driver.c - runs files through a fuzz target without a fuzzer: the corpus is a regression suite too.
 * With -bytes SEED N it also feeds N inputs of pseudo-random bytes and of bent copies of the files. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4 * 1024 * 1024 };

static size_t read_file(const char *path, uint8_t *into)
{
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return 0;
	size_t n = fread(into, 1, INPUT_MAX, file);
	fclose(file);
	return n;
}

/* xorshift: the same seed bends the same way, so that a failure can be repeated. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

static void bend(uint8_t *data, size_t size, uint64_t *state)
{
	for (int i = 0; i < 8 && size > 0; i++)
		data[next(state) % size] = (uint8_t)next(state);
}

int main(int argc, char **argv)
{
	uint8_t *data = malloc(INPUT_MAX);
	uint64_t state = 88172645463325252u;
	long bent = 0, runs = 0;
	int first = 1;

	if (data == NULL)
		return 1;
	if (argc > 3 && strcmp(argv[1], "-bytes") == 0) {
		state ^= strtoull(argv[2], NULL, 10) * 2654435761u;
		bent = strtol(argv[3], NULL, 10);
		first = 4;
	}
	for (int i = first; i < argc; i++) {
		size_t size = read_file(argv[i], data);
		LLVMFuzzerTestOneInput(data, size);
		for (long k = 0; k < bent; k++, runs++) {
			bend(data, size, &state);
			LLVMFuzzerTestOneInput(data, size - (size > 0 ? next(&state) % size / 16 : 0));
		}
		runs++;
	}
	for (long k = 0; k < bent; k++, runs++) {
		size_t size = next(&state) % 4096;
		for (size_t i = 0; i < size; i++)
			data[i] = (uint8_t)next(&state);
		LLVMFuzzerTestOneInput(data, size);
	}
	printf("%ld inputs\n", runs);
	free(data);
	return 0;
}
