/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words of the questions that sekisho-setup asks, in English and Japanese.
 */
#include "broker/hub/setup/words.h"

const struct sek_question ask_ca = { "ca", 1,
	{ "In which folder is, or shall be, the certificate authority (CA)?", "認証局（CA）のフォルダーはどこにありますか（または、どこに作りますか）。" },
	{ "Its key signs everything; the folder may be on a medium that you take away afterwards.", "その鍵がすべてに署名します。あとで取り外すメディアの上でもかまいません。" } };
const struct sek_question ask_inner = { "inner", 2,
	{ "At which address of this machine do staff reach the broker?", "職員はこのマシンのどのアドレスに接続しますか。" },
	{ "The face towards the inner network.", "業務系（内側）のネットワークに面したアドレスです。" } };
const struct sek_question ask_outer = { "outer", 3,
	{ "From which address does the broker reach render hosts?", "レンダーホストへはこのマシンのどのアドレスから接続しますか。" },
	{ "The face towards the outer network; another one than before.", "外側のネットワークに面したアドレスです。前の質問とは別のものにします。" } };
const struct sek_question ask_name = { "name", 4,
	{ "What do staff type into the address bar?", "職員はアドレス欄に何と入力しますか。" },
	{ "A name like sekisho.city.example, or just the address.", "sekisho.city.example のような名前、またはアドレスそのもの。" } };
const struct sek_question ask_certificate = { "certificate", 0,
	{ "The certificate of that page: 'own' (made by the CA), or a file in PEM.", "そのページの証明書: own（この認証局で作成）、または PEM ファイルのパス。" },
	{ NULL, NULL } };
const struct sek_question ask_certificate_key = { "certificate_key", 0,
	{ "The file with its private key.", "その秘密鍵のファイル。" },
	{ NULL, NULL } };
const struct sek_question ask_administrator = { "administrator", 5,
	{ "The name of the first administrator?", "最初の管理者の名前は何にしますか。" },
	{ "'none' if people are in the store already.", "利用者がすでに登録済みなら none。" } };
const struct sek_question ask_database = { "database", 0,
	{ "The store: in a file on this machine ('none'), or in a PostgreSQL that several brokers share?", "データの保存先: このマシンのファイル（none）、または複数のブローカーで共有する PostgreSQL。" },
	{ "Its numeric address (up to 4 with commas), or the folder of its socket.", "数字のアドレス（カンマ区切りで 4 つまで）、またはソケットのフォルダー。" } };
const struct sek_question ask_database_port = { "database_port", 0,
	{ "Its port.", "そのポート。" },
	{ NULL, NULL } };
const struct sek_question ask_database_server = { "database_server", 0,
	{ "Its name in its certificate.", "その証明書にある名前。" },
	{ NULL, NULL } };
const struct sek_question ask_database_ca = { "database_ca", 0,
	{ "The file (PEM) of the CA that signed that certificate.", "その証明書を発行した CA のファイル（PEM）。" },
	{ NULL, NULL } };
const struct sek_question ask_database_name = { "database_name", 0,
	{ "The database's name.", "データベース名。" },
	{ NULL, NULL } };
const struct sek_question ask_database_user = { "database_user", 0,
	{ "The user (role) to whom it belongs.", "その所有者のロール名。" },
	{ NULL, NULL } };
const struct sek_question ask_directory = { "directory", 6,
	{ "A directory (LDAP, Active Directory) for everybody else?", "そのほかの利用者のディレクトリ（LDAP、Active Directory）を使いますか。" },
	{ "ldaps://HOST, or ldap://HOST for StartTLS, or 'none'.", "ldaps://ホスト、StartTLS なら ldap://ホスト、使わないなら none。" } };
const struct sek_question ask_directory_ca = { "directory_ca", 0,
	{ "The file (PEM) of the CA that signed its certificate.", "その証明書を発行した CA のファイル（PEM）。" },
	{ NULL, NULL } };
const struct sek_question ask_bind_dn = { "directory_bind_dn", 0,
	{ "The service account that may search (DN).", "検索用アカウントの DN。" },
	{ NULL, NULL } };
const struct sek_question ask_base = { "directory_base", 0,
	{ "Where users are searched (base DN).", "利用者を検索する起点（base DN）。" },
	{ NULL, NULL } };
const struct sek_question ask_filter = { "directory_filter", 0,
	{ "The search filter; %s stands for the user's name.", "検索フィルター（%s が利用者名に置き換わります）。" },
	{ NULL, NULL } };
const struct sek_question ask_test_user = { "directory_test_user", 0,
	{ "A user who is there, to try it (no password is needed).", "試しに検索する、実在の利用者名（パスワードは不要です）。" },
	{ NULL, NULL } };
const struct sek_question ask_recording = { "recording", 7,
	{ "Are sessions to be recorded?", "セッションを録画しますか。" },
	{ "'no'; the file recording.pub that reviewers made; or 'make': a key pair now.", "しないなら no。閲覧者が作った recording.pub のパス、または make（ここで鍵を作成）。" } };
const struct sek_question ask_host = { "render_host", 8,
	{ "The first render host?", "最初のレンダーホストはどれですか。" },
	{ "Run sekisho-setup-host there first; then its address here, or 'later'.", "先にそのマシンで sekisho-setup-host を実行し、表示されたアドレスを入れます。あとで登録するなら later。" } };
const struct sek_question ask_host_name = { "render_name", 0,
	{ "Its name in certificates.", "証明書に書く名前。" },
	{ NULL, NULL } };
const struct sek_question ask_host_code = { "render_code", 0,
	{ "The one-time code that it shows.", "そこに表示されている一度限りのコード。" },
	{ NULL, NULL } };
const struct sek_question ask_staff = { "staff_networks", 9,
	{ "Firewall (nftables): in which networks do staff sit?", "ファイアウォール（nftables）: 職員の端末はどのネットワークにありますか。" },
	{ "Like 10.1.0.0/16, 10.2.0.0/16; 'none': no rules are loaded.", "例: 10.1.0.0/16, 10.2.0.0/16。規則を読み込まないなら none。" } };
const struct sek_question ask_management = { "management_networks", 0,
	{ "From where may this machine be reached by SSH? Networks, or 'none'.", "このマシンに SSH で入れるネットワーク（なければ none）。" },
	{ NULL, NULL } };
const struct sek_question ask_never = { "never_networks", 0,
	{ "Networks that no machine of Sekisho ever talks to (individual numbers), or 'none'.", "決して通信しないネットワーク（マイナンバー利用事務系など。なければ none）。" },
	{ NULL, NULL } };
const struct sek_question ask_backup = { "backup", 10,
	{ "Into which folder do backups go?", "バックアップはどのフォルダーに作りますか。" },
	{ "A mount of another machine's disk is best (/var/backups/sekisho); 'none': no backups.", "別のマシンのディスクをマウントした場所が最適です（例: /var/backups/sekisho）。作らないなら none。" } };
const struct sek_question ask_backup_key = { "backup_key", 0,
	{ "To which key are they encrypted: the file backup.pub, or 'make': a key pair now.", "暗号化する鍵: backup.pub のパス、または make（ここで鍵を作成）。" },
	{ NULL, NULL } };
