/* smtp/scan.c - see scan.h. The walk over the tree of parts, and the verdict.
 *
 * 1. The stack never holds more than LIMIT_MIME_DEPTH levels; nothing recurses.
 * 2. Each line is looked at once, and compared with at most that many boundaries when it begins with "--".
 * 3. A level that was closed stays on the stack until an enclosing one moves on, so that a second life of its
 *    boundary is seen. */
#include "smtp/scan.h"

#include "base/limits.h"
#include "smtp/scan_field.h"

#include <string.h>

enum state { LEVEL_PREAMBLE, LEVEL_PART, LEVEL_EPILOGUE, LEVEL_MESSAGE };

struct level {
	enum state state;
	struct bytes boundary;
	bool digest;
	bool twice;                /* the same boundary was declared again further in */
	bool report;               /* this is a multipart/report */
	bool returned;             /* inside a message that a report gives back */
};

struct walk {
	struct bytes raw;
	struct scan *out;
	struct level stack[LIMIT_MIME_DEPTH];
	size_t n;
	bool in_block;
	struct scan_block block;
	struct scan_block outer;   /* the first block, kept */
	bool has_outer;
	bool encoded_message;      /* the outermost entity is a message in an encoding that MIME forbids it */
	bool broken;               /* parts or header are not whole: a From may have been lost with them */
	bool stop;
};

static void note(struct scan *out, enum scan_verdict verdict, enum reason reason)
{
	bool known = false;

	for (size_t i = 0; i < out->n_anomalies; i++)
		known |= out->anomalies[i] == reason;
	if (!known && out->n_anomalies < SCAN_ANOMALIES)
		out->anomalies[out->n_anomalies++] = reason;
	if (verdict > out->verdict) {
		out->verdict = verdict;
		out->reason = reason;
	}
}

static void give_up(struct walk *w, enum reason reason)
{
	note(w->out, SCAN_REFUSE, reason);
	w->out->unsafe = true;
	w->stop = true;
}

/* --- bytes that no message may hold --------------------------------------- */

static void check_bytes(struct bytes raw, bool entity, struct scan *out)
{
	bool bare = false;

	if (bytes_find_byte(raw, '\0', 0) < raw.len)
		note(out, entity ? SCAN_QUARANTINE : SCAN_REFUSE, entity ? REASON_MAIL_AMBIGUOUS : REASON_SMTP_NUL);
	for (size_t i = bytes_find_byte(raw, '\r', 0); i < raw.len && !bare; i = bytes_find_byte(raw, '\r', i + 1))
		bare = i + 1 == raw.len || raw.at[i + 1] != '\n';
	for (size_t i = bytes_find_byte(raw, '\n', 0); i < raw.len && !bare; i = bytes_find_byte(raw, '\n', i + 1))
		bare = i == 0 || raw.at[i - 1] != '\r';
	if (bare)
		note(out, entity ? SCAN_TOLERANT : SCAN_REFUSE, REASON_SMTP_BARE_NEWLINE);
}

/* --- levels ---------------------------------------------------------------- */

static const struct level *top(const struct walk *w)
{
	return w->n == 0 ? NULL : &w->stack[w->n - 1];
}

static struct level *push(struct walk *w, enum state state)
{
	if (w->n == LIMIT_MIME_DEPTH) {
		give_up(w, REASON_MAIL_PARTS_LIMIT);
		return NULL;
	}
	const struct level *parent = top(w);
	struct level *level = &w->stack[w->n++];

	*level = (struct level){.state = state, .returned = parent != NULL && parent->returned};
	if (state == LEVEL_MESSAGE && parent != NULL && parent->report)
		level->returned = true;
	if (w->n > w->out->depth)
		w->out->depth = w->n;
	return level;
}

static void broken_boundary(struct walk *w)
{
	w->broken = true;
	note(w->out, SCAN_TOLERANT, REASON_MAIL_BOUNDARY);
}

static void pop_to(struct walk *w, size_t n)
{
	for (; w->n > n; w->n--)
		if (top(w)->state == LEVEL_PREAMBLE || top(w)->state == LEVEL_PART)
			broken_boundary(w);
}

