/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SDL's window, renderer and textures. A frame is put on the screen as a whole, in one go.
 */
#include "client/viewer/window.h"

#include <SDL_syswm.h>
#include <stdlib.h>

enum { DISPLAYS = 16 };

struct window {
	SDL_Window *window;
	SDL_Renderer *renderer;
	SDL_Texture *picture, *over;
	SDL_Cursor *cursor, *usual;
	bool hidden, show_usual, fullscreen, all_monitors;
	int picture_w, picture_h, w, h, window_w, window_h;
	unsigned scale_percent, forced_percent;
	double ratio; /* device pixels for each unit of SDL's coordinates */
	struct draw draw;
};

static SDL_Rect all_monitors(void)
{
	SDL_Rect each[DISPLAYS];
	int n = SDL_GetNumVideoDisplays(), have = 0;

	for (int i = 0; i < n && have < DISPLAYS; i++)
		if (SDL_GetDisplayBounds(i, &each[have]) == 0)
			have++;
	return have > 0 ? geometry_union(each, have) : (SDL_Rect){ 0, 0, 1280, 800 };
}

/* Dots per inch in steps of a quarter of 96: a screen whose size is not known is taken as it is. */
static unsigned screen_percent(struct window *w)
{
	float dpi = 96;

	if (w->forced_percent)
		return w->forced_percent;
	if (w->ratio > 1.01)
		return (unsigned)(w->ratio * 100 + 0.5);
	if (SDL_GetDisplayDPI(SDL_GetWindowDisplayIndex(w->window), NULL, &dpi, NULL) < 0 || dpi < 96 || dpi > 400)
		return 100;
	return (unsigned)(dpi / 24 + 0.5F) * 25;
}

struct area window_area(struct window *w)
{
	int logical_w = 1, logical_h = 1;

	SDL_GetWindowSize(w->window, &logical_w, &logical_h);
	if (SDL_GetRendererOutputSize(w->renderer, &w->w, &w->h) < 0) {
		w->w = logical_w;
		w->h = logical_h;
	}
	w->ratio = logical_w > 0 ? (double)w->w / logical_w : 1;
	w->scale_percent = screen_percent(w);
	return (struct area){ w->w, w->h, w->scale_percent, SEK_WIDTH_MAX_PX, SEK_HEIGHT_MAX_PX };
}

static bool make_renderer(struct window *w)
{
	SDL_RendererInfo info;

	w->renderer = SDL_CreateRenderer(w->window, -1, 0);
	if (!w->renderer)
		return false;
	/* A software renderer would only wait for a clock. */
	if (SDL_GetRendererInfo(w->renderer, &info) == 0 && info.flags & SDL_RENDERER_ACCELERATED)
		SDL_RenderSetVSync(w->renderer, 1);
	return true;
}

struct window *window_create(const struct window_config *config)
{
	struct window *w = calloc(1, sizeof *w);
	SDL_Rect at = { SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, config->w, config->h };
	Uint32 flags = SDL_WINDOW_ALLOW_HIGHDPI | SDL_WINDOW_RESIZABLE;

	if (!w)
		return NULL;
	w->forced_percent = config->scale_percent;
	w->all_monitors = config->all_monitors;
	w->fullscreen = config->fullscreen || config->all_monitors;
	w->window_w = w->fullscreen ? config->w : 0;
	w->window_h = config->h;
	if (config->all_monitors) { /* several screens are no full screen to SDL: a window without a frame over all of them */
		at = all_monitors();
		flags = SDL_WINDOW_ALLOW_HIGHDPI | SDL_WINDOW_BORDERLESS | SDL_WINDOW_ALWAYS_ON_TOP;
	} else if (config->fullscreen) { /* as large as the screen by itself: a kiosk may have no window manager to do it */
		flags |= SDL_WINDOW_FULLSCREEN_DESKTOP | SDL_WINDOW_BORDERLESS;
		if (SDL_GetDisplayBounds(0, &at) < 0)
			at = (SDL_Rect){ 0, 0, config->w, config->h };
	}
	w->window = SDL_CreateWindow(config->title, at.x, at.y, at.w, at.h, flags);
	if (!w->window || !make_renderer(w)) {
		window_destroy(w);
		return NULL;
	}
	SDL_SetWindowMinimumSize(w->window, SEK_WIDTH_MIN_PX, SEK_HEIGHT_MIN_PX);
	SDL_SetWindowKeyboardGrab(w->window, config->grab);
	w->usual = SDL_CreateSystemCursor(SDL_SYSTEM_CURSOR_ARROW);
	window_area(w);
	return w;
}

void window_destroy(struct window *w)
{
	if (!w)
		return;
	free(w->draw.px);
	if (w->cursor)
		SDL_FreeCursor(w->cursor);
	if (w->usual)
		SDL_FreeCursor(w->usual);
	if (w->picture)
		SDL_DestroyTexture(w->picture);
	if (w->over)
		SDL_DestroyTexture(w->over);
	if (w->renderer)
		SDL_DestroyRenderer(w->renderer);
	if (w->window)
		SDL_DestroyWindow(w->window);
	free(w);
}

int window_device(const struct window *w, int x)
{
	return (int)(x * w->ratio);
}

int window_logical(const struct window *w, int x)
{
	return (int)(x / w->ratio);
}

void window_title(struct window *w, const char *title)
{
	SDL_SetWindowTitle(w->window, title);
}

