/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Searching the layout. Nothing here talks to X: the same code is tested on compiled layouts (US, JIS, German).
 */
#include "render-host/capture/keymap.h"

#include <string.h>
#include <xkbcommon/xkbcommon-keysyms.h>

enum {
	LEVELS_MAX = 8,
	MASKS_MAX = 16,
	REAL_MODIFIERS = 0xff,
	/* what a candidate costs; a held key that must be let go disturbs the page more than a modifier added unseen */
	COST_NUM_LOCK = 1,
	COST_ADD = 8,
	COST_REMOVE = 64,
	COST_KEYPAD = 4,
	COST_OTHER_KEY = 2,
};

static bool is_lock_symbol(xkb_keysym_t sym)
{
	switch (sym) {
	case XKB_KEY_Caps_Lock:
	case XKB_KEY_Shift_Lock:
	case XKB_KEY_Num_Lock:
	case XKB_KEY_Scroll_Lock:
	case XKB_KEY_Kana_Lock:
	case XKB_KEY_Eisu_toggle:
	case XKB_KEY_ISO_Lock:
	case XKB_KEY_ISO_Level3_Lock:
	case XKB_KEY_ISO_Level5_Lock:
		return true;
	default:
		return false;
	}
}

/* The one symbol of a level, or XKB_KEY_NoSymbol when there is none or several. */
static xkb_keysym_t symbol(struct xkb_keymap *map, xkb_keycode_t kc, xkb_layout_index_t layout, xkb_level_index_t level)
{
	const xkb_keysym_t *syms;

	return xkb_keymap_key_get_syms_by_level(map, kc, layout, level, &syms) == 1 ? syms[0] : XKB_KEY_NoSymbol;
}

static xkb_level_index_t levels(struct xkb_keymap *map, xkb_keycode_t kc, xkb_layout_index_t layout)
{
	xkb_level_index_t n = xkb_keymap_num_levels_for_key(map, kc, layout);

	return n < LEVELS_MAX ? n : LEVELS_MAX;
}

/* A key with fewer layouts than the keyboard repeats them (XKB: out-of-range groups wrap). */
static xkb_layout_index_t own_layout(struct xkb_keymap *map, xkb_keycode_t kc, xkb_layout_index_t layout)
{
	xkb_layout_index_t n = xkb_keymap_num_layouts_for_key(map, kc);

	return n ? layout % n : 0;
}

/* What pressing this key alone does to the modifiers. */
static uint8_t modifiers_of(struct xkb_keymap *map, xkb_keycode_t kc)
{
	struct xkb_state *state = xkb_state_new(map);
	xkb_mod_mask_t mods;

	if (!state)
		return 0;
	xkb_state_update_key(state, kc, XKB_KEY_DOWN);
	mods = xkb_state_serialize_mods(state, XKB_STATE_MODS_DEPRESSED);
	xkb_state_unref(state);
	return (uint8_t)(mods & REAL_MODIFIERS);
}

static bool has_symbol(struct xkb_keymap *map, xkb_keycode_t kc, xkb_keysym_t sym)
{
	for (xkb_level_index_t level = 0; level < levels(map, kc, 0); level++)
		if (symbol(map, kc, 0, level) == sym)
			return true;
	return false;
}

static bool locks(struct xkb_keymap *map, xkb_keycode_t kc)
{
	for (xkb_level_index_t level = 0; level < levels(map, kc, 0); level++)
		if (is_lock_symbol(symbol(map, kc, 0, level)))
			return true;
	return false;
}

void sek_keymap_init(struct sek_keymap *k, struct xkb_keymap *map)
{
	memset(k, 0, sizeof *k);
	k->map = map;
	for (xkb_keycode_t kc = SEK_EVDEV_TO_X; kc < SEK_KEYCODES; kc++) {
		if (!xkb_keymap_num_layouts_for_key(map, kc))
			continue;
		k->locks[kc] = locks(map, kc);
		k->modifiers[kc] = modifiers_of(map, kc);
		if (has_symbol(map, kc, XKB_KEY_Num_Lock))
			k->num_lock |= k->modifiers[kc];
	}
}

void sek_keymap_finish(struct sek_keymap *k)
{
	if (!k)
		return;
	xkb_keymap_unref(k->map);
	memset(k, 0, sizeof *k);
}

