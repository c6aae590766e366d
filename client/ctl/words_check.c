/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words of the self-check: what each line is about, how its evidence is told, and what to do about it.
 */
#include <string.h>

#include "client/ctl/words.h"

/* What each line of the self-check is about, and what to do when it is not "ok". */
static const struct {
	const char *id;
	struct pair about, todo;
} checks[] = {
	{ "https-certificate", { "certificate of the inner face", "庁内側のHTTPS証明書" },
		{ "renew it with sekisho-certs and restart the broker", "sekisho-certs で更新し、ブローカーを再起動してください" } },
	{ "intermediate", { "the broker's intermediate CA", "ブローカーの中間CA証明書" },
		{ "issue a new one with sekisho-certs; no restart is needed", "sekisho-certs で再発行してください（再起動は不要）" } },
	{ "ca", { "root CA certificate", "ルートCA証明書" }, { "plan the exchange of the CA", "CAの更新を計画してください" } },
	{ "crl", { "revocation list (CRL)", "失効リスト (CRL)" },
		{ "issue a fresh one with sekisho-certs crl; without it no session starts", "sekisho-certs crl で再発行してください（期限が切れるとセッションを開始できません）" } },
	{ "keys", { "private keys are readable for their owner only", "秘密鍵を読めるのは所有者だけか" },
		{ "chmod 600 the file and ask who has read it", "chmod 600 とし、読んだ者がいないか確認してください" } },
	{ "listening", { "addresses on which the broker listens", "待ち受けアドレス" },
		{ "only the configured address may appear: find out who opened the other", "設定したアドレス以外がないか、原因を調べてください" } },
	{ "jails", { "jails of live sessions", "動作中セッションの隔離（ジェイル）" },
		{ "failed: end those sessions (sekishoctl stop session) and look for the cause; attention: run this as root, who may look", "異常: 該当セッションを sekishoctl stop session で終了し、原因を調べてください。注意: root で実行すると確認できます" } },
	{ "policy", { "policies that allow more than the built-in default", "既定より緩いポリシー" },
		{ "look whether each is still needed (sekishoctl policy history)", "必要なものか sekishoctl policy history で見直してください" } },
	{ "second-factor", { "accounts without a second factor", "第2要素のないアカウント" },
		{ "let them enrol, or disable them", "登録を求めるか、無効にしてください" } },
	{ "dormant", { "accounts that nobody has used for 90 days", "90日以上使われていないアカウント" },
		{ "disable those that are not needed (sekishoctl user disable)", "不要なものは sekishoctl user disable で無効にしてください" } },
	{ "administrators", { "accounts with the role administrator", "管理者の役割を持つアカウント" },
		{ "there should be few, and more than one", "必要最小限で、2名以上いることを確認してください" } },
	{ "audit-writable", { "the audit log can be written", "監査ログへの書き込み" },
		{ "make room on the disk or mend its rights: nothing new starts until then", "ディスクの空きと権限を確認してください（直るまで新規の利用はできません）" } },
	{ "audit-chain", { "chain and signatures of the audit log", "監査ログの連鎖と署名" },
		{ "keep the log as evidence and run sekishoctl audit verify", "ログを証拠として保全し、sekishoctl audit verify を実行してください" } },
	{ "syslog", { "copy of the audit log on another machine (syslog)", "監査ログの他機への転送（syslog）" },
		{ "set audit.syslog: without a copy elsewhere a log that was rolled back cannot be told from a short one",
			"audit.syslog を設定してください（他機に写しがないと、巻き戻されたログを見分けられません）" } },
	{ "libraries", { "versions of linked libraries", "リンクしているライブラリの版" },
		{ "install security updates and restart", "セキュリティ更新を適用し、再起動してください" } },
	{ "host-limits", { "render hosts whose sessions no cgroup limits", "cgroup による制限がないレンダーホスト" },
		{ "memory is only looked at once a second there, and nothing shares the processor: let renderd have a cgroup (log: host.cgroups)",
			"メモリーは 1 秒ごとの監視だけになり、CPU は分けられません。renderd が cgroup を使えるようにしてください（ログ host.cgroups）" } },
	{ "host-alarms", { "render hosts out of service because they misbehaved", "不正の疑いで停止中のレンダーホスト" },
		{ "treat them as compromised: keep log and disk, build a fresh one; `host undrain` takes one back",
			"侵害されたものとして扱い、ログとディスクを保全して作り直してください。`host undrain` で戻せます" } },
	{ "host-ages", { "render hosts that are too old, or soon are (ages in broker.yaml)", "更新期限を過ぎた、または近いレンダーホスト（broker.yaml の ages）" },
		{ "update the host (apt upgrade, or a new image), renew its certificate or CRL; `sekishoctl ages` shows the days. One that is too old takes no new sessions",
			"ホストを更新（apt upgrade または新しいイメージ）し、証明書・失効リストを更新してください。日数は `sekishoctl ages` で確認できます。期限を過ぎたホストは新しいセッションを受け付けません" } },
	{ "login-ca", { "CA of log-in certificates", "ログイン用証明書のCA" }, { "ask who issues them for the next one", "発行元に次のCA証明書を確認してください" } },
	{ "login-crl", { "revocation list of log-in certificates", "ログイン用証明書の失効リスト" },
		{ "fetch a fresh one from its issuer; without it nobody logs in by certificate", "発行元から新しいものを取得してください（期限が切れると証明書でログインできません）" } },
	{ "directory-ca", { "CA of the directory (LDAP)", "ディレクトリー（LDAP）のCA証明書" },
		{ "put the directory's next CA into that file", "次のCA証明書を配置してください" } },
	{ "syslog-ca", { "CA of the syslog server", "syslogサーバーのCA証明書" }, { "put its next CA into that file", "次のCA証明書を配置してください" } },
	{ "syslog-certificate", { "the broker's certificate at the syslog server", "syslog送信用の証明書" }, { "renew it and restart the broker",
		"更新し、ブローカーを再起動してください" } },
	{ "hosts", { "hosts of other kinds without encryption", "暗号化なしの接続先（VNC・RDP）" },
		{ "everybody on the way can see and change those screens and what is typed: give them TLS, then add them again without `insecure`",
			"経路上の誰でも画面や入力を見たり変えたりできます。TLS を設定し、insecure なしで登録し直してください" } },
	{ "recording", { "coverage of recordings", "録画の網羅" },
		{ "see `sekishoctl status` and broker.yaml, section `recording`: set it up, make room, or mend the folder's rights",
			"`sekishoctl status` と broker.yaml の recording を確認し、設定、ディスクの空き、フォルダーの権限を直してください" } },
};

