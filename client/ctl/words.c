/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every word that sekishoctl says, in Japanese and English.
 */
#include <string.h>

#include "client/ctl/words.h"

const char ctl_usage_text[] =
	"usage: sekishoctl [--socket PATH] [--json] [--lang ja|en] COMMAND\n"
	"  status\n"
	"  user list|show|groups|add|disable|enable|delete|passwd|roles|display|reset-second-factor [NAME [ROLES|TEXT]]\n"
	"  user allow-enrolment NAME [--hours N]                 to set a code generator up (login.enrolment: allowed)\n"
	"  user certificates NAME | add-certificate NAME FILE [--kind subject] | add-certificate NAME --fingerprint HEX|--subject DN\n"
	"  user remove-certificate NAME --fingerprint HEX|--subject DN\n"
	"  group list|show|members|add|edit|delete|add-member|remove-member [NAME [USER]]\n"
	"  group unapproved | approvers|set-approver|remove-approver NAME [USER] [--deputy true --since DATE --until DATE]\n"
	"  policy attributes | show SCOPE | set SCOPE ATTRIBUTE VALUE | unset SCOPE ATTRIBUTE | explain USER\n"
	"  policy history | approve CHANGE | refuse CHANGE       SCOPE: site, group:NAME or user:NAME\n"
	"  session list | end SESSION | message SESSION TEXT | explain SESSION\n"
	"  session set SESSION ATTRIBUTE VALUE | unset SESSION ATTRIBUTE    until that session ends\n"
	"  stop user NAME | host NAME | session SESSION | all    the emergency switch\n"
	"  broker list                                          those on this store\n"
	"  host list | add HOST ADDRESS PORT [POOL] | drain HOST [MINUTES] | undrain HOST | remove HOST\n"
	"  host add HOST ADDRESS PORT [POOL] --kind vnc|rdp [--trust FILE.pem | --insecure true] [--max_sessions N]\n"
	"  host password HOST [LOGIN] [--user NAME]              with what such a host is logged in to; asks for the password; both empty: forget\n"
	"  host enrol HOST ADDRESS                               asks for the one-time code that sekisho-setup-host shows there (sekisho-setup(8))\n"
	"  host test HOST                                        says which step of a connection fails\n"
	"  ages                                                  days and hours that certificates, CRLs, images and browsers have had or have left\n"
	"  audit search | state | verify [OPTION]...             what `verify` takes: sekisho-audit-verify --help\n"
	"  recording list | show RECORDING | hold RECORDING | release RECORDING | purge RECORDING | state\n"
	"  recording verify [RECORDING]                          all of them, and sessions that should have one\n"
	"  recording export RECORDING FILE.webm --secret KEYFILE --reason TEXT [--from S] [--to S] [--fps N] [--passphrase-file FILE]\n"
	"  recording keygen [--two] PUBLIC SECRET                the key pair to which recordings are sealed; --two: two persons open it\n"
	"  documents list | purge DOCUMENT                       what crossed as pixels and lies in inboxes\n"
	"  backup [--to FOLDER] [--whole] [--recordings true|false] [--documents true|false]    beside the running broker\n"
	"  backup list [FOLDER] | keygen PUBLIC SECRET | verify FILE --signed-by FILE.pub [--secret KEYFILE]\n"
	"  backup restore FILE --signed-by FILE.pub --secret KEYFILE [--root FOLDER] [--dry-run]    more: sekisho-backup(8)\n"
	"  store migrate [--config /etc/sekisho/broker.yaml]     from the SQLite file to PostgreSQL, while no broker runs\n"
	"  key list | key rotate NAME [--certificate FILE --key FILE | --file FILE]    more: sekisho-key(8)\n"
	"  selfcheck [--format text|json|html] [--output FILE] | selfcheck --check FILE --key FILE.pub\n"
	"options of commands: --reason TEXT (needed for whatever changes something, but not by `stop`), --search TEXT, --limit N,\n"
	"  --after NEXT, --message TEXT, --roles A,B, --display TEXT, --text TEXT, --needs ..., --directory NAME,\n"
	"  --pending true (policy history), and for audit search: --who, --what, --object, --outcome, --from, --to\n"
	"exit codes: 0 done, 1 the broker refused, 2 wrong usage, 3 the broker cannot be reached, 4 a check found something\n";

