/* gateway/intake_journal.c - see intake_journal.h. */
#include "gateway/intake_journal.h"

#include <stdio.h>

#include "gateway/journal_file.h"

enum { LINE = 1024 };

enum reason intake_journal_open(const char *path, int *fd)
{
	return journal_file_open(path, fd);
}

/* Nothing of a stranger's ends our text. */
static void put_text(char *line, size_t room, size_t *len, struct bytes text)
{
	for (size_t i = 0; i < text.len && *len + 1 < room; i++) {
		unsigned char c = text.at[i];
		line[(*len)++] = c < 0x20 || c > 0x7e || c == '"' || c == '\\' ? '?' : (char)c;
	}
	line[*len] = '\0';
}

static size_t write_entry(const struct intake_entry *e, char line[LINE])
{
	char time[INSTANT_TEXT], hex[2 * 32 + 1] = "";

	instant_write(e->at, time);
	for (size_t i = 0; i < e->digest.len && i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", e->digest.at[i]);
	size_t len = (size_t)snprintf(line, LINE, "{\"at\":\"%s\",\"inbox\":%lld,\"size\":%llu,\"digest\":\"%s\",\"source\":\"%s\",\"from\":\"", time,
				      (long long)e->inbox, (unsigned long long)e->size, hex, e->source);
	put_text(line, LINE, &len, bytes_slice(e->from, 0, LIMIT_SMTP_PATH));
	len += (size_t)snprintf(line + len, LINE - len, "\",\"message_id\":\"");
	put_text(line, LINE, &len, bytes_slice(e->message_id, 0, LIMIT_MESSAGE_ID));
	return len + (size_t)snprintf(line + len, LINE - len, "\"}\n");
}

enum reason intake_journal_add(int fd, const struct intake_entry *entry)
{
	char line[LINE];
	size_t len = write_entry(entry, line);

	return journal_file_add(fd, (struct bytes){(const unsigned char *)line, len}, true);
}

static struct bytes identifier(struct bytes value)
{
	size_t from = bytes_find_byte(value, '<', 0), to = bytes_find_byte(value, '>', 0);

	if (to >= value.len || from >= to || to - from >= LIMIT_MESSAGE_ID)
		return BYTES_NONE;
	struct bytes id = bytes_slice(value, from, to + 1 - from);
	for (size_t i = 0; i < id.len; i++)
		if (id.at[i] <= 0x20 || id.at[i] > 0x7e || id.at[i] == '"' || id.at[i] == '\\')
			return BYTES_NONE;
	return id;
}

struct bytes intake_message_id(struct bytes head)
{
	static const struct bytes name = BYTES("message-id:");
	size_t at = 0;

	while (at < head.len) {
		size_t end = bytes_find_byte(head, '\n', at);
		/* A field goes on where the next line begins with a blank; an empty line ends the header. */
		while (end + 1 < head.len && (head.at[end + 1] == ' ' || head.at[end + 1] == '\t'))
			end = bytes_find_byte(head, '\n', end + 1);
		struct bytes field = bytes_slice(head, at, end < head.len ? end - at : head.len - at);
		if (field.len == 0 || (field.len == 1 && field.at[0] == '\r'))
			break;
		if (field.len > name.len && bytes_equal_nocase(bytes_slice(field, 0, name.len), name))
			return identifier(bytes_from(field, name.len));
		at = end < head.len ? end + 1 : head.len;
	}
	return BYTES_NONE;
}
