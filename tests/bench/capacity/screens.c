/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * capacity_screens RECORDING RATE DISPLAY...: plays what a synthetic session plays onto X displays, at the same rate, until it is
 * killed; for the peers of tests/bench/capacity/run. Prints "ready" when every display shows the first picture.
 */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/load/synthetic/source.h"

enum { WIDTH = 1920, HEIGHT = 1080, STEPS_MAX = 512, RECTS_MAX = 64 };

struct step {
	struct sek_rect rects[RECTS_MAX];
	uint32_t *px[RECTS_MAX];
	size_t n;
};

static struct step steps[STEPS_MAX];
static size_t n_steps;
static uint32_t picture[WIDTH * HEIGHT];

static void on_changed(void *user, struct sek_rect r)
{
	struct step *s = user;

	if (s->n == RECTS_MAX) { /* too many: one around the last two */
		struct sek_rect *o = &s->rects[RECTS_MAX - 1];
		unsigned x2 = (unsigned)o->x + o->w, y2 = (unsigned)o->y + o->h;

		x2 = (unsigned)r.x + r.w > x2 ? (unsigned)r.x + r.w : x2;
		y2 = (unsigned)r.y + r.h > y2 ? (unsigned)r.y + r.h : y2;
		o->x = r.x < o->x ? r.x : o->x;
		o->y = r.y < o->y ? r.y : o->y;
		o->w = (uint16_t)(x2 - o->x);
		o->h = (uint16_t)(y2 - o->y);
		return;
	}
	s->rects[s->n++] = r;
}

static void keep(struct step *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct sek_rect r = s->rects[i];

		s->px[i] = malloc((size_t)r.w * r.h * sizeof(uint32_t));
		if (!s->px[i])
			exit(1);
		for (unsigned y = 0; y < r.h; y++)
			memcpy(s->px[i] + (size_t)y * r.w, picture + (size_t)(r.y + y) * WIDTH + r.x, r.w * sizeof(uint32_t));
	}
}

static void read_steps(const char *path, unsigned step_ms)
{
	const struct sek_picture p = { picture, WIDTH, WIDTH, HEIGHT };
	struct sek_source *source = sek_source_recorded(path);

	if (!source)
		exit(1);
	while (n_steps < STEPS_MAX && sek_source_step(source, step_ms, &p, on_changed, &steps[n_steps])) {
		if (steps[n_steps].n)
			keep(&steps[n_steps++]);
	}
	sek_source_destroy(source);
	if (n_steps == 0)
		exit(1);
}

struct screen {
	Display *d;
	Window w;
	GC gc;
	size_t next;
	struct timespec due;
};

static void show(struct screen *s)
{
	const struct step *step = &steps[s->next];

	for (size_t i = 0; i < step->n; i++) {
		const struct sek_rect r = step->rects[i];
		XImage *image = XCreateImage(s->d, DefaultVisual(s->d, 0), 24, ZPixmap, 0, (char *)step->px[i], r.w, r.h, 32, 0);

		XPutImage(s->d, s->w, s->gc, image, 0, 0, r.x, r.y, r.w, r.h);
		image->data = NULL;
		XDestroyImage(image);
	}
	XFlush(s->d);
	s->next = (s->next + 1) % n_steps;
}

static void open_screen(struct screen *s, const char *name)
{
	XSetWindowAttributes a = { .override_redirect = True };
	XEvent e;

	s->d = XOpenDisplay(name);
	if (!s->d)
		exit(1);
	s->w = XCreateWindow(s->d, DefaultRootWindow(s->d), 0, 0, WIDTH, HEIGHT, 0, CopyFromParent, InputOutput, CopyFromParent,
		CWOverrideRedirect, &a);
	s->gc = XCreateGC(s->d, s->w, 0, NULL);
	XSelectInput(s->d, s->w, ExposureMask);
	XMapRaised(s->d, s->w);
	XWindowEvent(s->d, s->w, ExposureMask, &e);
	XSelectInput(s->d, s->w, 0);
	show(s);
	XSync(s->d, False);
}

static void add(struct timespec *t, unsigned long us)
{
	t->tv_nsec += (long)(us % 1000000) * 1000;
	t->tv_sec += (time_t)(us / 1000000) + t->tv_nsec / 1000000000;
	t->tv_nsec %= 1000000000;
}

int main(int argc, char **argv)
{
	unsigned long period_us, n = (unsigned long)argc - 3;
	struct screen *screens;

	if (argc < 4)
		return 2;
	period_us = (unsigned long)(1e6 / strtod(argv[2], NULL));
	read_steps(argv[1], (unsigned)(period_us / 1000));
	screens = calloc(n, sizeof *screens);
	if (!screens)
		return 1;
	for (unsigned long i = 0; i < n; i++) {
		open_screen(&screens[i], argv[3 + i]);
		clock_gettime(CLOCK_MONOTONIC, &screens[i].due);
	}
	puts("ready");
	fflush(stdout);
	/* displays lie one behind the other within a period */
	for (unsigned long i = 0; i < n; i++) {
		screens[i].due = screens[0].due;
		add(&screens[i].due, period_us * i / n + period_us);
	}
	for (unsigned long i = 0;; i = (i + 1) % n) {
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &screens[i].due, NULL);
		show(&screens[i]);
		add(&screens[i].due, period_us);
	}
}
