/* cda/pdf_picture.c - see pdf_picture.h. */
#include "cda/pdf_picture.h"

#include <cairo-pdf.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/image_clean.h"

#define SHORT_SIDE 595.276   /* A4, points */
#define LONG_SIDE 841.89
#define EDGE 28.0
#define ENLARGED 1.5         /* at most so many points a pixel: a small picture is not blown up to a page */

static cairo_status_t read_more(void *closure, unsigned char *data, unsigned int length)
{
	struct cursor *from = closure;
	struct bytes piece = cursor_take(from, length);
	if (from->failed)
		return CAIRO_STATUS_READ_ERROR;
	memcpy(data, piece.at, piece.len);
	return CAIRO_STATUS_SUCCESS;
}

static cairo_status_t keep(void *closure, const unsigned char *data, unsigned int length)
{
	struct buf *out = closure;
	buf_add(out, (struct bytes){data, length});
	return buf_ok(out) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* The library writes a JPEG into the page as it stands; the surface that carries it is never looked at. */
static cairo_surface_t *surface_of(enum sniff type, const struct image_clean *image)
{
	if (type == SNIFF_PNG) {
		struct cursor from = cursor_on(image->content);
		return cairo_image_surface_create_from_png_stream(read_more, &from);
	}
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)image->width, (int)image->height);
	cairo_surface_set_mime_data(surface, CAIRO_MIME_TYPE_JPEG, image->content.at, image->content.len, NULL, NULL);
	return surface;
}

/* From the stored picture to the upright one, both with their origin at the upper left (EXIF 2.3 4.6.4, Orientation). */
static cairo_matrix_t upright(const struct image_clean *image)
{
	double w = image->width, h = image->height;
	const cairo_matrix_t turns[9] = {
		[1] = {1, 0, 0, 1, 0, 0},   [2] = {-1, 0, 0, 1, w, 0}, [3] = {-1, 0, 0, -1, w, h}, [4] = {1, 0, 0, -1, 0, h},
		[5] = {0, 1, 1, 0, 0, 0},   [6] = {0, 1, -1, 0, h, 0}, [7] = {0, -1, -1, 0, h, w}, [8] = {0, -1, 1, 0, 0, w},
	};
	return turns[image->turn];
}

static void draw(cairo_surface_t *page, cairo_surface_t *picture, const struct image_clean *image, double broad, double high)
{
	double w = image->turn >= 5 ? image->height : image->width, h = image->turn >= 5 ? image->width : image->height;
	double x = (broad - 2 * EDGE) / w, y = (high - 2 * EDGE) / h, scale = x < y ? x : y;
	cairo_matrix_t turn = upright(image);
	if (scale > ENLARGED)
		scale = ENLARGED;
	cairo_t *cr = cairo_create(page);
	cairo_translate(cr, (broad - w * scale) / 2, (high - h * scale) / 2);
	cairo_scale(cr, scale, scale);
	cairo_transform(cr, &turn);
	cairo_set_source_surface(cr, picture, 0, 0);
	cairo_paint(cr);
	cairo_destroy(cr);
}

/* The library would write the hour at which it runs. */
static void set_date(cairo_surface_t *page, struct instant time)
{
	char text[INSTANT_TEXT], date[INSTANT_TEXT + 2];
	instant_write(time, text);
	memcpy(date, text, 19);
	memcpy(date + 19, "Z", 2);
	cairo_pdf_surface_set_metadata(page, CAIRO_PDF_METADATA_CREATE_DATE, date);
}

enum reason pdf_picture(struct arena *arena, enum sniff type, struct bytes image, struct instant time, struct bytes *out)
{
	struct image_clean clean;
	enum reason reason = image_clean(arena, type, image, &clean);
	if (reason != REASON_NONE)
		return reason;
	if ((uint64_t)clean.width * clean.height > LIMIT_PICTURE_PIXELS)
		return REASON_IMAGE_LIMIT;
	bool lies = (clean.turn >= 5) != (clean.width > clean.height);
	double broad = lies ? LONG_SIDE : SHORT_SIDE, high = lies ? SHORT_SIDE : LONG_SIDE;
	struct buf drawn = buf_make(LIMIT_MESSAGE);
	cairo_surface_t *page = cairo_pdf_surface_create_for_stream(keep, &drawn, broad, high);
	cairo_surface_t *picture = surface_of(type, &clean);
	set_date(page, time);
	bool good = cairo_surface_status(picture) == CAIRO_STATUS_SUCCESS;
	if (good)
		draw(page, picture, &clean, broad, high);
	cairo_surface_finish(page);
	reason = !good ? REASON_IMAGE_BROKEN : cairo_surface_status(page) != CAIRO_STATUS_SUCCESS || !buf_ok(&drawn) ? REASON_COMPOSE_FAILED : REASON_NONE;
	if (reason == REASON_NONE)
		*out = arena_copy(arena, buf_bytes(&drawn));
	cairo_surface_destroy(picture);
	cairo_surface_destroy(page);
	buf_free(&drawn);
	return reason;
}
