/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every word of sekisho-backup, sekisho-key, sekisho-recording and `store migrate`, in Japanese and English; and what their libraries say in English alone, for the log.
 */
#include "broker/hub/keys/words.h"

#include <stdarg.h>
#include <stdio.h>

const struct sek_phrase tool_backup_usage = {
	"usage: sekisho-backup COMMAND [--lang ja|en]\n"
	"  make [--config FILE] [--to FOLDER] [--whole] [--recordings true|false] [--documents true|false]\n"
	"         makes a backup beside the running broker; what is left out is as the configuration says\n"
	"  list [--config FILE | FOLDER]\n"
	"  verify FILE --signed-by FILE.pub [--secret KEYFILE [--passphrase-file FILE]]\n"
	"         the signature; with the secret half also all that it holds, and the earlier backups that it needs\n"
	"  restore FILE --signed-by FILE.pub --secret KEYFILE [--passphrase-file FILE] [--root FOLDER] [--dry-run]\n"
	"         verifies everything, then puts every file where it was (or the same below FOLDER); never over anything\n"
	"  keygen PUBLIC SECRET\n"
	"         the key pair to which backups are encrypted: PUBLIC goes to the broker, SECRET (locked by a passphrase) into a safe\n"
	"exit codes: 0 fine, 1 it did not work or something was found, 2 wrong usage\n",
	"使い方: sekisho-backup コマンド [--lang ja|en]\n"
	"  make [--config ファイル] [--to フォルダー] [--whole] [--recordings true|false] [--documents true|false]\n"
	"         動作中のブローカーのバックアップを作成する（含めないものは設定のとおり）\n"
	"  list [--config ファイル | フォルダー]\n"
	"  verify ファイル --signed-by ファイル.pub [--secret 鍵ファイル [--passphrase-file ファイル]]\n"
	"         署名を確認する。秘密の半分があれば、中身と、必要な以前のバックアップもすべて確認する\n"
	"  restore ファイル --signed-by ファイル.pub --secret 鍵ファイル [--passphrase-file ファイル] [--root フォルダー] [--dry-run]\n"
	"         すべて確認してから、各ファイルを元の場所（またはフォルダーの下の同じ場所）に戻す。上書きはしない\n"
	"  keygen 公開鍵 秘密鍵\n"
	"         バックアップを暗号化する鍵の組を作る。公開鍵はブローカーへ、秘密鍵（パスフレーズで保護）は金庫へ\n"
	"終了コード: 0 成功、1 失敗または異常あり、2 使い方の誤り\n",
};
const struct sek_phrase tool_made = { "%s, %llu bytes, %llu files, %llu more held by earlier backups, id %s\n",
	"%s、%llu バイト、ファイル %llu 件（ほか %llu 件は以前のバックアップに保存済み）、id %s\n" };
const struct sek_phrase tool_whole = { "whole", "全体" };
const struct sek_phrase tool_new = { "what is new", "差分" };
const struct sek_phrase tool_from_postgresql = {
	"The store, read from PostgreSQL, is in it as an SQLite file; after a restore: sekisho-broker --config FILE store migrate\n",
	"PostgreSQL の内容は SQLite ファイルとして入っています。復元後に sekisho-broker --config FILE store migrate を実行してください\n" };
const struct sek_phrase tool_removed = { "%u older backups removed\n", "古いバックアップを %u 件削除しました\n" };
const struct sek_phrase tool_signature_ok = {
	"OK: made %s by %s, %s; the signature is right. What it holds was not looked at: that needs --secret.\n",
	"OK: %s に %s で作成、%s。署名は正しいものです。中身は確認していません（--secret が必要です）。\n" };