/* A line that closes one boundary and opens another: readers differ. (The same boundary twice is simply never seen inside.) */
static bool clashes(const struct walk *w, struct bytes boundary)
{
	for (size_t i = 0; i < w->n; i++) {
		struct bytes other = w->stack[i].boundary;
		if (w->stack[i].state == LEVEL_MESSAGE)
			continue;
		if (boundary.len == other.len + 2 && bytes_starts(boundary, other) && bytes_ends(boundary, BYTES("--")))
			return true;
		if (other.len == boundary.len + 2 && bytes_starts(other, boundary) && bytes_ends(other, BYTES("--")))
			return true;
	}
	return false;
}

static void enter_multipart(struct walk *w, const struct scan_block *block)
{
	struct bytes boundary = block->boundary;

	if (block->encoding != SCAN_IDENTITY)
		note(w->out, SCAN_TOLERANT, REASON_MAIL_BAD_ENCODING);
	if (boundary.len == 0) {
		broken_boundary(w);
		return;
	}
	if (boundary.len > 70 || boundary.at[boundary.len - 1] == ' ' || block->folded_boundary)   /* RFC 2046 5.1.1 */
		broken_boundary(w);
	if (clashes(w, boundary))
		note(w->out, SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS);
	for (size_t i = 0; i < w->n; i++)
		w->stack[i].twice |= w->stack[i].state != LEVEL_MESSAGE && bytes_equal(w->stack[i].boundary, boundary);
	struct level *level = push(w, LEVEL_PREAMBLE);

	if (level == NULL)
		return;
	level->boundary = boundary;
	level->digest = bytes_equal_nocase(block->subtype, BYTES("digest"));
	level->report = bytes_equal_nocase(block->subtype, BYTES("report"));
}

/* --- blocks ---------------------------------------------------------------- */

static void start_block(struct walk *w, size_t at)
{
	scan_block_start(&w->block, at);
	w->in_block = true;
}

static void inner_crypto(struct walk *w, const struct scan_block *block, size_t body)
{
	enum scan_cms kind = SCAN_CMS_NOT;
	const struct level *parent = top(w);
	bool multipart = block->kind == SCAN_KIND_MULTIPART;

	if (parent != NULL && parent->returned)
		return;
	if (multipart && bytes_equal_nocase(block->subtype, BYTES("signed")))
		kind = SCAN_CMS_SIGNED;
	else if (multipart && bytes_equal_nocase(block->subtype, BYTES("encrypted")))
		kind = SCAN_CMS_ENCRYPTED;
	else if (block->kind == SCAN_KIND_CMS || block->kind == SCAN_KIND_CMS_BY_NAME)
		kind = scan_cms_peek(bytes_from(w->raw, body), block->encoding);
	/* What calls itself a CMS object and cannot be known might be a signed one. */
	if (block->kind == SCAN_KIND_CMS && kind == SCAN_CMS_NOT)
		kind = SCAN_CMS_SIGNED;
	if (kind == SCAN_CMS_ENCRYPTED || (kind == SCAN_CMS_SIGNED && w->out->inner == SCAN_CMS_NOT))
		w->out->inner = kind;
}

static void block_notes(struct walk *w, const struct scan_block *block)
{
	if (block->over)
		give_up(w, REASON_MAIL_HEADERS_LIMIT);
	if (block->huge) {
		w->out->unsafe = true;
		note(w->out, SCAN_TOLERANT, REASON_MAIL_HEADERS_LIMIT);
	}
	if (block->ambiguous || (block->uncertain && !w->has_outer))
		note(w->out, SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS);
	if (block->eight_bit || block->doubtful || (block->odd && !w->has_outer))
		note(w->out, SCAN_TOLERANT, REASON_MAIL_HEADER_ODD);
	if (block->doubtful)
		w->broken = true;
}

