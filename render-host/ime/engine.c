/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine object and its registration.
 */
#include "render-host/ime/engine.h"

#include <string.h>

#include "base/log.h"
#include "render-host/session.h"

#define ENGINE_NAME "sekisho"

/* GObject's macros want these two names as types. */
typedef struct SekImeEngine {
	IBusEngine parent;
} SekImeEngine;

typedef struct SekImeEngineClass {
	IBusEngineClass parent;
} SekImeEngineClass;

static GType sek_ime_engine_get_type(void);
G_DEFINE_TYPE(SekImeEngine, sek_ime_engine, IBUS_TYPE_ENGINE)

static IBusEngine *focused; /* the engine object that the bus gave the focus to, NULL if no field has it */
static gboolean told_of_focus; /* the bus has said something about it since we live */
static struct sek_ime_engine_events tell;

gboolean sek_ime_engine_focused(void)
{
	return focused != NULL;
}

void sek_ime_engine_type(const uint8_t *utf8, size_t n)
{
	char *text = g_strndup((const char *)utf8, n);

	ibus_engine_commit_text(focused, ibus_text_new_from_string(text)); /* takes the floating reference */
	g_free(text);
}

/* GTK's IBus module has a second, fake context that gets the focus when no field has it: what it is given is lost. */
static void take_focus(IBusEngine *e, const gchar *path, const gchar *client)
{
	(void)path;
	told_of_focus = TRUE;
	if (client && strncmp(client, "fake", 4) == 0) {
		focused = NULL;
		return;
	}
	focused = e;
	tell.focus();
}

/* After a restart the bus puts our new engine in the old one's place and says no word of the focus, which stayed there. */
static void put_in_place(IBusEngine *e)
{
	if (!told_of_focus)
		focused = e;
}

static void lose_focus(IBusEngine *e, const gchar *path)
{
	(void)path;
	if (focused == e)
		focused = NULL;
}

static gboolean pass_key(IBusEngine *e, guint key, guint code, guint state)
{
	(void)e, (void)key;
	if (code != SEK_IME_FENCE_CODE)
		return FALSE;
	tell.fence(!(state & IBUS_RELEASE_MASK));
	return TRUE;
}

static uint16_t clamp(gint v, gint most)
{
	return (uint16_t)(v < 0 ? 0 : v > most ? most : v);
}

static void caret_moved(IBusEngine *e, gint x, gint y, gint width, gint height)
{
	struct sek_caret caret = { clamp(x, SEK_WIDTH_MAX_PX), clamp(y, SEK_HEIGHT_MAX_PX),
				   clamp(width, SEK_WIDTH_MAX_PX), clamp(height, SEK_HEIGHT_MAX_PX) };

	(void)e;
	/* Chromium says 0,0 0x0 with each loss of focus: the last place is the better guess then */
	if (x == 0 && y == 0 && width == 0 && height == 0)
		return;
	/* in pages the caret is a line without a width; what has no area is not known (broker/gap/gap.h) */
	if (caret.width_px == 0)
		caret.width_px = 1;
	tell.caret(&caret);
}

static void engine_gone(IBusObject *object)
{
	lose_focus((IBusEngine *)object, NULL);
	IBUS_OBJECT_CLASS(sek_ime_engine_parent_class)->destroy(object);
}

static void sek_ime_engine_class_init(SekImeEngineClass *class)
{
	IBusEngineClass *engine = IBUS_ENGINE_CLASS(class);

	IBUS_OBJECT_CLASS(class)->destroy = engine_gone;
	engine->process_key_event = pass_key;
	engine->enable = put_in_place;
	engine->focus_in_id = take_focus;
	engine->focus_out_id = lose_focus;
	engine->set_cursor_location = caret_moved;
}

static void sek_ime_engine_init(SekImeEngine *e)
{
	(void)e;
}

/* Like the factory's own way, but asks for the focus with the client's name. */
static IBusEngine *make_engine(IBusFactory *factory, const gchar *name, gpointer unused)
{
	static unsigned made;
	char path[64];

	(void)unused;
	g_snprintf(path, sizeof path, "/org/freedesktop/IBus/Engine/%u", ++made);
	return g_object_new(sek_ime_engine_get_type(), "engine-name", name, "object-path", path, "connection",
		ibus_service_get_connection(IBUS_SERVICE(factory)), "has-focus-id", TRUE, NULL);
}

static void global_engine_set(GObject *bus, GAsyncResult *result, gpointer unused)
{
	GError *error = NULL;

	(void)unused;
	if (ibus_bus_set_global_engine_async_finish(IBUS_BUS(bus), result, &error)) {
		tell.ready();
		return;
	}
	sek_log(SEK_LOG_ERROR, "ime.refused", "why", error ? error->message : "global engine", NULL);
	g_clear_error(&error);
	ibus_quit();
}

gboolean sek_ime_engine_register(IBusBus *bus, const struct sek_ime_engine_events *events)
{
	IBusFactory *factory = ibus_factory_new(ibus_bus_get_connection(bus));
	IBusComponent *component = ibus_component_new("org.freedesktop.IBus.Sekisho", "Sekisho", SEK_VERSION,
		"GPL-3.0-or-later", "", "", "", "");

	tell = *events;
	g_object_ref_sink(factory); /* kept until the process ends */
	g_signal_connect(factory, "create-engine", G_CALLBACK(make_engine), NULL);
	/* "default": the engine works on the keyboard map that the display has */
	ibus_component_add_engine(component,
		ibus_engine_desc_new(ENGINE_NAME, ENGINE_NAME, "", "ja", "GPL-3.0-or-later", "", "", "default"));
	if (!ibus_bus_register_component(bus, component))
		return FALSE;
	ibus_bus_set_global_engine_async(bus, ENGINE_NAME, -1, NULL, global_engine_set, NULL);
	return TRUE;
}