bool sek_keymap_knows(const struct sek_keymap *k, uint8_t keycode)
{
	return k->map && xkb_keymap_num_layouts_for_key(k->map, keycode) > 0;
}

static unsigned cost_of(const struct sek_keymap *k, uint8_t present, const struct sek_stroke *s)
{
	unsigned have = present & s->care, add = s->need & ~have, drop = have & ~(unsigned)s->need;
	unsigned cost = COST_REMOVE * (unsigned)__builtin_popcount(drop);

	if (add & k->num_lock)
		cost += COST_NUM_LOCK;
	return cost + COST_ADD * (unsigned)__builtin_popcount(add & ~(unsigned)k->num_lock);
}

/* The cheapest set of modifiers for one level of a key. */
static bool best_mask(const struct sek_keymap *k, struct sek_stroke *s, xkb_layout_index_t layout, xkb_level_index_t level,
	uint8_t present, unsigned *ret_cost)
{
	xkb_mod_mask_t masks[MASKS_MAX];
	size_t n = xkb_keymap_key_get_mods_for_level(k->map, s->keycode, layout, level, masks, MASKS_MAX);
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		struct sek_stroke t = { s->keycode, s->care, (uint8_t)(masks[i] & REAL_MODIFIERS) };
		unsigned cost = cost_of(k, present, &t);

		/* CapsLock is never on here: it would show in every later key */
		if ((t.need & SEK_MOD_LOCK) || (masks[i] & ~(xkb_mod_mask_t)REAL_MODIFIERS))
			continue;
		if (!found || cost < *ret_cost) {
			*ret_cost = cost;
			s->need = t.need;
			found = true;
		}
	}
	return found;
}

/* Every modifier that takes part in choosing a level of this key. */
static uint8_t care_of(struct xkb_keymap *map, xkb_keycode_t kc, xkb_layout_index_t layout)
{
	xkb_mod_mask_t masks[MASKS_MAX], all = 0;

	for (xkb_level_index_t level = 0; level < levels(map, kc, layout); level++) {
		size_t n = xkb_keymap_key_get_mods_for_level(map, kc, layout, level, masks, MASKS_MAX);

		for (size_t i = 0; i < n; i++)
			all |= masks[i];
	}
	return (uint8_t)(all & REAL_MODIFIERS);
}

static bool is_keypad(xkb_keysym_t sym)
{
	return sym >= XKB_KEY_KP_Space && sym <= XKB_KEY_KP_Equal;
}

bool sek_keymap_find(const struct sek_keymap *k, xkb_layout_index_t layout, uint32_t codepoint, uint8_t present,
	uint8_t preferred, struct sek_stroke *ret)
{
	unsigned best = 0;
	bool found = false;

	if (!k->map)
		return false;
	for (unsigned kc = SEK_EVDEV_TO_X; kc < SEK_KEYCODES; kc++) {
		xkb_layout_index_t own = own_layout(k->map, kc, layout);

		for (xkb_level_index_t level = 0; level < levels(k->map, kc, own); level++) {
			xkb_keysym_t sym = symbol(k->map, kc, own, level);
			struct sek_stroke s = { (uint8_t)kc, 0, 0 };
			unsigned cost;

			if (sym == XKB_KEY_NoSymbol || xkb_keysym_to_utf32(sym) != codepoint)
				continue;
			s.care = care_of(k->map, kc, own);
			if (!best_mask(k, &s, own, level, present, &cost))
				continue;
			if (kc != preferred)
				cost += is_keypad(sym) ? COST_OTHER_KEY + COST_KEYPAD : COST_OTHER_KEY;
			if (!found || cost < best) {
				best = cost;
				*ret = s;
				found = true;
			}
		}
	}
	return found;
}

bool sek_keymap_key_has(const struct sek_keymap *k, xkb_layout_index_t layout, uint8_t keycode, uint32_t codepoint)
{
	xkb_keysym_t want;
	xkb_layout_index_t own;

	if (!sek_keymap_knows(k, keycode))
		return false;
	want = xkb_keysym_to_lower(xkb_utf32_to_keysym(codepoint));
	own = own_layout(k->map, keycode, layout);
	for (xkb_level_index_t level = 0; level < levels(k->map, keycode, own); level++)
		if (xkb_keysym_to_lower(symbol(k->map, keycode, own, level)) == want)
			return true;
	return false;
}