const struct sek_phrase tool_whole_made = { "whole", "全体" };
const struct sek_phrase tool_new_made = { "what was new since earlier ones", "以前のものからの差分" };
const struct sek_phrase tool_passphrase = { "Passphrase: ", "パスフレーズ: " };
const struct sek_phrase tool_first = { "First person, passphrase: ", "1 人目のパスフレーズ: " };
const struct sek_phrase tool_second = { "Second person, passphrase: ", "2 人目のパスフレーズ: " };
const struct sek_phrase tool_again = { "Again: ", "もう一度: " };
const struct sek_phrase tool_backup_passphrase = { "passphrase of the backup key: ", "バックアップの鍵のパスフレーズ: " };
const struct sek_phrase tool_all_ok = { "OK: made %s by %s; every file is as it was.\n", "OK: %s に %s で作成。すべてのファイルが作成時のままです。\n" };
const struct sek_phrase tool_class = { "  %-14s %8llu files %14llu bytes\n", "  %-14s %8llu 件 %14llu バイト\n" };
const struct sek_phrase tool_class_names[] = { /* in the order of enum sek_backup_class */
	{ "store", "データベース" }, { "audit log", "監査ログ" }, { "recordings", "録画" }, { "documents", "文書" }, { "configuration", "設定" }, { "keys", "鍵" } };
const struct sek_phrase tool_log_not_told = {
	"the files are back, but the audit log could not be told: look at it with `sekishoctl audit verify`",
	"ファイルは元に戻りましたが、監査ログに記録できません。`sekishoctl audit verify` で確認してください" };
const struct sek_phrase tool_dry = { "Nothing was written: this was --dry-run.\n", "--dry-run のため、何も書き込んでいません。\n" };
const struct sek_phrase tool_restored = { "Restored.\n", "復元しました。\n" };
const struct sek_phrase tool_restored_below = { "Restored below %s.\n", "%s の下に復元しました。\n" };
const struct sek_phrase tool_backup_keys = {
	"%s: for backup.public_key in broker.yaml\n"
	"%s: into a safe, with its passphrase and, after the first backup, a copy of backup.key.pub: without them no backup can be restored\n",
	"%s: broker.yaml の backup.public_key に指定します\n"
	"%s: パスフレーズと、最初のバックアップ後の backup.key.pub の写しとともに金庫へ。これらがないと復元できません\n" };

const struct sek_phrase tool_key_usage = {
	"usage: sekisho-key list [--config FILE] [--lang ja|en]\n"
	"         each key: how old, when another one is taken, what it is for, its files, where the copy should be\n"
	"       sekisho-key rotate NAME [--certificate FILE --key FILE | --file FILE] [--yes] [--config FILE] [--lang ja|en]\n"
	"         puts another one in its place without ending a session; audit, recording-signing, backup-signing and login are made here;\n"
	"         login voids recovery codes, and asks (--yes: it does not)\n"
	"exit codes: 0 done, 1 it did not work, 2 wrong usage\n",
	"使い方: sekisho-key list [--config ファイル] [--lang ja|en]\n"
	"         それぞれの鍵の日数、新しい鍵が有効になる時、用途、ファイル、控えの場所\n"
	"        sekisho-key rotate 名前 [--certificate ファイル --key ファイル | --file ファイル] [--yes] [--config ファイル] [--lang ja|en]\n"
	"         セッションを終了せずに鍵を交換する。audit、recording-signing、backup-signing、login はここで作られる。\n"
	"         login では回復コードが無効になるため確認する（--yes で省略）\n"
	"終了コード: 0 成功、1 失敗、2 使い方の誤り\n",
};
const struct sek_phrase tool_restart_takes = { "%s: in place; `systemctl restart sekisho-broker` takes it (sessions go on)\n",
	"%s: 配置しました。`systemctl restart sekisho-broker` で有効になります（セッションは継続します）\n" };
const struct sek_phrase tool_not_running = { "%s: in place; the broker does not run, and takes it when it starts\n",
	"%s: 配置しました。ブローカーは停止中で、次の起動で有効になります\n" };
const struct sek_phrase tool_changed = { "%s: changed; no session was ended\n", "%s: 更新しました（セッションは継続しています）\n" };
const struct sek_phrase tool_in_place = {
	"the files are in place, but the running broker goes on with the old ones; `systemctl restart sekisho-broker` takes them, sessions go on:",
	"ファイルは配置しましたが、動作中のブローカーは古いものを使っています。`systemctl restart sekisho-broker` で有効になります（セッションは継続します）:" };