void window_toggle_fullscreen(struct window *w)
{
	if (w->all_monitors)
		return;
	w->fullscreen = !w->fullscreen;
	SDL_SetWindowFullscreen(w->window, w->fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
	if (!w->fullscreen && w->window_w) { /* it has never been a window yet */
		SDL_SetWindowBordered(w->window, SDL_TRUE);
		SDL_SetWindowSize(w->window, w->window_w, w->window_h);
		w->window_w = 0;
	}
	SDL_SetWindowKeyboardGrab(w->window, w->fullscreen);
}

bool window_is_fullscreen(const struct window *w)
{
	return w->fullscreen;
}

int window_fd(const struct window *w)
{
#ifdef SDL_VIDEO_DRIVER_X11
	SDL_SysWMinfo info;

	SDL_VERSION(&info.version);
	if (SDL_GetWindowWMInfo(w->window, &info) && info.subsystem == SDL_SYSWM_X11)
		return ConnectionNumber(info.info.x11.display);
#endif
	(void)w;
	return -1;
}

/* --- pictures --- */

void window_forget_picture(struct window *w)
{
	if (w->picture)
		SDL_DestroyTexture(w->picture);
	w->picture = NULL;
	w->picture_w = w->picture_h = 0;
}

bool window_picture(struct window *w, const uint32_t *px, int width_px, int height_px, struct sek_rect changed)
{
	SDL_Rect r = { changed.x, changed.y, changed.w, changed.h };

	if (!w->picture || w->picture_w != width_px || w->picture_h != height_px) {
		window_forget_picture(w);
		w->picture = SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING, width_px, height_px);
		if (!w->picture)
			return false;
		SDL_SetTextureScaleMode(w->picture, SDL_ScaleModeLinear);
		w->picture_w = width_px;
		w->picture_h = height_px;
		r = (SDL_Rect){ 0, 0, width_px, height_px };
	}
	if (r.w == 0)
		return true;
	return SDL_UpdateTexture(w->picture, &r, px + (size_t)r.y * (size_t)width_px + (size_t)r.x, width_px * (int)sizeof *px) == 0;
}

struct place window_place(const struct window *w)
{
	struct area a = { w->w, w->h, w->scale_percent, SEK_WIDTH_MAX_PX, SEK_HEIGHT_MAX_PX };

	return geometry_place(&a, w->picture_w > 0 ? w->picture_w : 1, w->picture_h > 0 ? w->picture_h : 1);
}

const struct draw *window_over(struct window *w)
{
	if (!w->draw.px || w->draw.w != w->w || w->draw.h != w->h) {
		free(w->draw.px);
		w->draw = (struct draw){ calloc((size_t)w->w * (size_t)w->h, sizeof(uint32_t)), w->w, w->h };
	}
	return w->draw.px ? &w->draw : NULL;
}

struct draw_box window_front(const struct window *w)
{
	SDL_Rect all = { 0, 0, w->w, w->h }, first, in;

	if (w->all_monitors && SDL_GetDisplayBounds(0, &first) == 0) {
		SDL_Rect at = all_monitors();

		in = (SDL_Rect){ window_device(w, first.x - at.x), window_device(w, first.y - at.y), window_device(w, first.w), window_device(w, first.h) };
		if (SDL_IntersectRect(&in, &all, &in))
			return (struct draw_box){ in.x, in.y, in.w, in.h };
	}
	return (struct draw_box){ 0, 0, w->w, w->h };
}

static void show_over(struct window *w)
{
	int tw = 0, th = 0;

	if (w->over)
		SDL_QueryTexture(w->over, NULL, NULL, &tw, &th);
	if (!w->over || tw != w->draw.w || th != w->draw.h) {
		if (w->over)
			SDL_DestroyTexture(w->over);
		w->over = SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_STREAMING, w->draw.w, w->draw.h);
		if (!w->over)
			return;
		SDL_SetTextureBlendMode(w->over, SDL_BLENDMODE_BLEND);
	}
	SDL_UpdateTexture(w->over, NULL, w->draw.px, w->draw.w * (int)sizeof(uint32_t));
	SDL_RenderCopy(w->renderer, w->over, NULL, NULL);
}

void window_show(struct window *w, bool over)
{
	struct place place = window_place(w);
	SDL_Rect to = { 0, 0, (int)(place.w / place.scale + 0.5), (int)(place.h / place.scale + 0.5) };

	SDL_SetRenderDrawColor(w->renderer, 0, 0, 0, 255);
	SDL_RenderClear(w->renderer);
	if (w->picture)
		SDL_RenderCopy(w->renderer, w->picture, NULL, &to);
	if (over && w->draw.px)
		show_over(w);
	SDL_RenderPresent(w->renderer);
}

/* --- the pointer --- */

static void apply(struct window *w)
{
	SDL_ShowCursor(w->hidden && !w->show_usual ? SDL_DISABLE : SDL_ENABLE);
	SDL_SetCursor(w->cursor && !w->show_usual ? w->cursor : w->usual);
}

void window_cursor(struct window *w, const struct sek_cursor *m)
{
	SDL_Cursor *old = w->cursor;
	SDL_Surface *s = NULL;

	w->hidden = m && m->width_px == 0;
	w->cursor = NULL;
	if (m && m->width_px > 0) /* the pixels are copied by both calls */
		s = SDL_CreateRGBSurfaceWithFormatFrom((void *)(uintptr_t)m->bgra, m->width_px, m->height_px, 32, m->width_px * 4,
			SDL_PIXELFORMAT_ARGB8888);
	if (s)
		w->cursor = SDL_CreateColorCursor(s, m->hot_x_px, m->hot_y_px);
	SDL_FreeSurface(s);
	apply(w);
	if (old)
		SDL_FreeCursor(old);
}

void window_usual_cursor(struct window *w, bool usual)
{
	if (w->show_usual != usual) {
		w->show_usual = usual;
		apply(w);
	}
}