/* How evidence is told; %1 to %9 are the values that the broker gives. */
static const struct named sayings[] = {
	{ "as-is", { "%1", "%1" } },
	{ "why", { "%1", "%1" } },
	{ "store", { "the store cannot be read", "データベースを読めません" } },
	{ "unreadable", { "%1 cannot be read", "%1 を読めません" } },
	{ "no-certificate", { "%1 is not a certificate", "%1 は証明書ではありません" } },
	{ "no-crl", { "%1 is not a revocation list", "%1 は失効リストではありません" } },
	{ "certificate", { "%1, from %2 to %3 (%4 days left)", "%1、有効期間 %2 から %3（残り %4 日）" } },
	{ "crl", { "%1 revoked, from %2, next due %3 (%4 hours left)", "失効 %1 件、発行 %2、次回更新 %3（残り %4 時間）" } },
	{ "of-files", { "looked at %2 files, %1 open to others", "確認したファイル %2 件、他者が読めるもの %1 件" } },
	{ "addresses", { "%1 listening", "待ち受け %1 件" } },
	{ "of-processes", { "looked at %2 processes, %1 not jailed as they must be", "確認したプロセス %2 件、隔離に不備のあるもの %1 件" } },
	{ "of-accounts", { "%1 of %2 accounts", "%2 アカウント中 %1 件" } },
	{ "of-limits", { "%1 of %2 render hosts that were heard of", "応答のあるレンダーホスト %2 台中 %1 台" } },
	{ "of-ages", { "%1 too old, %2 soon, of %3 render hosts that were heard of", "応答のあるレンダーホスト %3 台: 期限切れ %1 件、期限が近いもの %2 件" } },
	{ "of-alarms", { "%1 render hosts", "%1 台" } },
	{ "of-hosts", { "%1 of %2 hosts of other kinds", "ほかの種類のホスト %2 台中 %1 台" } },
	{ "of-values", { "%2 values are set, %1 of them looser", "設定された値 %2 個、既定より緩いもの %1 個" } },
	{ "policies-damaged", { "%3 of %2 values are damaged; looser: %1", "%2 個の値のうち %3 個が壊れています。緩い値 %1 個" } },
	{ "queue", { "%1 records wait to be written, %2 lost", "書き込み待ち %1 件、失われた記録 %2 件" } },
	{ "chain", { "%1 records, %2 checkpoints, %3 findings, last %4", "記録 %1 件、署名 %2 件、異常 %3 件、最後の記録 %4" } },
	{ "not-set", { "%1 is not set", "%1 が設定されていません" } },
	{ "syslog-up", { "%1 sent, %2 lost, %3 bytes wait", "送信 %1 件、失われたもの %2 件、送信待ち %3 バイト" } },
	{ "syslog-down", { "not connected (%4): %1 sent, %2 lost, %3 bytes wait", "未接続（%4）: 送信 %1 件、失われたもの %2 件、送信待ち %3 バイト" } },
	{ "no-recording", { "nothing is recorded: broker.yaml has no section `recording`; %1 live sessions should be",
		"録画していません（broker.yaml に recording がありません）。録画すべきセッション %1 件" } },
	{ "recording", { "%1 of %2 sessions that must be recorded are, of the others %3 are and %4 are not; %5 recordings, %6 MiB, %7 MiB a day, %8 MiB free",
		"録画必須 %2 件中 %1 件を録画中、その他は録画中 %3 件・録画なし %4 件。録画 %5 件、%6 MiB、1日 %7 MiB、空き %8 MiB" } },
	{ "recording-trouble", { "%9. %1 of %2 sessions that must be recorded are, of the others %3 are and %4 are not; %5 recordings, %6 MiB, %7 MiB a day,"
		" %8 MiB free", "%9。録画必須 %2 件中 %1 件を録画中、その他は録画中 %3 件・録画なし %4 件。録画 %5 件、%6 MiB、1日 %7 MiB、空き %8 MiB" } },
};

