/* cda/schematron_read_rule.c - rules: lets, tests, messages, and what they tell of the model that they are for. A part of schematron_read.h. */
#include "base/limits.h"
#include "cda/schematron_read_private.h"

enum { MESSAGE_MAX = 500 };

/* --- messages ------------------------------------------------------------------------------------------ */

static void add_message(struct reading *r, struct buf *out, xmlNodePtr node);

/* What is known beforehand is said; what the document says is not repeated. */
static void add_value(struct reading *r, struct buf *out, xmlNodePtr node)
{
	struct bytes select = bytes_trim(rd_attribute(r, node, "select"));
	struct bytes literal = rd_literal(select);
	const struct known *known = select.len > 1 && select.at[0] == '$' ? rd_known(r, bytes_from(select, 1)) : NULL;

	if (literal.at == NULL && known != NULL)
		literal = known->literal;
	if (literal.at != NULL)
		buf_add(out, literal);
	else
		buf_text(out, "\xe2\x80\xa6");
}

static void add_message(struct reading *r, struct buf *out, xmlNodePtr node)
{
	for (xmlNodePtr child = node->children; child != NULL; child = child->next) {
		if (child->type == XML_TEXT_NODE)
			buf_add(out, bytes_of_text((const char *)child->content));
		else if (schematron_is(child, "value-of"))
			add_value(r, out, child);
		else if (schematron_is(child, "name"))
			buf_text(out, "\xe2\x80\xa6");
		else if (child->type == XML_ELEMENT_NODE)
			add_message(r, out, child);
	}
}

