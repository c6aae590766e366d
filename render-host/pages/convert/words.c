/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Words, Japanese and English.
 */
#include "render-host/pages/convert/words.h"

static const char *const words[SEK_WORD_COUNT][2] = {
	[SEK_WORD_FROM] = { "差出人", "From" },
	[SEK_WORD_TO] = { "宛先", "To" },
	[SEK_WORD_CC] = { "CC", "Cc" },
	[SEK_WORD_DATE] = { "日付", "Date" },
	[SEK_WORD_SUBJECT] = { "件名", "Subject" },
	[SEK_WORD_ATTACHED] = { "添付ファイル（名前と大きさのみ）", "Attachments (names and sizes only)" },
	[SEK_WORD_NO_TEXT] = { "（本文はありません）", "(no text)" },
	[SEK_WORD_PARTS_CUT] = { "（これより先の部分は表示していません）", "(further parts are not shown)" },
	[SEK_WORD_ARCHIVE] = { "書庫の内容（名前と大きさのみ）", "What the archive holds (names and sizes only)" },
	[SEK_WORD_SIZE] = { "バイト", "bytes" },
	[SEK_WORD_NAME] = { "名前", "name" },
	[SEK_WORD_ENCRYPTED_ENTRY] = { "暗号化", "encrypted" },
	[SEK_WORD_LIST_CUT] = { "（これより先は表示していません）", "(the rest is not shown)" },
	[SEK_WORD_LIST_BROKEN] = { "（書庫が壊れているため、これより先は読めません）", "(the archive is damaged: the rest cannot be read)" },
	[SEK_WORD_COUNT_ENTRIES] = { "件数", "entries" },
	[SEK_WORD_CANNOT_SHOW] = { "このファイルは表示できません", "This file cannot be shown" },
	[SEK_WORD_UNNAMED] = { "（名前なし）", "(no name)" },
};

static const char *const reasons[SEK_CONVERT_REASONS][2] = {
	[SEK_CONVERT_DONE] = { "", "" },
	[SEK_CONVERT_TYPE] = { "この種類のファイルは表示に対応していません。", "Files of this type are not supported on this host." },
	[SEK_CONVERT_ENCRYPTED] = { "パスワードで保護されています。", "It is protected by a password." },
	[SEK_CONVERT_BROKEN] = { "ファイルが空か、壊れています。", "The file is empty or damaged." },
	[SEK_CONVERT_PAGES] = { "ページ数が多すぎます。", "It has too many pages." },
	[SEK_CONVERT_LARGE] = { "ファイル、または中の画像が大きすぎます。", "The file, or a picture in it, is too large." },
	[SEK_CONVERT_TIME] = { "変換に時間がかかりすぎました。", "Converting it took too long." },
	[SEK_CONVERT_DIED] = { "変換できませんでした。ファイルが壊れているかもしれません。", "It could not be converted; perhaps it is damaged." },
	[SEK_CONVERT_JAIL] = { "変換の準備ができませんでした。管理者に知らせてください。",
		"The converter could not be started. Please tell your administrator." },
};

const char *sek_word(enum sek_lang lang, enum sek_word w)
{
	return words[w][lang == SEK_LANG_EN];
}

const char *sek_word_reason(enum sek_lang lang, enum sek_convert_reason r)
{
	return reasons[(unsigned)r < SEK_CONVERT_REASONS ? r : SEK_CONVERT_DIED][lang == SEK_LANG_EN];
}