static const struct pair words[CTL_WORDS] = {
	[W_UNREACHABLE] = { "the broker cannot be reached at '%s': %s. Is it running, and may this account use the socket?",
		"ブローカーに接続できません（'%s': %s）。動いているか、このアカウントがソケットを使えるかを確認してください。" },
	[W_NO_ANSWER] = { "the broker at '%s' did not answer: %s. This account may not be allowed to use the socket; the broker's log says.",
		"ブローカー（'%s'）から応答がありません: %s。このアカウントにソケットの利用が許可されていない可能性があります（ブローカーのログを確認してください）。" },
	[W_REFUSED] = { "refused", "拒否" },
	[W_DONE] = { "done", "完了しました" },
	[W_NONE] = { "none", "なし" },
	[W_YES] = { "yes", "はい" },
	[W_NO] = { "no", "いいえ" },
	[W_ENDED] = { "sessions ended: %lld", "終了したセッション: %lld" },
	[W_PASSWORD] = { "password of %s (shown only now): %s", "%s のパスワード（表示は今回だけです）: %s" },
	[W_PENDING] = { "change %lld waits for the approval of a second administrator", "変更 %lld は別の管理者の承認を待っています" },
	[W_EMPTY] = { "(nothing)", "（該当なし）" },
	[W_USAGE] = { "usage", "使い方" },
	[W_NO_PROGRAM] = { "this program cannot be run", "このプログラムを実行できません" },
	[W_CHECK_OK] = { "ok", "正常" },
	[W_CHECK_ATTENTION] = { "attention", "注意" },
	[W_CHECK_FAILED] = { "failed", "異常" },
	[W_CHECK_TITLE] = { "Sekisho self-check", "Sekisho 自己点検" },
	[W_CHECK_SUMMARY] = { "%lld ok, %lld attention, %lld failed", "正常 %lld 件、注意 %lld 件、異常 %lld 件" },
	[W_CHECK_DO] = { "what to do", "対応" },
	[W_CHECK_SIGNED] = { "signed by the broker's audit key", "ブローカーの監査鍵による署名" },
	[W_CHECK_GOOD] = { "the report's signature is right", "報告の署名は正しいものです" },
	[W_CHECK_BAD] = { "the report's signature is NOT right: it was changed, or is of another broker",
		"報告の署名が正しくありません（書き換えられたか、別のブローカーのものです）" },
	[W_RECORDINGS_ELSEWHERE] = { "%u at other brokers: run it there, too\n", "ほかのブローカーにある録画 %u 件: そちらでも実行してください\n" },
	[W_RECORDINGS] = { "%u sound, %u running, %u findings\n", "正常 %u 件、録画中 %u 件、異常 %u 件\n" },
	[W_HOST_PASSWORD] = { "Password at that host: ", "そのホストでのパスワード: " },
	[W_HOST_TEST] = { "%s: %s\n", "%s: %s\n" },
	[W_HOST_INSECURE] = { "INSECURE: nothing is encrypted, and nobody's certificate is looked at",
		"暗号化なし: 通信は暗号化されず、証明書も確かめません" },
	[W_NO_CERTIFICATE] = { "there is no certificate in that file", "そのファイルに証明書がありません" },
};

static const struct named errors[] = {
	{ "bad-request", { "the broker does not take that", "その内容は受け付けられません" } },
	{ "not-found", { "there is no such thing", "見つかりません" } },
	{ "exists", { "that name is taken", "その名前は使われています" } },
	{ "elsewhere", { "another broker has its file: ask there (recording show says which)", "ファイルは別のブローカーにあります。そちらで実行してください（recording show で確認できます）" } },
	{ "conflict", { "somebody else has changed it meanwhile: look again", "ほかの人が先に変更しました。もう一度確認してください" } },
	{ "held", { "it is on legal hold", "法的保全中です" } },
	{ "forbidden", { "not allowed", "許可されていません" } },
	{ "self", { "not for oneself", "自分自身には行えません" } },
	{ "second-person", { "who asked for a change cannot approve it", "変更を求めた本人は承認できません" } },
	{ "directory", { "the directory rules this: change it there", "ディレクトリで管理されています。ディレクトリ側で変更してください" } },
	{ "unavailable", { "the audit log cannot be written, so it was not done: see `sekishoctl status`",
		"監査ログに書き込めないため、実行しませんでした（`sekishoctl status` を確認してください）" } },
	{ "busy", { "the broker is busy: try again", "混み合っています。もう一度お試しください" } },
	{ "no-answer", { "the broker that has the session does not answer: nothing was changed", "セッションを持つブローカーが応答しません。変更は行われていません" } },
	{ "stopping", { "the broker is being stopped", "ブローカーは停止するところです" } },
	{ "internal", { "the broker had a problem: its log says more", "ブローカーで問題が起きました。ログを確認してください" } },
};