/* What is wrong with one of the things that a line lists. */
static const struct named faults[] = {
	{ "seccomp", { "no seccomp filter", "seccomp フィルターがない" } },
	{ "privileges", { "may gain privileges (no_new_privs is off)", "権限を得られる状態（no_new_privs がオフ）" } },
	{ "capabilities", { "has capabilities", "ケーパビリティを持っている" } },
	{ "user", { "shares the broker's user namespace", "ブローカーとユーザー名前空間を共有している" } },
	{ "net", { "shares the broker's network namespace", "ブローカーとネットワーク名前空間を共有している" } },
	{ "mnt", { "shares the broker's mount namespace", "ブローカーとマウント名前空間を共有している" } },
	{ "ipc", { "shares the broker's IPC namespace", "ブローカーと IPC 名前空間を共有している" } },
	{ "uts", { "shares the broker's UTS namespace", "ブローカーと UTS 名前空間を共有している" } },
	{ "cgroup", { "shares the broker's cgroup namespace", "ブローカーと cgroup 名前空間を共有している" } },
	{ "image", { "its image is older than ages.image_warn_days or image_max_days", "イメージが古い（ages.image_warn_days、image_max_days）" } },
	{ "browser", { "its browser is older than ages.browser_warn_days or browser_max_days", "ブラウザーが古い（ages.browser_warn_days、browser_max_days）" } },
	{ "browser-version", { "its browser's version is below ages.browser_least", "ブラウザーの版が ages.browser_least 未満" } },
	{ "certificate", { "its certificate ends soon, or is older than ages.certificate_max_days", "証明書の期限が近い、または古い" } },
	{ "crl", { "its revocation list ends soon", "失効リストの期限が近い" } },
	{ "unreadable", { "its namespaces can be read by root only", "名前空間は root でなければ読めない" } },
};

const char *ctl_check_text(const struct ctl *c, const char *id)
{
	size_t i;

	for (i = 0; i < sizeof checks / sizeof checks[0]; i++)
		if (strcmp(checks[i].id, id) == 0)
			return ctl_pick(c, &checks[i].about);
	return id;
}

const char *ctl_check_do(const struct ctl *c, const char *id)
{
	size_t i;

	for (i = 0; i < sizeof checks / sizeof checks[0]; i++)
		if (strcmp(checks[i].id, id) == 0)
			return ctl_pick(c, &checks[i].todo);
	return "";
}

const char *ctl_check_say(const struct ctl *c, const char *say)
{
	return ctl_find(c, sayings, sizeof sayings / sizeof sayings[0], say);
}

const char *ctl_check_fault(const struct ctl *c, const char *why)
{
	return ctl_find(c, faults, sizeof faults / sizeof faults[0], why);
}