const struct sek_phrase tool_copy = { "copy: %s\n", "控え: %s\n" };

const struct sek_phrase tool_login_sure = {
	"With another login.key every user's recovery codes are void from the next start on (code generators stay); who wants new ones sets the generator up\n"
	"again. Change it? [y/N] ",
	"login.key を変えると、次の起動から全利用者の回復コードが無効になります（ワンタイムコードの登録はそのまま）。新しい回復コードは、登録をやり直すと発行されます。\n"
	"変更しますか。[y/N] " };
const struct sek_phrase tool_login_yes = {
	"nothing was changed: every user's recovery codes would be void; say yes, or --yes where nobody can be asked",
	"何も変更していません。全利用者の回復コードが無効になるため、確認が必要です。質問できない場合は --yes を付けてください" };

const struct sek_phrase tool_recording_usage = {
	"usage: sekisho-recording keygen [--two] PUBLIC SECRET [--lang ja|en]\n"
	"         makes the key pair to which recordings are sealed: PUBLIC goes to the broker, SECRET (locked by a passphrase,\n"
	"         which is asked for, or read from standard input) to the reviewers; --two: it takes two persons to open it, each\n"
	"         with a passphrase of his or her own\n"
	"exit codes: 0 fine, 1 it did not work, 2 wrong usage\n",
	"使い方: sekisho-recording keygen [--two] 公開鍵 秘密鍵 [--lang ja|en]\n"
	"         録画を暗号化する鍵の組を作る。公開鍵はブローカーへ、秘密鍵（パスフレーズで保護。質問されるか、標準入力から\n"
	"         読み込む）は閲覧者へ。--two: 開くには 2 人がそれぞれのパスフレーズを入力する必要がある\n"
	"終了コード: 0 成功、1 失敗、2 使い方の誤り\n",
};
const struct sek_phrase tool_recording_keys = {
	"%s: for recording.public_key in broker.yaml\n"
	"%s: for the reviewers; keep a copy and the passphrase in a safe: without them no recording can ever be seen\n",
	"%s: broker.yaml の recording.public_key に指定します\n"
	"%s: 閲覧者が使います。写しとパスフレーズを金庫に保管してください。これらがないと録画は二度と見られません\n" };

const struct sek_phrase tool_moved_same = { "rows, the same on both sides (%.16s)\n", "行、移行元と移行先で一致 (%.16s)\n" };
const struct sek_phrase tool_moved_done = {
	"done: %lld rows. The file '%s' stays as it is: keep it until the site has worked for a while, then destroy it.\n",
	"完了しました: %lld 行。ファイル '%s' は元のまま残ります。しばらく運用して問題がないことを確かめてから、消去してください。\n" };