static const struct named results[] = {
	{ "ok", { "ok: connected, checked, logged in (RDP without NLA, as xrdp: only in a session), the picture is known",
		"正常（接続・検証・ログイン・画面の確認まで完了。xrdp など NLA のない RDP のログインはセッション内）" } },
	{ "connect", { "failed: no TCP connection to the address and port", "失敗: アドレスとポートに TCP 接続できません" } },
	{ "credentials", { "failed: the password that is kept here cannot be read (was login.key replaced?)", "失敗: 保存したパスワードを読み出せません（login.key が替わっていませんか）" } },
	{ "tls", { "failed: it offers no encryption that is accepted", "失敗: 受け入れられる暗号化方式に対応していません" } },
	{ "certificate", { "failed: its certificate is not the one that is trusted, or has another name or date", "失敗: 証明書が信頼するものと違うか、名前や期限が合いません" } },
	{ "login", { "failed: it refused the name or the password, or none is kept", "失敗: ログイン名かパスワードが拒否されました（未登録の場合を含む）" } },
	{ "size", { "failed: its screen is larger than sessions.max_width and max_height, or has a strange form", "失敗: 画面が sessions.max_width・max_height より大きいか、対応できない形式です" } },
	{ "refused", { "failed: it refused the connection", "失敗: 接続を拒否されました" } },
	{ "protocol", { "failed: what it says is not the protocol of its kind", "失敗: その種類のプロトコルではない応答です" } },
	{ "lost", { "failed: it closed the connection", "失敗: 相手が接続を閉じました" } },
	{ "silent", { "failed: no answer in time", "失敗: 時間内に応答がありません" } },
	{ "jail", { "failed: the decoder's jail could not be built on the broker", "失敗: ブローカーでデコーダーの隔離環境を作れません" } },
	{ "died", { "failed: the decoder was stopped by its jail, or crashed", "失敗: デコーダーが隔離違反か異常で終了しました" } },
	{ "internal", { "failed: the broker had a problem: its log says more", "失敗: ブローカーで問題が起きました（ログを確認してください）" } },
};

