/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every word of sekisho-setup-host, in English and Japanese.
 */
#include "render-host/setup/words.h"

const struct sek_phrase host_usage = {
	"usage: sekisho-setup-host [OPTION]...\n"
	"Makes this machine a render host: asks four questions, shows a one-time code, and waits until the broker has been given it.\n"
	"  --answers FILE   lines of 'key: answer' instead of questions: listen, upstream, sessions, management_networks,\n"
	"                   never_networks, again, overwrite\n"
	"  --dry-run        asks and checks, changes nothing\n"
	"  --yes            yes to everything that would be asked with yes or no\n"
	"  --lang ja|en     default: the terminal's\n"
	"  --port N         default: 7443\n"
	"  --etc DIR        default: /etc/sekisho\n"
	"  --no-start       do not start the service\n",
	"使い方: sekisho-setup-host [オプション]...\n"
	"このマシンをレンダーホストにします。4 つの質問のあと一度限りのコードを表示し、ブローカーにそのコードが入力されるのを待ちます。\n"
	"  --answers FILE   質問の代わりに「キー: 答え」の行からなるファイルを使う: listen, upstream, sessions, management_networks,\n"
	"                   never_networks, again, overwrite\n"
	"  --dry-run        質問と確認だけで、何も変更しない\n"
	"  --yes            yes/no の質問すべてに yes と答える\n"
	"  --lang ja|en     既定: 端末の言語\n"
	"  --port N         既定: 7443\n"
	"  --etc DIR        既定: /etc/sekisho\n"
	"  --no-start       サービスを起動しない\n",
};

const struct sek_question host_ask_listen = { "listen", 1,
	{ "At which address of this machine shall the broker find it?", "ブローカーはこのマシンのどのアドレスに接続しますか。" },
	{ "The face towards the broker, not the one towards the Internet.", "インターネット側ではなく、ブローカー側のアドレスです。" } };
const struct sek_question host_ask_upstream = { "upstream", 2,
	{ "Through which proxy do sessions reach the web?", "セッションはどのプロキシを通って Web に出ますか。" },
	{ "NAME:PORT of the security cloud's proxy, or 'none': directly.", "自治体情報セキュリティクラウドなどのプロキシ（名前:ポート）。直接なら none。" } };
const struct sek_question host_ask_sessions = { "sessions", 3,
	{ "How many sessions at the same time?", "同時セッション数の上限はいくつにしますか。" },
	{ "Each takes about 400 MiB of memory; the suggestion is what this machine has.", "1 セッションあたりメモリ約 400 MiB です。候補はこのマシンのメモリから計算しました。" } };

const struct sek_question host_ask_management = { "management_networks", 4,
	{ "Firewall (nftables): from where may this machine be reached by SSH?", "ファイアウォール（nftables）: このマシンに SSH で入れるのはどのネットワークからですか。" },
	{ "Networks like 10.1.9.0/24, 'none': from nowhere; 'off': no rules are loaded.", "例: 10.1.9.0/24。どこからも入れないなら none、規則を読み込まないなら off。" } };
const struct sek_question host_ask_never = { "never_networks", 0,
	{ "Networks that no machine of Sekisho ever talks to (individual numbers), or 'none'.", "決して通信しないネットワーク（マイナンバー利用事務系など。なければ none）。" },
	{ NULL, NULL } };

const struct sek_phrase host_again = { "This machine has been set up as a render host already. Enrol it again, with a new key?",
	"このマシンはすでにレンダーホストとして設定されています。新しい鍵でもう一度登録しますか。" };
const struct sek_phrase host_faces = { "This machine's addresses:", "このマシンのアドレス:" };
const struct sek_phrase host_code = {
	"\nNow, on the broker machine:\n\n    sekisho-setup enrol NAME %s\n\n(or answer sekisho-setup's question about the first render host), and type this code there:\n\n    %s\n\n"
	"It is good for %d minutes and for one enrolment. Waiting ...",
	"\n次に、ブローカーのマシンで\n\n    sekisho-setup enrol 名前 %s\n\n を実行し（または sekisho-setup の「最初のレンダーホスト」の質問で）、次のコードを入力してください。\n\n    %s\n\n"
	"有効なのは %d 分間、登録 1 回限りです。待っています…" };
const struct sek_phrase host_stranger = { "%s connected and did not show the code (mistyped there, or somebody else). Still waiting ...",
	"%s から接続がありましたが、コードが合いませんでした（入力違いか、別の相手です）。引き続き待っています…" };
const struct sek_phrase host_not_own = { "this machine has no address '%s': give one of its own (ip address show)",
	"このマシンに「%s」というアドレスはありません。このマシンのアドレスを入れてください（ip address show で確認）" };
const struct sek_phrase host_not_address = { "'%s' is not a numeric address: write it like 192.168.50.21",
	"「%s」は数字のアドレスではありません。192.168.50.21 のように書いてください" };