/* Blanks become one, the end is cut between two characters. */
static const char *message_of(struct reading *r, xmlNodePtr node)
{
	struct buf out = buf_make(256 * 1024);
	bool blank = true;

	add_message(r, &out, node);
	struct bytes text = buf_bytes(&out);
	unsigned char *to = arena_alloc(r->arena, text.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.len && (n < MESSAGE_MAX || (text.at[i] & 0xc0) == 0x80); i++) {
		bool is = text.at[i] <= ' ';
		if (!is)
			to[n++] = text.at[i];
		else if (!blank)
			to[n++] = ' ';
		blank = is;
	}
	if (n > 0 && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
	buf_free(&out);
	return (const char *)to;
}

/* --- which documents --------------------------------------------------------------------------------------- */

static void add_word(struct reading *r, struct schematron_word **list, struct bytes text)
{
	/* Those of every French document say nothing of a model. */
	if (bytes_equal(text, BYTES("2.16.840.1.113883.2.8.2.1")) || bytes_equal(text, BYTES("1.2.250.1.213.1.1.1.1")))
		return;
	for (; *list != NULL; list = &(*list)->next)
		if (bytes_equal((*list)->text, text))
			return;
	*list = arena_alloc(r->arena, sizeof **list);
	(*list)->text = arena_copy(r->arena, text);
}

/* Every 'text' behind the words: templateId[@root = 'text'], code[@code='text']. */
static void add_words(struct reading *r, struct bytes expression, const char *words, struct schematron_word **list)
{
	struct bytes needle = bytes_of_text(words);

	for (size_t at = bytes_find(expression, needle, 0); at < expression.len; at = bytes_find(expression, needle, at + 1)) {
		struct bytes rest = bytes_trim(bytes_from(expression, at + needle.len));
		/* "code" must not be the end of a longer name. */
		if (at > 0 && rd_name_char(expression.at[at - 1]))
			continue;
		if (rest.len == 0 || rest.at[0] != '=')
			continue;
		rest = bytes_trim(bytes_from(rest, 1));
		if (rest.len == 0 || (rest.at[0] != '\'' && rest.at[0] != '"'))
			continue;
		add_word(r, list, bytes_slice(rest, 1, bytes_find_byte(rest, rest.at[0], 1) - 1));
	}
}

/* What the rules ask of the document as a whole tells for which model they are. */
static void learn(struct reading *r, struct bytes context, struct bytes test)
{
	struct bytes last = bytes_trim(context);

	if (!bytes_ends(last, BYTES("ClinicalDocument")) || bytes_contains(test, BYTES("not(")) || bytes_contains(test, BYTES("!=")))
		return;
	add_words(r, test, "templateId[@root", &r->table->templates);
	add_words(r, test, "templateId/@root", &r->table->templates);
	add_words(r, test, "code[@code", &r->table->types);
	add_words(r, test, "code/@code", &r->table->types);
}

/* --- rules ------------------------------------------------------------------------------------------------------ */

void rd_let(struct reading *r, xmlNodePtr node, struct schematron_item ***end)
{
	struct bytes name = rd_attribute(r, node, "name"), value = rd_attribute(r, node, "value"), text;

	if (name.len == 0 || value.len == 0 || r->n_known == NAMES_MAX) {
		rd_unknown(r, node, "a let without a name or a value, or one too many", BYTES_NONE);
		return;
	}
	if (!rd_expression(r, node, value, &text))
		return;
	struct schematron_item *item = arena_alloc(r->arena, sizeof *item);
	*item = (struct schematron_item){.kind = SCHEMATRON_LET, .name = arena_text(r->arena, name), .line = (unsigned)xmlGetLineNo(node), .expr = {.text = text}};
	**end = item;
	*end = &item->next;
	r->known[r->n_known++] = (struct known){name, rd_literal(value)};
}

static enum cda_level level_of(struct bytes role)
{
	return bytes_starts_nocase(role, BYTES("info")) || bytes_starts_nocase(role, BYTES("warn")) ? CDA_LEVEL_INFO : CDA_LEVEL_WARNING;
}

static void test_write(struct reading *r, xmlNodePtr node, struct bytes context, struct schematron_item ***end)
{
	struct bytes test = rd_attribute(r, node, "test"), text;

	if (!rd_expression(r, node, test, &text))
		return;
	struct schematron_item *item = arena_alloc(r->arena, sizeof *item);
	bool assertion = schematron_is(node, "assert");
	*item = (struct schematron_item){.kind = assertion ? SCHEMATRON_ASSERT : SCHEMATRON_REPORT,
					 .level = level_of(rd_attribute(r, node, "role")),
					 .message = message_of(r, node),
					 .line = (unsigned)xmlGetLineNo(node),
					 .expr = {.text = text}};
	**end = item;
	*end = &item->next;
	r->table->tests++;
	if (assertion)
		learn(r, context, test);
}

static xmlNodePtr abstract_rule(struct reading *r, struct bytes id)
{
	for (size_t p = 0; p < r->n_patterns; p++)
		for (size_t i = 0; i < r->patterns[p].kids.n; i++) {
			xmlNodePtr node = r->patterns[p].kids.at[i];
			if (schematron_is(node, "rule") && bytes_equal(schematron_attribute(&r->parts, node, "abstract"), BYTES("true")) &&
			    bytes_equal(schematron_attribute(&r->parts, node, "id"), id))
				return node;
		}
	return NULL;
}

static void items_write(struct reading *r, xmlNodePtr rule, struct bytes context, struct schematron_item ***end, unsigned nest)
{
	struct schematron_nodes kids = schematron_children(&r->parts, rule);

	for (size_t i = 0; i < kids.n; i++) {
		xmlNodePtr node = kids.at[i];
		if (schematron_is(node, "let")) {
			rd_let(r, node, end);
		} else if (schematron_is(node, "assert") || schematron_is(node, "report")) {
			test_write(r, node, context, end);
		} else if (schematron_is(node, "extends")) {
			struct bytes id = rd_attribute(r, node, "rule");
			xmlNodePtr from = nest < LIMIT_SCHEMATRON_NEST ? abstract_rule(r, id) : NULL;
			if (from == NULL)
				rd_unknown(r, node, "a rule is extended that is not there, or extends itself", id);
			else
				items_write(r, from, context, end, nest + 1);
		}
	}
}

void rd_rule(struct reading *r, xmlNodePtr node, struct schematron_rule ***end)
{
	struct schematron_rule *rule = arena_alloc(r->arena, sizeof *rule);
	struct schematron_item **item_end = &rule->items;
	size_t known = r->n_known;

	*rule = (struct schematron_rule){.line = (unsigned)xmlGetLineNo(node), .file = bytes_of_text(node->doc->_private)};
	r->broken |= !rd_contexts(r, node, rule);
	items_write(r, node, rd_attribute(r, node, "context"), &item_end, 0);
	r->n_known = known;
	**end = rule;
	*end = &rule->next;
	r->table->rules++;
}