static const struct named columns[] = {
	{ "name", { "NAME", "名前" } }, { "display", { "DISPLAY", "表示名" } }, { "roles", { "ROLES", "役割" } },
	{ "disabled", { "DISABLED", "無効" } }, { "totp", { "ONE-TIME-CODE", "ワンタイム" } }, { "groups", { "GROUPS", "グループ" } },
	{ "login_s", { "LAST-LOGIN", "最終ログイン" } }, { "session", { "SESSION", "セッション" } }, { "user", { "USER", "利用者" } },
	{ "host", { "HOST", "ホスト" } }, { "state", { "STATE", "状態" } }, { "attached", { "ATTACHED", "接続中" } },
	{ "client", { "CLIENT", "接続元の種類" } }, { "vnc_viewers", { "VNC viewers", "VNCビューアー" } },
	{ "age_s", { "AGE(s)", "経過(秒)" } }, { "idle_s", { "IDLE(s)", "無操作(秒)" } }, { "bytes_down", { "BYTES", "送信バイト" } },
	{ "broker", { "BROKER", "ブローカー" } }, { "hosts", { "HOSTS", "到達サーバー" } }, { "silent_s", { "SILENT(s)", "無応答(秒)" } }, { "started_s", { "STARTED", "起動" } },
	{ "pool", { "POOL", "プール" } }, { "all_sessions", { "ALL", "全体" } }, { "max_sessions", { "MOST", "上限" } },
	{ "alarm", { "ALARM", "警報" } }, { "egress_refused", { "REFUSED", "内部宛て拒否" } },
	{ "available_mib", { "FREE-MiB", "空きMiB" } }, { "cpu_permille", { "CPU-WAIT(0.1%)", "CPU待ち(0.1%)" } },
	{ "of", { "OF", "対象" } }, { "at", { "AT", "場所" } }, { "level", { "LEVEL", "判定" } }, { "age_days", { "AGE(days)", "経過(日)" } },
	{ "left_days", { "LEFT(days)", "残り(日)" } }, { "left_hours", { "LEFT(hours)", "残り(時間)" } }, { "version", { "VERSION", "版" } },
	{ "warm_ja", { "WARM-JA", "用意済み(日)" } }, { "warm_en", { "WARM-EN", "用意済み(英)" } },
	{ "address", { "ADDRESS", "アドレス" } }, { "port", { "PORT", "ポート" } }, { "sessions", { "SESSIONS", "セッション数" } },
	{ "time", { "TIME", "日時" } }, { "who", { "WHO", "実行者" } }, { "what", { "WHAT", "内容" } },
	{ "object", { "OBJECT", "対象" } }, { "outcome", { "OUTCOME", "結果" } }, { "details", { "DETAILS", "詳細" } },
	{ "attribute", { "ATTRIBUTE", "項目" } }, { "value", { "VALUE", "値" } }, { "from", { "FROM", "由来" } },
	{ "change", { "CHANGE", "変更" } }, { "scope", { "SCOPE", "範囲" } }, { "before", { "BEFORE", "変更前" } },
	{ "after", { "AFTER", "変更後" } }, { "why", { "WHY", "理由" } }, { "status", { "STATUS", "状態" } },
	{ "at_s", { "AT", "日時" } }, { "text", { "TEXT", "説明" } }, { "members", { "MEMBERS", "人数" } },
	{ "version", { "VERSION", "版" } }, { "needs", { "NEEDS", "必要な要素" } }, { "directory", { "DIRECTORY", "ディレクトリ名" } },
	{ "writable", { "writable", "書き込み可" } }, { "audit", { "audit log", "監査ログ" } }, { "logins", { "log-ins", "ログイン数" } },
	{ "uptime_s", { "uptime (s)", "稼働(秒)" } }, { "damaged", { "damaged", "損傷" } }, { "lost", { "lost", "失われた記録" } },
	{ "waiting", { "waiting", "書き込み待ち" } }, { "kind", { "KIND", "種類" } },
	{ "deputy", { "DEPUTY", "代理" } }, { "from_s", { "FROM", "開始" } }, { "acts", { "ACTS-NOW", "有効" } },
	{ "insecure", { "INSECURE", "暗号化なし" } }, { "test", { "TEST", "接続確認" } },
	{ "subject", { "SUBJECT", "サブジェクト" } }, { "ends_s", { "ENDS", "有効期限" } }, { "until_s", { "until", "期限" } }, { "created_s", { "BOUND", "登録日時" } },
	{ "source", { "FROM", "由来" } }, { "seq", { "SEQ", "番号" } }, { "signed_seq", { "signed up to", "署名済み番号" } },
	{ "document", { "DOCUMENT", "文書" } }, { "for", { "FOR", "用途" } }, { "pages", { "PAGES", "ページ" } }, { "expires_s", { "EXPIRES", "保存期限" } },
	{ "recording", { "RECORDING", "録画" } }, { "began_us", { "BEGAN", "開始" } }, { "length_us", { "SECONDS", "長さ(秒)" } },
	{ "bytes", { "BYTES", "バイト" } }, { "marks", { "WHAT-HAPPENED", "できごと" } }, { "ended", { "ENDED", "終わり方" } },
	{ "hold", { "HOLD", "法的保全" } }, { "purged_s", { "PURGED", "削除日時" } }, { "purged_by", { "purged by", "削除者" } },
	{ "free_bytes", { "free bytes", "空きバイト" } }, { "bytes_a_day", { "bytes a day", "1日あたりのバイト" } },
	{ "days_left", { "days left at this rate", "このままの残り日数" } }, { "recordings", { "recordings", "録画数" } },
	{ "type", { "TYPE", "型" } }, { "builtIn", { "BUILT-IN", "既定" } }, { "words", { "VALUES", "選択肢" } },
};

const char *ctl_pick(const struct ctl *c, const struct pair *p)
{
	return c->ja ? p->ja : p->en;
}

const char *ctl_find(const struct ctl *c, const struct named *list, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return ctl_pick(c, &list[i].text);
	return name;
}

const char *ctl_word(const struct ctl *c, enum ctl_word w)
{
	return ctl_pick(c, &words[w]);
}

const char *ctl_error(const struct ctl *c, const char *error)
{
	return ctl_find(c, errors, sizeof errors / sizeof errors[0], error);
}

const char *ctl_column(const struct ctl *c, const char *name)
{
	return ctl_find(c, columns, sizeof columns / sizeof columns[0], name);
}

const char *ctl_host_result(const struct ctl *c, const char *result)
{
	return ctl_find(c, results, sizeof results / sizeof results[0], result);
}