const struct sek_phrase host_bad_upstream = { "'%s' is neither NAME:PORT nor 'none'", "「%s」は「名前:ポート」でも none でもありません" };
const struct sek_phrase host_bad_sessions = { "'%s' is not a number from 1 to 100", "「%s」は 1 から 100 までの数ではありません" };
const struct sek_phrase host_busy = { "Something listens at %s port %u already. If that is this render host's service, stop it first: systemctl stop sekisho-renderd",
	"%s ポート %u はすでに使われています。このホストのサービスなら、先に止めてください: systemctl stop sekisho-renderd" };
const struct sek_phrase host_listen_failed = { "Cannot listen at %s port %u: %s", "%s ポート %u で待ち受けられません: %s" };
const struct sek_phrase host_late = { "Nobody came with the code in time; nothing was changed. Start again for a new code.",
	"時間内に正しいコードの接続がありませんでした。何も変更していません。もう一度実行すると新しいコードになります。" };
const struct sek_phrase host_tries = { "Too many connections without the code: somebody may be guessing. Nothing was changed. Look who reaches this port, then start again.",
	"コードの合わない接続が多すぎます。誰かが試している可能性があります。何も変更していません。このポートに誰が届くかを確かめてから、もう一度実行してください。" };
const struct sek_phrase host_not_stored = { "What the broker sent could not be stored (see above). Put that right and start again.",
	"ブローカーから届いたものを保存できませんでした（上の行を確認してください）。直してから、もう一度実行してください。" };
const struct sek_phrase host_internal = { "A key could not be made, or memory ran out.", "鍵を作れないか、メモリが足りません。" };
const struct sek_phrase host_enrolled = { "Enrolled as %s. The key was made here and has not left this machine.",
	"%s として登録されました。鍵はこのマシンで作られ、外に出ていません。" };
const struct sek_phrase host_started = { "The service runs (sekisho-renderd).", "サービスが動いています（sekisho-renderd）。" };
const struct sek_phrase host_not_started = { "The service did not start: journalctl -u sekisho-renderd says why.",
	"サービスを起動できませんでした。journalctl -u sekisho-renderd で理由を確認してください。" };
const struct sek_phrase host_start_by_hand = { "Start it by: systemctl start sekisho-renderd", "起動するには: systemctl start sekisho-renderd" };
const struct sek_phrase host_not_root = { "This needs root: sudo sekisho-setup-host", "root 権限が必要です: sudo sekisho-setup-host" };
const struct sek_phrase host_check_failed = { "The configuration does not pass its check:\n%s", "設定の確認で問題が見つかりました:\n%s" };
const struct sek_phrase host_next = { "Copy a new ca.crl into %s at least every seven days: without a fresh one nobody gets in.",
	"少なくとも 7 日ごとに新しい ca.crl を %s にコピーしてください。期限が切れるとセッションを始められません。" };
const struct sek_phrase host_wrong = { "%u answers cannot be used; nothing was changed.", "使えない答えが %u 件あります。何も変更していません。" };
const struct sek_phrase host_dry = { "Dry run: nothing was changed, and nobody was waited for.", "確認だけを行いました。何も変更せず、接続も待っていません。" };
const struct sek_phrase host_stopped = { "Stopped; nothing was changed.", "中止しました。何も変更していません。" };
const struct sek_phrase host_bad_network = { "'%s' is not a network: write 10.1.9.0/24 or fd00:9::/64, several with commas, 'none' or 'off'",
	"「%s」はネットワークではありません。10.1.9.0/24 や fd00:9::/64 のように（複数はカンマ区切り）、または none、off" };
const struct sek_phrase host_locks_out = { "you are connected by SSH from %s, which that would shut out",
	"いま %s から SSH で接続中です。その答えではこの接続が締め出されます" };
const struct sek_phrase host_no_nft = { "nft is not installed: apt install nftables, or 'off'", "nft がインストールされていません。apt install nftables を行うか、off にしてください" };
const struct sek_phrase host_rules_wrong = { "  FAILED   firewall: %s", "  失敗     ファイアウォール: %s" };
const struct sek_phrase host_rules_by_hand = { "  load     the rules: nft -I %s -f %s", "  読み込み 規則: nft -I %s -f %s" };
const struct sek_phrase host_rules_loaded = { "  loaded   firewall rules (sekisho-render-firewall, at every start). Packages come from the addresses that apt's servers have now.",
	"  読み込み ファイアウォールの規則（sekisho-render-firewall、起動時にも毎回）。パッケージの取得先は現在の apt サーバーのアドレスです。" };
const struct sek_phrase host_upstream_unknown = { "  FAILED   firewall: the addresses of %s are not known here; put the name into the resolver and run this again, or answer 'off'",
	"  失敗     ファイアウォール: %s のアドレスを引けません。名前を引けるようにしてからもう一度実行するか、off にしてください" };
