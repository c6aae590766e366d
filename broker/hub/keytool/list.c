/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The keys of a broker: what each is for, how old it is, where its copy should be, how another one takes its place.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "broker/hub/config_file.h"
#include "broker/hub/keytool/keytool.h"

void keytool_fill(struct keytool *t)
{
	const struct sek_broker_config *c = t->config;
	const struct file_postgresql *p = c->file->store.postgresql;
	const struct file_ldap *l = c->file->login ? c->file->login->ldap : NULL;
	const struct keytool_key keys[KEYTOOL_KEYS] = {
		{ "https", c->key, c->certificate, KEYTOOL_PAIR, KEYTOOL_RELOAD,
			{ "pages and VNC viewers' port; open connections keep the old one", "画面と VNC ビューアーの口。開いている接続はそのまま" },
			{ "backup; the CA can issue another", "バックアップ。CA で再発行可能" } },
		{ "broker", c->sessions.intermediate_key_path, c->sessions.intermediate_path, KEYTOOL_PAIR, KEYTOOL_AT_ONCE,
			{ "issues session certificates; read for each connection", "セッション証明書の発行。接続のたびに読み込み" },
			{ "backup; the CA can issue another", "バックアップ。CA で再発行可能" } },
		{ "ca", c->sessions.ca_path, NULL, KEYTOOL_FILE, KEYTOOL_AT_ONCE,
			{ "CA certificate (its key is not here: sekisho-certs, off line)", "CA の証明書（鍵はここにはなく、オフラインの sekisho-certs）" },
			{ "the CA's folder, in a safe, twice", "CA のフォルダーを金庫に 2 部" } },
		{ "crl", c->sessions.crl_path, NULL, KEYTOOL_FILE, KEYTOOL_AT_ONCE,
			{ "what the CA has revoked; read for each connection", "失効リスト。接続のたびに読み込み" }, { "none: the CA signs another", "不要（CA で作成）" } },
		{ "login", c->login_key_path, NULL, KEYTOOL_LOGIN, KEYTOOL_RESTART,
			{ "seals second factors, passwords of VNC and RDP hosts, keys of documents; a change voids recovery codes",
				"二要素・VNC/RDP ホストの認証情報・文書の鍵の封印。変更すると回復コードは無効" },
			{ "backup: without it all of these are lost", "バックアップ（失うとすべて使えない）" } },
		{ "audit", c->audit.key_path, NULL, KEYTOOL_AUDIT, KEYTOOL_AT_ONCE,
			{ "signs the audit log; the old key names the new one", "監査ログの署名。古い鍵が新しい鍵を指名" },
			{ "backup; audit.key.pub where the broker's administrators cannot change it", "バックアップ。公開鍵は管理者が変更できない場所" } },
		{ "recording", NULL, c->has_recording ? c->recording.public_key_path : NULL, KEYTOOL_FILE, KEYTOOL_RELOAD,
			{ "recordings are sealed to it; the secret half is with the reviewers", "録画の暗号化。秘密鍵は監査担当者が保管" },
			{ "old secret halves and passphrases in a safe, twice, for as long as their recordings", "以前の秘密鍵とパスフレーズも録画の保存期間中、金庫に 2 部" } },
		{ "recording-signing", c->has_recording ? c->recording.signing_key_path : NULL, NULL, KEYTOOL_SIGNING, KEYTOOL_RELOAD,
			{ "signs recordings", "録画の署名" }, { "backup; recording.key.pub beside audit.key.pub", "バックアップ。公開鍵は audit.key.pub と同じ場所" } },
		{ "backup", NULL, c->backup_public_key_path, KEYTOOL_FILE, KEYTOOL_AT_ONCE,
			{ "backups are encrypted to it; the next one is whole", "バックアップの暗号化。次回は全体を保存" },
			{ "secret half and passphrase in a safe, for as long as its backups", "秘密鍵とパスフレーズを金庫に（バックアップの保存期間中）" } },
		{ "backup-signing", c->backup_signing_key_path, NULL, KEYTOOL_SIGNING, KEYTOOL_AT_ONCE,
			{ "signs backups; the next one is whole", "バックアップの署名。次回は全体を保存" }, { "backup.key.pub in the safe", "公開鍵を金庫に" } },
		{ "syslog", c->syslog.key, c->syslog.certificate, KEYTOOL_PAIR, KEYTOOL_RESTART,
			{ "the broker at the syslog server", "syslog サーバーへの認証" }, { "backup; its CA can issue another", "バックアップ。CA で再発行可能" } },
		{ "ldap", l ? l->bind_password_file : NULL, NULL, KEYTOOL_FILE, KEYTOOL_RESTART,
			{ "password of the service account at the directory", "ディレクトリのサービスアカウントのパスワード" }, { "backup", "バックアップ" } },
		{ "postgresql", p ? (p->password_file ? p->password_file : p->key) : NULL, p && !p->password_file ? p->certificate : NULL,
			p && p->password_file ? KEYTOOL_FILE : KEYTOOL_PAIR, KEYTOOL_AT_ONCE,
			{ "the broker at PostgreSQL; read for each connection", "PostgreSQL への認証。接続のたびに読み込み" }, { "backup", "バックアップ" } },
		{ "hosts", NULL, NULL, KEYTOOL_ELSEWHERE, KEYTOOL_AT_ONCE,
			{ "with what VNC and RDP hosts are logged in to: sekishoctl host password HOST", "VNC/RDP ホストの認証情報: sekishoctl host password ホスト" },
			{ "in the store, sealed", "ストア内（封印）" } },
		{ "render-hosts", NULL, NULL, KEYTOOL_ELSEWHERE, KEYTOOL_AT_ONCE,
			{ "each render host's own certificate: sekisho-certs, and on that host (OPERATIONS)", "各レンダーホストの証明書: sekisho-certs と各ホスト（OPERATIONS 参照）" },
			{ "none: the CA issues another", "不要（CA で再発行）" } },
	};

	memcpy(t->keys, keys, sizeof keys);
}

static void age(const char *path, char ret[24])
{
	struct stat st;

	if (!path || stat(path, &st) != 0)
		snprintf(ret, 24, "-");
	else
		snprintf(ret, 24, "%lldd", (long long)(time(NULL) - st.st_mtime) / 86400);
}

int keytool_list(const struct keytool *t)
{
	static const struct sek_phrase when[] = { { "at once", "即時" }, { "at once", "即時" }, { "restart", "再起動" } };

	for (size_t i = 0; i < KEYTOOL_KEYS; i++) {
		const struct keytool_key *k = &t->keys[i];
		const char *path = k->file ? k->file : k->public;
		char days[24];

		if (!path && k->way != KEYTOOL_ELSEWHERE)
			continue;
		age(path, days);
		printf("%-18s %6s  %-8s %s\n", k->name, days, k->way == KEYTOOL_ELSEWHERE ? "-" : t->ja ? when[k->when].ja : when[k->when].en,
			t->ja ? k->what.ja : k->what.en);
		if (path)
			printf("%28s%s%s%s\n", "", path, k->file && k->public ? ", " : "", k->file && k->public ? k->public : "");
		printf("%28s%s: %s\n", "", t->ja ? "控え" : "copy", t->ja ? k->copy.ja : k->copy.en);
	}
	return KEYTOOL_DONE;
}
