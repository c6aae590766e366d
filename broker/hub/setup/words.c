/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every word of sekisho-setup, in English and Japanese, but its questions (words_ask.c).
 */
#include "broker/hub/setup/words.h"

const struct sek_phrase w_usage = {
	"usage: sekisho-setup [OPTION]...                    sets this machine up as a broker, in ten questions\n"
	"       sekisho-setup [OPTION]... enrol NAME ADDRESS  one more render host; asks for the one-time code that sekisho-setup-host shows there\n"
	"  --answers FILE   lines of 'key: answer' instead of questions (the keys: sekisho-setup(8))\n"
	"  --dry-run        asks and checks, says what it would do, changes nothing\n"
	"  --yes            yes to everything that would be asked with yes or no\n"
	"  --lang ja|en     default: the terminal's\n"
	"  --no-start       write everything, start nothing\n"
	"  --database       asks also for a PostgreSQL that several brokers share\n"
	"  --port N         the render host's port (7443)      --https-port N   of the pages (443)\n"
	"  --etc DIR        configuration (/etc/sekisho)       --state DIR      store (/var/lib/sekisho)\n"
	"  --ca DIR, --from ADDRESS   for enrol: the CA's folder and our outer address, if setup was not answered here\n",
	"使い方: sekisho-setup [オプション]...                      このマシンをブローカーとして設定する（質問は 10 個）\n"
	"        sekisho-setup [オプション]... enrol 名前 アドレス  レンダーホストを追加登録する（そこに sekisho-setup-host が表示するコードを入力）\n"
	"  --answers FILE   質問の代わりに「キー: 答え」の行からなるファイルを使う（キーは sekisho-setup(8)）\n"
	"  --dry-run        質問と確認を行い、何をするかを表示するだけで、何も変更しない\n"
	"  --yes            yes/no の質問すべてに yes と答える\n"
	"  --lang ja|en     既定: 端末の言語\n"
	"  --no-start       書き込みだけを行い、何も起動しない\n"
	"  --database       複数のブローカーで共有する PostgreSQL についても質問する\n"
	"  --port N         レンダーホストのポート（7443）         --https-port N   ページのポート（443）\n"
	"  --etc DIR        設定（/etc/sekisho）               --state DIR      データ（/var/lib/sekisho）\n"
	"  --ca DIR, --from ADDRESS   enrol 用: CA のフォルダーと外側のアドレス（このマシンで設定していない場合）\n",
};
const struct sek_phrase w_welcome = {
	"Sekisho: ten questions, each checked at once. Empty line: what stands in brackets. Nothing is written before the last answer.",
	"Sekisho の設定: 質問は 10 個で、答えはその場で確認します。空行で [ ] の値を採用します。最後の質問に答えるまで何も書き込みません。",
};
const struct sek_phrase w_faces = {
	"\n      This machine's addresses:",
	"\n      このマシンのアドレス:",
};
const struct sek_phrase w_not_root = {
	"This needs root: sudo sekisho-setup",
	"root 権限が必要です: sudo sekisho-setup",
};
const struct sek_phrase w_no_account = {
	"There is no account 'sekisho': it comes with the package sekisho-broker. Install that first.",
	"アカウント「sekisho」がありません。先にパッケージ sekisho-broker をインストールしてください。",
};
const struct sek_phrase w_wrong = {
	"%u answers cannot be used; nothing was changed.",
	"使えない答えが %u 件あります。何も変更していません。",
};
const struct sek_phrase w_stopped = {
	"Stopped; nothing was changed.",
	"中止しました。何も変更していません。",
};
const struct sek_phrase w_internal = {
	"Something failed inside (memory, or a program of the package is missing).",
	"内部で問題が起きました（メモリ不足、またはパッケージのプログラムが見つかりません）。",
};
const struct sek_phrase w_not_path = {
	"'%s' cannot be used: give a path that begins with / and has no quotes",
	"「%s」は使えません。/ で始まり、引用符を含まないパスにしてください",
};
const struct sek_phrase w_not_folder = {
	"'%s' is not a folder",
	"「%s」はフォルダーではありません",
};
const struct sek_phrase w_open_folder = {
	"others may write into '%s': chmod go-w %s, or choose another",
	"「%s」はほかの人も書き込めます。chmod go-w %s を行うか、別のフォルダーにしてください",
};
const struct sek_phrase w_no_ca_key = {
	"'%s' holds a CA without ca.key: put the key back for the time of the set-up",
	"「%s」の CA に ca.key がありません。設定の間だけ鍵を戻してください",
};
const struct sek_phrase w_no_parent = {
	"nothing can be made in '%s': %s",
	"「%s」の中に作成できません: %s",
};
const struct sek_phrase w_not_address = {
	"'%s' is not a numeric address: write it like 192.0.2.10, never 0.0.0.0",
	"「%s」は数字のアドレスではありません。192.0.2.10 のように書いてください（0.0.0.0 は不可）",
};
const struct sek_phrase w_not_own = {
	"this machine has no address '%s': give one of those above",
	"このマシンに「%s」というアドレスはありません。上の一覧から選んでください",
};
const struct sek_phrase w_same_face = {
	"that is the inner address: the two faces must be different",
	"それは内側のアドレスです。外側とは別のアドレスにしてください",
};
const struct sek_phrase w_bad_name = {
	"'%s' cannot be used: letters, digits, '-' and '.', at most 63",
	"「%s」は使えません。英小文字・数字・「-」「.」で 63 文字までです",
};
const struct sek_phrase w_name_unknown = {
	"    (the name %s is not known here yet: have it point to %s)",
	"    （名前 %s はまだ引けません。%s を指すように DNS に登録してください）",
};
const struct sek_phrase w_name_elsewhere = {
	"    (the name %s points elsewhere: have it point to %s)",
	"    （名前 %s は別のアドレスを指しています。%s を指すようにしてください）",
};
const struct sek_phrase w_no_certificate = {
	"'%s' is no file with a certificate in PEM",
	"「%s」は PEM 形式の証明書ファイルではありません",
};
const struct sek_phrase w_other_name = {
	"the certificate in '%s' is not for '%s'",
	"「%s」の証明書は「%s」のものではありません",
};
const struct sek_phrase w_expires = {
	"the certificate in '%s' ends within %d days, or has ended",
	"「%s」の証明書は %d 日以内に期限が切れるか、すでに切れています",
};
const struct sek_phrase w_bad_key = {
	"'%s' is not the private key of '%s': %s",
	"「%s」は「%s」の秘密鍵ではありません: %s",
};
const struct sek_phrase w_store_there = {
	"\n      There is a store already (%s); its people stay as they are.",
	"\n      データベースがすでにあります（%s）。登録済みの利用者はそのまま残ります。",
};
const struct sek_phrase w_bad_user = {
	"'%s' cannot be a user's name: 1 to 64 letters, digits and . _ - @, beginning with a letter or digit",
	"「%s」は利用者名に使えません。文字・数字・. _ - @ で 64 文字まで、先頭は文字か数字です",
};
const struct sek_phrase w_bad_database = {
	"'%s' is no numeric address: write up to 4 with commas between, the folder of a socket, or 'none'",
	"「%s」は数字のアドレスではありません。カンマ区切りで 4 つまで、またはソケットのフォルダー、または none",
};
const struct sek_phrase w_bad_port = {
	"'%s' is no port: 1 to 65535",
	"「%s」はポートではありません（1〜65535）",
};
const struct sek_phrase w_bad_word = {
	"'%s' cannot be used: small letters, digits and '_', at most 63",
	"「%s」は使えません。英小文字・数字・「_」で 63 文字までです",
};
const struct sek_phrase w_ask_database_password = {
	"      Its password (not shown): ",
	"      そのパスワード（表示されません）: ",
};
const struct sek_phrase w_ask_database_kept = {
	"      Its password (not shown; empty: as it is): ",
	"      そのパスワード（表示されません。空なら今のまま）: ",
};
const struct sek_phrase w_database_failed = {
	"    ! the database cannot be used: %s",
	"    ! データベースを使えません: %s",
};
const struct sek_phrase w_database_ok = {
	"    PostgreSQL answers, and the store may stand there (%llu users are in it).",
	"    PostgreSQL に接続でき、保存先として使えます（登録済みの利用者 %llu 人）。",
};
const struct sek_phrase w_move_is_whole = {
	"    ! the store in %s is moved there as a whole, with its people: answer 'none' for the administrator",
	"    ! %s のデータは利用者ごとそこへ移します。管理者の質問には none と答えてください",
};
const struct sek_phrase w_move_by_hand = {
	"  move     the store, and only then start: systemctl stop sekisho-broker; sudo -u sekisho sekishoctl store migrate; systemctl start sekisho-broker",
	"  移行     データを移してから起動: systemctl stop sekisho-broker; sudo -u sekisho sekishoctl store migrate; systemctl start sekisho-broker",
};
const struct sek_phrase w_ask_password = {
	"      Password (not shown; empty: one is made and shown at the end): ",
	"      パスワード（表示されません。空なら自動で作成し最後に表示）: ",
};
const struct sek_phrase w_again = {
	"      Again: ",
	"      もう一度: ",
};
const struct sek_phrase w_secrets_differ = {
	"    ! the two differ",
	"    ! 一致しません",
};
const struct sek_phrase w_bad_password = {
	"    ! at least %d characters, without control characters",
	"    ! %d 文字以上で、制御文字を含まないものにしてください",
};
const struct sek_phrase w_no_secret_file = {
	"%s: %s: name a file that can be read and whose first line is the secret",
	"%s: %s: 読み取れるファイル（1 行目が秘密の値）を指定してください",
};
const struct sek_phrase w_bad_url = {
	"'%s' is no directory's address: ldaps://HOST, ldaps://HOST:PORT, or ldap://HOST for StartTLS",
	"「%s」はディレクトリのアドレスではありません。ldaps://ホスト、ldaps://ホスト:ポート、または ldap://ホスト（StartTLS）",
};
const struct sek_phrase w_bad_text = {
	"'%s' cannot be used: not empty, without single quotes",
	"「%s」は使えません。空や単一引用符は不可です",
};
const struct sek_phrase w_bad_filter = {
	"'%s' is no filter: it begins with ( and holds %%s exactly once",
	"「%s」はフィルターではありません。( で始まり、%%s をちょうど 1 回含めてください",
};
const struct sek_phrase w_ask_bind_password = {
	"      Its password (not shown): ",
	"      そのパスワード（表示されません）: ",
};
const struct sek_phrase w_directory_ok = {
	"    The directory answers and knows %s (%s).",
	"    ディレクトリに接続でき、%s（%s）が見つかりました。",
};
const struct sek_phrase w_directory_user = {
	"    ! The directory answers, but there is not exactly one '%s': is the base or the filter right? Once more:",
	"    ! ディレクトリには接続できましたが、「%s」が 1 件だけ見つかる状態ではありません。base DN とフィルターを確認してください:",
};
const struct sek_phrase w_directory_failed = {
	"    ! %s does not work: %s. Once more, or 'none':",
	"    ! %s を使えません: %s。もう一度入力するか、none にしてください:",
};
const struct sek_phrase w_bad_recording = {
	"'%s' is neither 'no', 'make', nor the path of a recording.pub",
	"「%s」は no、make、recording.pub のパスのいずれでもありません",
};
const struct sek_phrase w_ask_passphrase = {
	"      Passphrase of the recording key (not shown): ",
	"      録画の鍵のパスフレーズ（表示されません）: ",
};
const struct sek_phrase w_bad_passphrase = {
	"    ! at least %d characters: whoever finds the file could guess it",
	"    ! %d 文字以上にしてください（短いと、ファイルを手に入れた人に推測されます）",
};
const struct sek_phrase w_bad_backup_key = {
	"'%s' is neither 'make' nor the path of a backup.pub",
	"「%s」は make でも backup.pub のパスでもありません",
};
const struct sek_phrase w_ask_backup_passphrase = {
	"      Passphrase of the backup key (not shown): ",
	"      バックアップの鍵のパスフレーズ（表示されません）: ",
};
const struct sek_phrase w_backup_failed = {
	"  FAILED   backups: %s (journalctl -u sekisho-backup)",
	"  失敗     バックアップ: %s（journalctl -u sekisho-backup）",
};
const struct sek_phrase w_backup_key_made = {
	"  new      %s; the secret half: %s. Into the safe, with its passphrase: without them nothing can be restored",
	"  作成     %s（秘密の半分は %s。パスフレーズとともに金庫へ。これがないと復元できません）",
};
const struct sek_phrase w_backup_made = {
	"  backup   the first one is in %s; the next ones come by sekisho-backup.timer. Copy %s/backup.key.pub into the safe: a restore asks for it",
	"  作成     最初のバックアップを %s に作りました。以後は sekisho-backup.timer が作ります。%s/backup.key.pub も金庫へ（復元に必要です）",
};
const struct sek_phrase w_host_is_inner = {
	"that is the broker's inner address",
	"それはブローカー自身の内側のアドレスです",
};
const struct sek_phrase w_nobody_there = {
	"nobody listens at %s port %u, as seen from %s: is sekisho-setup-host waiting there? Else 'later' (and where the firewall's rules are loaded already: sekisho-setup enrol)",
	"%s ポート %u に接続できません（接続元 %s）。そのマシンで sekisho-setup-host が待っていますか。あとにするなら later（ファイアウォールの規則が読み込み済みなら sekisho-setup enrol を使います）",
};
const struct sek_phrase w_bad_code = {
	"that is not a code: 28 letters and digits in seven groups, at least one of which is mistyped.",
	"コードが違います。4 文字 × 7 組（28 文字）のどこかに入力間違いがあります。",
};
const struct sek_phrase w_type_code = {
	"The one-time code that sekisho-setup-host shows there: ",
	"そのマシンの sekisho-setup-host に表示されている一度限りのコード: ",
};
const struct sek_phrase w_bad_network = {
	"'%s' is not a network: write 10.1.0.0/16 or fd00:1::/64, several with commas, or 'none'",
	"「%s」はネットワークではありません。10.1.0.0/16 や fd00:1::/64 のように（複数はカンマ区切り）、または none",
};
const struct sek_phrase w_other_kind = {
	"none of these networks is of the kind of the inner address %s (IPv4 or IPv6): nobody there could reach it",
	"内側のアドレス %s と同じ種類（IPv4 または IPv6）のネットワークが一つもなく、そこからは届きません",
};
const struct sek_phrase w_no_nft = {
	"nft is not installed: apt install nftables, or 'none'",
	"nft がインストールされていません。apt install nftables を行うか、none にしてください",
};
const struct sek_phrase w_locks_out = {
	"you are connected by SSH from %s, which that would shut out",
	"いま %s から SSH で接続中です。その答えではこの接続が締め出されます",
};
const struct sek_phrase w_doing = {
	"\nWriting:",
	"\n書き込み:",
};
const struct sek_phrase w_cannot_read = {
	"  FAILED   %s cannot be read",
	"  失敗     %s を読めません",
};
const struct sek_phrase w_ca_there = {
	"  there    the CA in %s",
	"  既存     %s の認証局",
};
const struct sek_phrase w_ca_made = {
	"  new      the CA in %s",
	"  作成     %s の認証局",
};
const struct sek_phrase w_pki_failed = {
	"  FAILED   certificates: %s",
	"  失敗     証明書: %s",
};
const struct sek_phrase w_certificate_there = {
	"  there    %s, good for more than a month",
	"  既存     %s（1 か月以上有効）",
};
const struct sek_phrase w_would_issue = {
	"  new      certificate %s, as %s.crt and .key",
	"  作成     証明書 %s（%s.crt と .key）",
};
const struct sek_phrase w_recording_there = {
	"  there    %s",
	"  既存     %s",
};
const struct sek_phrase w_recording_made = {
	"  new      %s; the secret half: %s. Give it to the reviewers; without it and its passphrase no recording can be seen",
	"  作成     %s（秘密の半分は %s。閲覧者に渡してください。これとパスフレーズがないと録画は見られません）",
};
const struct sek_phrase w_recording_failed = {
	"  FAILED   the recording key: %s",
	"  失敗     録画の鍵: %s",
};
const struct sek_phrase w_enrolled = {
	"  enrolled %s at %s: its key was made there and stays there",
	"  登録     %s（%s）。鍵はそのマシンで作られ、外に出ていません",
};
const struct sek_phrase w_enrol_connect = {
	"  FAILED   nobody listens at %s port %u, as seen from %s: is sekisho-setup-host still waiting?",
	"  失敗     %s ポート %u に接続できません（接続元 %s）。sekisho-setup-host は待っていますか",
};
const struct sek_phrase w_enrol_silent = {
	"  FAILED   what listens at %s does not answer as sekisho-setup-host does",
	"  失敗     %s の応答は sekisho-setup-host のものではありません",
};
const struct sek_phrase w_enrol_code = {
	"  FAILED   %s has another code: was an old one typed, or does somebody stand in between? Start sekisho-setup-host there anew",
	"  失敗     %s のコードと一致しません。古いコードか、間に別の誰かがいる可能性があります。そこで sekisho-setup-host をやり直してください",
};
const struct sek_phrase w_enrol_jail = {
	"  FAILED   the process that reads what the render host says could not be locked up, or tried to break out: look at the kernel's log",
	"  失敗     レンダーホストの応答を読むプロセスを隔離できないか、隔離に違反しました。カーネルのログを確認してください",
};
const struct sek_phrase w_enrol_sign = {
	"  FAILED   the CA did not sign: %s",
	"  失敗     認証局が署名できません: %s",
};
const struct sek_phrase w_enrol_store = {
	"  FAILED   %s did not say that it has stored its certificate: look at its screen, and enrol it again",
	"  失敗     %s から保存完了の知らせがありません。その画面を確認し、もう一度登録してください",
};
const struct sek_phrase w_replace_host = {
	"%s has a certificate that is still good. Is this its successor? The older certificate is revoked then.",
	"%s にはまだ有効な証明書があります。その後継のマシンですか（古い証明書は失効します）。",
};
const struct sek_phrase w_would_enrol = {
	"  enrol    %s at %s",
	"  登録     %s（%s）",
};
const struct sek_phrase w_host_later = {
	"  later    a render host: sekisho-setup enrol NAME ADDRESS",
	"  保留     レンダーホスト: あとで sekisho-setup enrol 名前 アドレス",
};
const struct sek_phrase w_host_again = {
	"  again    sekisho-setup enrol %s %s",
	"  再試行   sekisho-setup enrol %s %s",
};
const struct sek_phrase w_not_set_up = {
	"This machine has not been set up (no setup.answers): give --ca and --from, or run sekisho-setup",
	"このマシンはまだ設定されていません（setup.answers がありません）。--ca と --from を指定するか、sekisho-setup を実行してください",
};
const struct sek_phrase w_added = {
	"%s is in the farm.",
	"%s をファームに追加しました。",
};
const struct sek_phrase w_add_by_hand = {
	"The broker does not run here or did not take it; then: sekishoctl host add %s %s %s --reason ...",
	"ブローカーが動いていないか、受け付けませんでした。あとで: sekishoctl host add %s %s %s --reason ...",
};
const struct sek_phrase w_check_failed = {
	"The configuration does not pass its check: %s",
	"設定の確認で問題が見つかりました: %s",
};
const struct sek_phrase w_administrator = {
	"  new      administrator %s",
	"  作成     管理者 %s",
};
const struct sek_phrase w_administrator_made = {
	"  new      administrator %s. Shown only now:\n%s",
	"  作成     管理者 %s（表示は今回だけです）\n%s",
};
const struct sek_phrase w_administrator_failed = {
	"  FAILED   administrator %s: %s",
	"  失敗     管理者 %s: %s",
};
const struct sek_phrase w_no_rules = {
	"  none     firewall rules: see OPERATIONS, 'The firewall'",
	"  なし     ファイアウォールの規則（OPERATIONS の「ファイアウォール」を参照）",
};
const struct sek_phrase w_rules_wrong = {
	"  FAILED   firewall: %s",
	"  失敗     ファイアウォール: %s",
};
const struct sek_phrase w_rules_by_hand = {
	"  load     the rules: nft -I %s -f %s",
	"  読み込み 規則: nft -I %s -f %s",
};
const struct sek_phrase w_rules_loaded = {
	"  loaded   firewall rules (sekisho-broker-firewall, at every start)",
	"  読み込み ファイアウォールの規則（sekisho-broker-firewall、起動時にも毎回）",
};
const struct sek_phrase w_start_by_hand = {
	"  start    systemctl start sekisho-broker, then sekishoctl selfcheck",
	"  起動     systemctl start sekisho-broker、そのあと sekishoctl selfcheck",
};
const struct sek_phrase w_started = {
	"  started  sekisho-broker",
	"  起動     sekisho-broker",
};
const struct sek_phrase w_not_started = {
	"  FAILED   sekisho-broker did not start: journalctl -u sekisho-broker says why",
	"  失敗     sekisho-broker を起動できません。journalctl -u sekisho-broker で理由を確認してください",
};
const struct sek_phrase w_not_remembered = {
	"  (%s could not be written: the next run asks anew)",
	"  （%s を書けませんでした。次回は最初から質問します）",
};
const struct sek_phrase w_dry = {
	"\nDry run: nothing was changed.",
	"\n確認だけを行いました。何も変更していません。",
};
const struct sek_phrase w_finished = {
	"\n"
	"Ready: https://%s\n"
	"  Staff's browsers must trust %s/ca.crt.\n"
	"  Take %s/ca.key off this machine. Every seven days a new ca.crl is needed (sekisho-certs crl), in %s here and on every render host.",
	"\n"
	"準備ができました: https://%s\n"
	"  職員のブラウザーに %s/ca.crt を信頼させてください。\n"
	"  %s/ca.key はこのマシンから取り外して保管してください。7 日ごとに新しい ca.crl が必要です（sekisho-certs crl）。ここの %s と各レンダーホストに置きます。",
};