/* What libraries say. */
static const struct sek_phrase errors[] = {
	{ "libsodium cannot start", "libsodium を開始できません" },
	{ "not enough memory to open it", "開くためのメモリが足りません" },
	{ "not enough memory", "メモリが足りません" },
	{ "cannot be read", "を読み取れません" },
	{ "check the path and who may read it", "パスと読み取り権限を確認してください" },
	{ "cannot be read, or is empty", "を読み取れないか、空です" },
	{ "cannot be read: make the folder, and give it to the broker's user", "を読み取れません。フォルダーを作り、所有者をブローカーのユーザーにしてください" },
	{ "cannot be read: the audit log", "（監査ログ）を読み取れません" },
	{ "cannot be read or made: the key that signs backups", "（バックアップの署名鍵）を読み取りも作成もできません" },
	{ "cannot be made: run this as the broker's user or as root", "を作成できません。ブローカーのユーザーか root で実行してください" },
	{ "cannot be made: give the folder to the broker's user, and make room", "を作成できません。フォルダーの所有者をブローカーのユーザーにし、空きを作ってください" },
	{ "cannot be made", "を作成できません" },
	{ "cannot be written", "に書き込めません" },
	{ "cannot be given its owner and rights", "の所有者と権限を設定できません" },
	{ "cannot be replaced: run this as root", "を置き換えられません。root で実行してください" },
	{ "is locked: another backup is being made", "はロックされています。別のバックアップを作成中です" },
	{ "has no section `backup:`: say there where backups go, and the public key", "に backup: がありません。バックアップの場所と公開鍵を書いてください" },
	{ "is no public backup key: make a pair with `sekishoctl backup keygen`", "はバックアップの公開鍵ではありません。`sekishoctl backup keygen` で作成してください" },
	{ "was cut short while it was read: try again", "は読み取り中に短くなりました。もう一度実行してください" },
	{ "is no file", "はファイルではありません" },
	{ "is no folder", "はフォルダーではありません" },
	{ "is no path of a folder", "はフォルダーのパスではありません" },
	{ "this path cannot be put into a backup (too long, or with unusual characters)", "このパスはバックアップに入れられません（長すぎるか、使えない文字があります）" },
	{ "the configuration names it and it is not there", "設定に書かれていますが、存在しません" },
	{ "is not there", "が存在しません" },
	{ "is not there: there is nothing to replace", "が存在しません。置き換えるものがありません" },
	{ "no such file", "ファイルがありません" },
	{ "is no backup, or was cut or changed", "はバックアップではないか、途中で切れているか、変更されています" },
	{ "was changed, or is not signed by that key", "は変更されているか、その鍵で署名されていません" },
	{ "is encrypted to another backup key", "は別のバックアップの鍵で暗号化されています" },
	{ "the earlier backup that holds this file is not in the folder", "このファイルを持つ以前のバックアップがフォルダーにありません" },
	{ "the earlier backup that should hold this file does not", "このファイルを持つはずの以前のバックアップに、それがありません" },
	{ "is not any more what it was when it was verified", "は確認した時点から変わっています" },
	{ "is not any more in the backup that held it", "は、それを持っていたバックアップにもうありません" },
	{ "is there already: a restore needs empty folders. Move away what lies in", "がすでにあります。復元には空のフォルダーが必要です。移動するもの:" },
	{ "is there already: move it away; nothing is ever written over", "がすでにあります。移動してください（上書きはしません）" },
	{ "there is no user", "このマシンに利用者" },
	{ "or no group", "またはグループ" },
	{ "on this machine, to whom", "がありません。所有していたもの:" },
	{ "belonged: install the package first", "（先にパッケージをインストールしてください）" },
	{ "it cannot be written there", "そこに書き込めません" },
	{ "its folder is not there: has the broker run on this machine?", "フォルダーがありません。このマシンでブローカーを動かしたことがありますか" },
	{ "the rights of its owner cannot be taken on", "所有者の権限に切り替えられません" },
	{ "the rights of root cannot be taken back", "root の権限に戻れません" },
	{ "the key file cannot be read", "鍵ファイルを読み取れません" },
	{ "no passphrase; give one with --passphrase-file, or run this on a terminal", "パスフレーズがありません。--passphrase-file で指定するか、端末で実行してください" },
	{ "no passphrase", "パスフレーズがありません" },
	{ "wrong passphrase", "パスフレーズが違います" },
	{ "this is not a secret backup key", "バックアップの秘密鍵ではありません" },
	{ "this is not a secret recording key", "録画の秘密鍵ではありません" },
	{ "the passphrase is too short: whoever finds the file could guess it; at least 12 characters",
		"パスフレーズが短すぎます。ファイルを手に入れた人に推測されます。12 文字以上にしてください" },
	{ "both have the same passphrase: each of the two has to have one that the other does not know",
		"2 人のパスフレーズが同じです。互いに知らないものにしてください" },
	{ "the two are not the same", "2 回の入力が一致しません" },
	{ "one of the files is there already: a key is never overwritten, what was sealed for it would be lost",
		"ファイルがすでにあります。鍵は上書きしません（その鍵で暗号化したものが失われるため）" },
	{ "the folder cannot be read", "フォルダーを読み取れません" },
	{ "the configuration says nothing of backups: name the folder", "設定にバックアップの項目がありません。フォルダーを指定してください" },
	{ "the file is not there", "ファイルがありません" },
	{ "NOT as it was made: it was cut or changed, is no backup, or is not signed by that key",
		"異常: 途中で切れているか変更されているか、バックアップでないか、その鍵で署名されていません" },
	{ "--signed-by: this is no public half of a signing key (backup.key.pub)", "--signed-by: 署名鍵の公開鍵（backup.key.pub）ではありません" },
	{ "there is no key of that name: `sekishoctl key list`", "その名前の鍵はありません（`sekishoctl key list` で確認）" },
	{ "this broker has none", "このブローカーにはありません" },
	{ "name the new ones: --certificate FILE --key FILE", "新しいものを指定してください: --certificate ファイル --key ファイル" },
	{ "name the new one: --file FILE", "新しいものを指定してください: --file ファイル" },
	{ "is made here: give no file", "ここで作成します。ファイルは指定しないでください" },
	{ "one waits already for the next start of the broker", "次の起動を待っている鍵がすでにあります" },
	{ "there is none yet", "まだありません" },
	{ "it cannot be written", "書き込めません" },
	{ "is no public half: make a pair with", "は公開鍵ではありません。鍵の作成:" },
	{ "holds no certificate in PEM", "に PEM 形式の証明書がありません" },
	{ "does not vouch for that certificate now: nothing was changed", "ではその証明書を現在検証できません。何も変更していません" },
	{ "is not the key of that certificate", "はその証明書の鍵ではありません" },
	{ "is not good now: look at its dates and at the clock", "は現在有効ではありません。期間と時計を確認してください" },
	{ "is no CRL in PEM", "は PEM 形式の失効リストではありません" },
	{ "is not signed by the CA (by each, if there are several), or has run out", "は認証局（複数ある場合はそれぞれ）の署名がないか、期限切れです" },
	{ "holds no good CRL of each of these CAs: put those in first (rotate crl)", "に、これらの認証局それぞれの有効な失効リストがありません。先に入れてください（rotate crl）" },
	{ "the key cannot be changed", "鍵を交換できません" },
	{ "audit log", "監査ログ" },
	{ "it did not answer", "応答がありません" },
	{ "store.postgresql is not in the configuration: write where the store is to go, and leave store.path as it is",
		"設定に store.postgresql がありません。移行先を書いてください（store.path はそのまま残します）" },
	{ "there is no file at store.path: nothing is to be moved", "store.path にファイルがありません。移行するものがありません" },
	{ "the broker runs: stop it first, and every other broker of this store",
		"ブローカーが動作中です。このデータベースを使うすべてのブローカーを先に停止してください" },
	{ "the target is not empty: something stands in the table", "移行先が空ではありません。データのある表:" },
	{ "a row cannot be written to the table", "行を書き込めません。表:" },
	{ "what the target has is not what was written to the table", "移行先の内容が書き込んだものと一致しません。表:" },
	{ "nothing was moved", "何も移行していません" },
	{ "somebody has this file open", "ほかのプログラムがファイルを開いています:" },
	{ "stop every broker of this store first", "このデータベースを使うすべてのブローカーを先に停止してください" },
	{ "name a fresh database or schema", "新しいデータベースかスキーマを指定してください" },
};

void sek_tool_say(bool ja, const struct sek_phrase *p, ...)
{
	va_list ap;

	va_start(ap, p);
	vprintf(sek_phrase_of(ja, p), ap);
	va_end(ap);
}

int sek_tool_fail(bool ja, const char *program, const char *text)
{
	char told[2048];

	sek_phrases_translate(errors, ja ? sizeof errors / sizeof errors[0] : 0, text, told, sizeof told);
	fprintf(stderr, "%s: %s\n", program, told);
	return 1;
}
