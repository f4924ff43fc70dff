/* cda/barcode.c - see barcode.h. */
#include "cda/barcode.h"

#include "base/buf.h"

enum { START_B = 104, FIRST_SIGN = 0x20, LAST_SIGN = 0x7e, CHECK = 103 };

/* Widths of bar, space, bar… of the values 0 to 105 (ISO/IEC 15417, table 1). */
static const char patterns[][7] = {
	"212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
	"221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
	"221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
	"212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
	"231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
	"231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
	"314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
	"112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
	"111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
	"214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
	"114131", "311141", "411131", "211412", "211214", "211232",
};
static const char stop[] = "2331112";

static void add(struct buf *out, const char *pattern)
{
	for (; *pattern != '\0'; pattern++)
		buf_u8(out, (uint8_t)(*pattern - '0'));
}

bool barcode_write(struct arena *arena, struct bytes text, struct bytes *widths)
{
	if (text.len == 0 || text.len > BARCODE_TEXT)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < FIRST_SIGN || text.at[i] > LAST_SIGN)
			return false;
	struct buf out = buf_make(1024);
	unsigned sum = START_B;
	add(&out, patterns[START_B]);
	for (size_t i = 0; i < text.len; i++) {
		unsigned value = text.at[i] - FIRST_SIGN;
		sum += (unsigned)(i + 1) * value;
		add(&out, patterns[value]);
	}
	add(&out, patterns[sum % CHECK]);
	add(&out, stop);
	*widths = arena_copy(arena, buf_bytes(&out));
	bool good = buf_ok(&out);
	buf_free(&out);
	return good;
}

size_t barcode_modules(struct bytes widths)
{
	size_t sum = 0;
	for (size_t i = 0; i < widths.len; i++)
		sum += widths.at[i];
	return sum;
}