/* The header block is over; its body begins at `body`. */
static void end_block(struct walk *w, size_t body)
{
	const struct level *parent = top(w);
	struct scan_block *block = &w->block;

	w->in_block = false;
	scan_block_finish(block, w->raw, parent != NULL && parent->digest);
	block_notes(w, block);
	if (++w->out->parts > LIMIT_MIME_PARTS)
		give_up(w, REASON_MAIL_PARTS_LIMIT);
	bool outermost = !w->has_outer;
	if (outermost) {
		w->outer = *block;
		w->has_outer = true;
	} else {
		inner_crypto(w, block, body);
	}
	if (w->stop)
		return;
	if (block->kind == SCAN_KIND_MULTIPART) {
		enter_multipart(w, block);
	} else if (block->kind == SCAN_KIND_MESSAGE && block->encoding != SCAN_IDENTITY) {
		/* RFC 2046 5.2.1 forbids it: one documented reading, a leaf that is not opened. */
		note(w->out, outermost ? SCAN_ACCEPT : SCAN_TOLERANT, REASON_MAIL_BAD_ENCODING);
		w->encoded_message |= outermost;
	} else if (block->kind == SCAN_KIND_MESSAGE && push(w, LEVEL_MESSAGE) != NULL) {
		start_block(w, body);
	}
}

/* --- lines ----------------------------------------------------------------- */

/* True when the line was a delimiter of an open multipart. */
static bool take_delimiter(struct walk *w, size_t at, struct bytes text, size_t next)
{
	enum scan_delimiter what = SCAN_DELIMITER_NOT;
	size_t k = 0;

	if (text.len < 2 || text.at[0] != '-' || text.at[1] != '-')
		return false;
	for (; k < w->n; k++) {
		if (w->stack[k].state == LEVEL_MESSAGE)
			continue;
		what = scan_delimiter(text, w->stack[k].boundary);
		if (what == SCAN_DELIMITER_OPEN || what == SCAN_DELIMITER_CLOSE)
			break;
	}
	if (k == w->n)
		return false;
	if (w->stack[k].state == LEVEL_EPILOGUE) {
		/* Parts after the end: some readers show them, others do not. With one boundary for two multiparts that is
		 * the sender's muddle, and all of it is broken. */
		if (w->stack[k].twice)
			broken_boundary(w);
		else
			note(w->out, SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS);
		return true;
	}
	if (w->in_block)
		end_block(w, at);
	pop_to(w, k + 1);
	w->in_block = false;
	if (w->stop)
		return true;
	if (what == SCAN_DELIMITER_CLOSE && w->stack[k].state == LEVEL_PREAMBLE)
		broken_boundary(w);
	w->stack[k].state = what == SCAN_DELIMITER_CLOSE ? LEVEL_EPILOGUE : LEVEL_PART;
	if (what == SCAN_DELIMITER_OPEN)
		start_block(w, next);
	return true;
}

static void take_line(struct walk *w, size_t at, struct bytes text, size_t next)
{
	if (text.len > LIMIT_LINE)
		note(w->out, SCAN_TOLERANT, REASON_MAIL_LONG_LINE);
	if (take_delimiter(w, at, text, next) || !w->in_block)
		return;
	if (text.len > 0) {
		scan_block_line(&w->block, w->raw, at, text, next);
		return;
	}
	end_block(w, next);
}

static void walk_lines(struct walk *w)
{
	struct bytes text;

	start_block(w, 0);
	for (size_t at = 0, next = 0; !w->stop && scan_line_next(w->raw, &next, &text); at = next) {
		bool outermost = !w->has_outer;
		take_line(w, at, text, next);
		if (outermost && w->has_outer) {
			w->out->head = (struct scan_range){0, w->outer.end};
			w->out->body = (struct scan_range){next, w->raw.len - next};
		}
	}
	if (w->stop)
		return;
	if (w->in_block) {
		/* The message ends within a header. */
		if (w->block.n_fields > 0 || w->block.open || !w->has_outer)
			w->broken = true;
		if (!w->has_outer)
			note(w->out, SCAN_TOLERANT, REASON_MAIL_HEADER_ODD);
		end_block(w, w->raw.len);
	}
	if (w->out->body.at == 0)
		w->out->body = (struct scan_range){w->raw.len, 0};
	if (w->out->head.len == 0)
		w->out->head = (struct scan_range){0, w->outer.end};
	pop_to(w, 0);
}

