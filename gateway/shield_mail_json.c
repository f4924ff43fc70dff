/* gateway/shield_mail_json.c - what relais-shield answers, and its reading by the worker: see shield_mail.h. */
#include "base/buf.h"
#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/shield_mail.h"

static bool is_sign(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

static json_t *words_of(const struct shield_passage *p)
{
	struct buf words = buf_make(LIMIT_SHIELD_ANSWER);

	for (size_t i = 0; i < p->n; i++) {
		if (i > 0)
			buf_u8(&words, ' ');
		/* What folding left as it was may be cut anywhere: the word is kept in its place, and is nobody's name. */
		buf_add(&words, bytes_utf8(p->words[i]) ? p->words[i] : BYTES("?"));
	}
	json_t *text = json_of(buf_bytes(&words));
	buf_free(&words);
	return text;
}

static json_t *dates_of(const struct shield_passage *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n_dates; i++)
		json_array_append_new(list, json_pack("[I, o]", (json_int_t)p->dates[i].at, json_of((struct bytes){p->dates[i].day, sizeof p->dates[i].day})));
	return list;
}

json_t *shield_mail_write(const struct shield_mail *mail)
{
	json_t *numbers = json_array(), *passages = json_array();


	for (size_t i = 0; i < mail->text.n_numbers; i++)
		json_array_append_new(numbers, json_of(mail->text.numbers[i]));
	for (size_t i = 0; i < mail->text.n_passages; i++)
		json_array_append_new(passages, json_pack("{s:o, s:o}", "words", words_of(&mail->text.passages[i]), "dates", dates_of(&mail->text.passages[i])));
	return json_pack("{s:o, s:o, s:b, s:I, s:I}", "numbers", numbers, "passages", passages, "cut", mail->text.cut, "files", (json_int_t)mail->files, "unread",
			 (json_int_t)mail->unread);
}

/* --- back ---------------------------------------------------------------------------------- */

static bool read_numbers(struct arena *arena, const json_t *list, struct shield_text *out)
{
	struct bytes *numbers = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *numbers);

	if (!json_is_array(list) || json_array_size(list) > SHIELD_NUMBERS)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct bytes number = json_text_view(json_array_get(list, i));
		for (size_t k = 0; k < number.len; k++)
			if (!is_sign(number.at[k]))
				return false;
		if (number.len != 13)
			return false;
		numbers[i] = number;
	}
	out->numbers = numbers;
	out->n_numbers = json_array_size(list);
	return true;
}

static bool read_words(struct arena *arena, struct bytes text, struct shield_passage *p)
{
	struct cursor c = cursor_on(text);
	struct bytes *words = arena_alloc(arena, (text.len / 2 + 2) * sizeof *words);

	while (c.left.len > 0) {
		struct bytes word = cursor_until(&c, ' ');
		if (word.len == 0 || word.len > SHIELD_WORD)
			return false;
		words[p->n++] = word;
	}
	p->words = words;
	return true;
}

static bool read_dates(struct arena *arena, const json_t *list, struct shield_passage *p)
{
	struct shield_date *dates = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *dates);

	if (!json_is_array(list))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *pair = json_array_get(list, i);
		json_int_t at = json_integer_value(json_array_get(pair, 0));
		struct bytes day = json_text_view(json_array_get(pair, 1));
		uint64_t number;
		if (json_array_size(pair) != 2 || at < 0 || (uint64_t)at > p->n || day.len != 8 || !bytes_number(day, 99991231, &number))
			return false;
		for (size_t k = 0; k < 8; k++)
			dates[i].day[k] = day.at[k];
		dates[i].at = (size_t)at;
	}
	p->dates = dates;
	p->n_dates = json_array_size(list);
	return true;
}

static bool read_passages(struct arena *arena, const json_t *list, struct shield_text *out)
{
	struct shield_passage *passages = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *passages);
	size_t n_words = 0, n_dates = 0;

	if (!json_is_array(list))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		passages[i] = (struct shield_passage){0};
		if (!read_words(arena, json_view(one, "words"), &passages[i]) || !read_dates(arena, json_object_get(one, "dates"), &passages[i]))
			return false;
		n_words += passages[i].n;
		n_dates += passages[i].n_dates;
		if (n_words > SHIELD_WORDS || n_dates > SHIELD_DATES)
			return false;
	}
	out->passages = passages;
	out->n_passages = json_array_size(list);
	return true;
}

bool shield_mail_of(struct arena *arena, const json_t *json, struct shield_mail *out)
{
	const json_t *files = json_object_get(json, "files"), *unread = json_object_get(json, "unread");

	*out = (struct shield_mail){.text.cut = json_truth(json, "cut"), .files = (size_t)json_integer_value(files), .unread = (size_t)json_integer_value(unread)};
	return json_is_boolean(json_object_get(json, "cut")) && json_integer_value(files) >= 0 && json_integer_value(unread) >= 0 &&
	       read_numbers(arena, json_object_get(json, "numbers"), &out->text) && read_passages(arena, json_object_get(json, "passages"), &out->text);
}