/* --- judgement ------------------------------------------------------------- */

static void judge_from(struct walk *w, bool null_sender)
{
	struct scan *out = w->out;
	enum reason reason = REASON_MAIL_NO_FROM;

	if (w->outer.n_from > 1)
		reason = REASON_MAIL_SEVERAL_FROM;
	else if (w->outer.n_from == 1)
		reason = scan_from(w->outer.from, &out->address, &out->domain);
	/* "From :" beside a From: two senders for a lax reader. */
	if (reason == REASON_NONE && w->outer.loose_from)
		reason = REASON_MAIL_AMBIGUOUS;
	if (reason != REASON_NONE)
		out->address = out->domain = BYTES_NONE;
	switch (reason) {
	case REASON_NONE:
		return;
	case REASON_MAIL_AMBIGUOUS:
		note(out, SCAN_QUARANTINE, reason);
		return;
	case REASON_MAIL_NO_FROM:
		/* A report from nobody is a report ("From: <>" is how some systems write it); and where the header itself
		 * is in pieces, a person looks rather than the sender being told a half-truth. */
		if (w->encoded_message || (out->report && w->outer.n_from == 1))
			return;
		note(out, w->broken || null_sender ? SCAN_TOLERANT : SCAN_REFUSE, reason);
		return;
	default:
		/* "From: Mail Delivery Subsystem <MAILER-DAEMON>": a report names no person. */
		note(out, out->report && reason == REASON_MAIL_FROM_SYNTAX ? SCAN_TOLERANT : SCAN_REFUSE, reason);
	}
}

static void judge_layer(struct walk *w)
{
	struct scan *out = w->out;
	const struct scan_block *outer = &w->outer;
	struct bytes body = bytes_slice(w->raw, out->body.at, out->body.len);

	out->entity = (struct scan_range){0, w->raw.len};
	if (outer->kind == SCAN_KIND_MULTIPART) {
		out->report = bytes_equal_nocase(outer->subtype, BYTES("report"));
		if (bytes_equal_nocase(outer->subtype, BYTES("encrypted")))
			out->layer = SCAN_LAYER_ENCRYPTED;
		if (!bytes_equal_nocase(outer->subtype, BYTES("signed")))
			return;
		out->layer = SCAN_LAYER_MALFORMED;
		if (outer->boundary.len > 0 && !outer->folded_boundary && scan_signed(w->raw, out->body, outer->boundary, out))
			note(out, SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS);
		return;
	}
	bool named = outer->kind == SCAN_KIND_CMS || outer->kind == SCAN_KIND_CMS_SIGNATURE;
	if (named || (outer->kind == SCAN_KIND_CMS_BY_NAME && scan_cms_peek(body, outer->encoding) != SCAN_CMS_NOT)) {
		out->layer = SCAN_LAYER_OPAQUE;
		out->cms = out->body;
		out->cms_encoding = outer->encoding;
	}
}

static void scan(struct bytes raw, bool entity, bool null_sender, struct scan *out)
{
	struct walk w = {.raw = raw, .out = out};

	*out = (struct scan){.entity = {0, raw.len}};
	check_bytes(raw, entity, out);
	walk_lines(&w);
	if (w.stop)
		return;
	judge_layer(&w);
	if (!entity)
		judge_from(&w, null_sender);
	if (w.outer.n_received > LIMIT_RECEIVED)
		note(out, SCAN_QUARANTINE, REASON_MAIL_LOOP);
}

/* --- public ---------------------------------------------------------------- */

const char *scan_verdict_name(enum scan_verdict verdict)
{
	static const char *const names[] = {"accept", "accept-tolerant", "quarantine", "refuse"};

	return names[verdict];
}

void scan_message(struct bytes raw, bool null_sender, struct scan *out)
{
	scan(raw, false, null_sender, out);
}

void scan_entity(struct bytes raw, struct scan *out)
{
	scan(raw, true, false, out);
}
