/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every word of the report, in Japanese and English.
 */
#include "client/load/report/words.h"

#include <stddef.h>
#include <string.h>

struct pair {
	const char *en, *ja;
};

static const struct pair words[REPORT_WORDS] = {
	[W_NOTHING] = { "", "" }, /* the first: what a chart without a note has */
	[W_TITLE] = { "Sekisho load test", "Sekisho 負荷試験" },
	[W_NO_DATA] = { "Nothing was measured here.", "この項目の計測値はありません。" },
	[W_CUT] = { "Higher values, up to %1, are cut off.", "上端を超える値（最大 %1）は省略しています。" },
	[W_MARKS] = { "Dotted: when the level broke, and faults.", "点線：水準を下回った時点と、起こした障害。" },

	[W_HOLDS] = { "This farm holds", "この構成が支えられる人数" },
	[W_STAFF_UNIT] = { "staff at this level", "人（このサービス水準で）" },
	[W_HOLDS_UNKNOWN] = { "The tool was the limit: the farm holds at least this many", "負荷をかける側が限界でした。少なくとも支えられる人数" },
	[W_LIMITED_BY] = { "Limited by: %1", "制約となったもの：%1" },
	[W_NOT_REACHED] = { "The limit was not reached", "限界には達していません" },
	[W_BROKE_AT] = { "The level broke at %1, with %2 sessions running.", "開始から %1、%2 セッションの時点で水準を下回りました。" },
	[W_LEVEL_HELD] = { "The level held to the end of the ramp (%1 staff): more were not tried.",
		"予定した人数（%1 人）の最後まで水準を保ちました。それより多い人数は試していません。" },
	[W_GENERATOR_SAYS] = { "This says nothing about how many more the farm could hold: run the tool on another machine.",
		"これより多くを支えられるかは分かりません。負荷試験ツールを別の機械で動かしてください。" },
	[W_WITHIN] = { "within", "範囲内" },
	[W_BEYOND] = { "beyond", "超過" },
	[W_LEVEL] = { "Service level", "サービス水準" },
	[W_WHEN_BROKE] = { "When the level broke", "水準を下回った時点" },
	[W_WHOLE_RUN] = { "Over the whole run", "試験全体" },
	[W_OF_LIMIT] = { "limit %1", "基準 %1" },
	[W_FAULTS_DONE] = { "Faults that ended as they should", "想定どおりの結果になった障害" },
	[W_FAULTS_UNIT] = { "of %1", "全 %1 件" },
	[W_CHECKS_OK] = { "Nothing recorded or audited was lost", "録画・監査記録に欠落なし" },
	[W_CHECKS_BAD] = { "Something recorded or audited is not as it should be", "録画・監査記録に異常あり" },
	[W_FAULTS_NOTE] = { "Faults were caused in this run, so it does not say how many staff the farm holds.",
		"障害を起こしながらの試験のため、支えられる人数は判定していません。" },
	[W_FIGURE_AT] = { "Figures of the ten seconds before it", "直前10秒間の値" },

	[W_FIRST_FRAME_P95] = { "Log-in to first picture, p95", "ログインから最初の画面まで（95%）" },
	[W_DELAY_P95] = { "Key to pixel, p95", "キー入力から表示まで（95%）" },
	[W_DELAY_P50] = { "Key to pixel, median", "キー入力から表示まで（中央値）" },
	[W_LOST] = { "Sessions lost", "途切れたセッション" },
	[W_REFUSED] = { "Log-ins and sessions refused", "拒否されたログイン・セッション" },
	[W_LOGINS_ALL] = { "Log-ins", "ログイン" },
	[W_CPU_BUSY] = { "CPU busy", "CPU 使用" },
	[W_MEMORY_LEFT] = { "Memory left", "メモリーの残り" },
	[W_GENERATOR_CPU] = { "CPU of the load tool", "負荷試験ツールの CPU" },
	[W_STAFF_MOST] = { "Most sessions at once", "同時セッション数の最大" },
	[W_STAFF_HELD] = { "Staff held within the level", "水準内で支えた人数" },

	[W_SECTION_FELT] = { "What staff felt", "利用者の体感" },
	[W_SECTION_COST] = { "What it cost", "消費した資源" },
	[W_SECTION_TRAFFIC] = { "Traffic", "通信" },
	[W_SECTION_SESSIONS] = { "Sessions", "セッション" },
	[W_SECTION_CHAOS] = { "Faults while loaded", "負荷中に起こした障害" },
	[W_SECTION_CHECKS] = { "Audit log and recordings afterwards", "試験後の監査記録と録画の確認" },
	[W_SECTION_COMPARE] = { "Compared with an earlier run", "以前の試験との比較" },
	[W_SECTION_MACHINE] = { "Machine and configuration", "機械と設定" },
	[W_SECTION_ERRORS] = { "Errors", "エラー" },
	[W_SECTION_HOW] = { "How these figures were taken", "計測の方法" },

	[W_CHART_DELAY] = { "Key to pixel over time", "キー入力から表示までの時間（経過）" },
	[W_CHART_DELAY_NOTE] = { "Of all key presses of a few seconds each.", "数秒ごとにまとめた全キー入力の値です。" },
	[W_CHART_DELAY_STAFF] = { "Key to pixel by sessions running", "セッション数とキー入力から表示までの時間" },
	[W_CHART_DELAY_STAFF_NOTE] = { "Where the line bends upwards, the farm is full.", "線が上に折れるところが、この構成の限界です。" },
	[W_CHART_FIRST] = { "Log-in to first picture", "ログインから最初の画面まで" },
	[W_CHART_FIRST_NOTE] = { "A dot for each session, where it began.", "点はセッション1件（始めた時刻に表示）。" },
	[W_CHART_STAFF] = { "Sessions", "セッション数" },
	[W_CHART_SPREAD] = { "All key presses", "全キー入力の分布" },
	[W_CHART_SPREAD_NOTE] = { "Each bar is a fifth wider than the one before it.", "棒の幅は右へ約2割ずつ広くなります。" },
	[W_CHART_CPU] = { "CPU, cores in use", "CPU（使用コア数）" },
	[W_CHART_CPU_NOTE] = { "The line is everything that ran on the machine.", "線は、その機械で動いていたものすべての合計です。" },
	[W_CHART_MEMORY] = { "Memory (PSS)", "メモリー（PSS）" },
	[W_CHART_MEMORY_NOTE] = { "Memory that processes share is counted once.", "共有されているメモリーは1回だけ数えています。" },
	[W_CHART_BROKER_CPU] = { "Broker, decoders and encoders: CPU by sessions", "ブローカー・デコーダー・エンコーダー：セッション数と CPU" },
	[W_CHART_BROKER_CPU_NOTE] = { "A dot for each sample, in cores.", "点は計測1回（使用コア数）。" },
	[W_CHART_BROKER_MEMORY] = { "Broker, decoders and encoders: memory by sessions", "ブローカー・デコーダー・エンコーダー：セッション数とメモリー" },
	[W_CHART_BYTES] = { "Bytes a second", "毎秒の通信量" },
	[W_CHART_UPDATES] = { "Updates a second", "毎秒の画面更新" },
	[W_CHART_LOGINS] = { "Log-ins a second", "毎秒のログイン" },
	[W_AXIS_TIME] = { "time since the start", "開始からの時間" },
	[W_AXIS_STAFF] = { "sessions running", "実行中のセッション数" },
	[W_AXIS_DELAY] = { "key to pixel", "キー入力から表示まで" },
	[W_LIMIT_LINE] = { "limit", "基準" },
	[W_CORES_LINE] = { "cores of the machine:", "機械のコア数：" },
	[W_P50] = { "median", "中央値" }, [W_P95] = { "p95", "95パーセンタイル" }, [W_P99] = { "p99", "99パーセンタイル" },
	[W_WANTED] = { "wanted", "予定" }, [W_RUNNING] = { "running", "実行中" }, [W_WAITING] = { "logging in, starting", "ログイン・開始中" },
	[W_DETACHED] = { "detached", "切断中" },
	[W_EARLIER_P95] = { "p95 of the earlier run", "以前の試験の95パーセンタイル" },	[W_KEYS] = { "key presses", "キー入力" }, [W_TO_CLIENT] = { "to the clients", "利用者へ" },
	[W_FROM_CLIENT] = { "from the clients", "利用者から" }, [W_UPDATES] = { "updates", "画面更新" }, [W_LOGINS] = { "log-ins", "ログイン" },
	[W_REFUSALS] = { "refused", "拒否" }, [W_ONE_SESSION] = { "a session", "セッション" },
	[W_LINE_THROUGH] = { "line through them", "近似直線" },
	[W_COL_SCRIPT] = { "Script", "使い方" }, [W_COL_SESSIONS] = { "Sessions", "件数" },
	[W_COL_FIRST] = { "First picture, median / p95", "最初の画面（中央値 / 95%）" }, [W_COL_DELAY] = { "Key to pixel, median / p95 / p99", "キーから表示（中央値 / 95% / 99%）" },
	[W_COL_FIRST_ONE] = { "First picture", "最初の画面" }, [W_COL_UPDATES_ALL] = { "Updates", "更新" },
	[W_COL_KEYS] = { "Keys", "キー入力" }, [W_COL_BYTES] = { "Bytes a minute each", "1件1分の通信量" },
	[W_COL_UPDATES] = { "Updates a second each", "1件毎秒の更新" }, [W_COL_ENDS] = { "How they ended", "終わり方" },
	[W_COL_CLASS] = { "Process", "プロセス" }, [W_COL_BASE] = { "CPU without sessions", "セッションなしの CPU" },
	[W_COL_CPU_EACH] = { "CPU of each session, of a core", "1セッションの CPU（1コアに対する割合）" }, [W_COL_MIB_BASE] = { "Memory without sessions", "セッションなしのメモリー" },
	[W_COL_MIB_EACH] = { "Memory of each session", "1セッションのメモリー" }, [W_COL_FIT] = { "Fit (R²) CPU / memory", "直線の適合 (R²) CPU / メモリー" },
	[W_COL_KIND] = { "Kind", "種類" }, [W_COL_COUNT] = { "Count", "件数" }, [W_COL_SINCE] = { "First at", "最初" },
	[W_COL_EXAMPLE] = { "What was said", "内容" }, [W_COL_AT] = { "At", "時刻" }, [W_COL_WHAT] = { "What was done", "起こしたこと" },
	[W_COL_EXPECTED] = { "What should happen", "あるべき結果" }, [W_COL_HAPPENED] = { "What happened", "実際の結果" },
	[W_COL_RECOVERED] = { "Well again after", "回復まで" }, [W_COL_RESULT] = { "Result", "判定" }, [W_COL_FOUND] = { "Found", "確認結果" },
	[W_COL_FIGURE] = { "Figure", "項目" }, [W_COL_EARLIER] = { "Earlier", "以前" }, [W_COL_NOW] = { "Now", "今回" }, [W_COL_CHANGE] = { "Change", "変化" },
	[W_ALL_SCRIPTS] = { "all", "全体" }, [W_RIGHT] = { "as it should be", "正常" }, [W_NOT_RIGHT] = { "NOT as it should be", "異常" },
	[W_SUM_BROKER] = { "Broker, decoder, encoder", "ブローカー・デコーダー・エンコーダー計" }, [W_SUM_HOST] = { "Render host", "レンダーホスト計" },
	[W_SHARES_NOTE] = { "From a line through %1 samples with up to %2 sessions (for CPU only those in which the machine had some left); each session's part is the line's slope.",
		"最大 %2 セッション、%1 回の計測に引いた直線から求めました（CPU は機械に余裕のあった計測だけ）。1セッション分は直線の傾きです。" },
	[W_SHARES_EXHAUSTED] = { "The machine's CPU was exhausted nearly all the time: sessions wanted more of it than they got, so do not plan with these CPU figures.",
		"機械の CPU がほぼ常に使い切られていました。セッションが本来必要とする CPU はこれより多いため、この CPU の値で計画しないでください。" },
	[W_EACH_SESSION] = { "Each session (%1)", "セッションごとの一覧（%1 件）" }, [W_COL_NUMBER] = { "No.", "番号" }, [W_COL_BEGAN] = { "Began", "開始" },
	[W_COL_LASTED] = { "Lasted", "長さ" },	[W_MORE_SESSIONS] = { "Only the first %1 are shown; the result file has all.", "先頭の %1 件だけを示します。全件は結果ファイルにあります。" },
	[W_NO_ERRORS] = { "None.", "ありません。" },
	[W_CHAOS_ALL_OK] = { "%1 faults; after each of them all was as it should be.", "%1 件の障害を起こし、すべて想定どおりの結果でした。" },
	[W_CHAOS_BAD] = { "%1 faults; %2 of them did not end as they should.", "%1 件の障害のうち %2 件が想定どおりになりませんでした。" },
	[W_NOT_RECOVERED] = { "-", "-" },

	[W_BETTER] = { "better", "改善" }, [W_WORSE] = { "worse", "悪化" }, [W_SAME] = { "the same", "同じ" },	[W_COMPARED_WITH] = { "The earlier run: %1, version %2.", "比較した試験：%1、バージョン %2。" },
	[W_DIFFERENT_SETUP] = { "These differ, so the figures compare only in part:", "次の条件が異なるため、比較は参考程度にしてください：" },
	[W_CPU_PATH] = { "CPU of each session, of a core: broker, decoder, encoder", "1セッションの CPU（ブローカー・デコーダー・エンコーダー）" },
	[W_CPU_HOST] = { "CPU of each session, of a core: render host", "1セッションの CPU（レンダーホスト）" },
	[W_MIB_PATH] = { "Memory of each session: broker, decoder, encoder", "1セッションのメモリー（ブローカー・デコーダー・エンコーダー）" },
	[W_MIB_HOST] = { "Memory of each session: render host", "1セッションのメモリー（レンダーホスト）" },
	[W_BYTES_EACH] = { "Bytes a second to each client", "1利用者への毎秒の通信量" },

	[W_CPU_MODEL] = { "CPU", "CPU" }, [W_CORES] = { "Cores", "コア数" }, [W_MEMORY] = { "Memory", "メモリー" }, [W_KERNEL] = { "Kernel", "カーネル" },
	[W_SYSTEM] = { "System", "OS" }, [W_LOAD_BEFORE] = { "Load of other work when it began", "開始時の他の負荷" },
	[W_TARGET] = { "Render hosts", "レンダーホスト" }, [W_TARGET_CHROMIUM] = { "real Chromium", "本物の Chromium" },
	[W_TARGET_SYNTHETIC] = { "recorded pictures (no Chromium)", "記録した画面の再生（Chromium なし）" },
	[W_SIZE] = { "Window", "画面の大きさ" }, [W_HOSTS] = { "Number of hosts", "ホスト数" }, [W_RECORDED] = { "Sessions recorded", "録画" },
	[W_YES] = { "yes", "あり" }, [W_NO] = { "no", "なし" },
	[W_ONE_MACHINE] = { "Broker, hosts and tool on one machine", "ブローカー・ホスト・ツールが同じ機械" },
	[W_BROKER_CORES] = { "Cores the broker was kept to", "ブローカーに割り当てたコア数" }, [W_NOT_PINNED] = { "all", "制限なし" },
	[W_SCRIPTS] = { "Scripts and weights", "使い方と比率" }, [W_RAMP] = { "Ramp", "増やし方" },
	[W_RAMP_TEXT] = { "from %1, up to %2", "%1 人から最大 %2 人" },
	[W_RAMP_STEP] = { "%1 more every %2, held for %3", "%2ごとに %1 人追加、%3間維持" },
	[W_SEED] = { "Seed", "乱数の種" }, [W_VERSION] = { "Version", "バージョン" }, [W_DATE] = { "Date (UTC)", "日時 (UTC)" }, [W_LASTED] = { "Lasted", "試験時間" },
	[W_LEVEL_TEXT] = { "first picture p95 ≤ %1, key to pixel p95 ≤ %2, lost sessions ≤ %3",
		"最初の画面（95%）%1 以内、キーから表示（95%）%2 以内、途切れたセッション %3 件以内" },
	[W_HOW_DELAY] = { "Key to pixel: from sending a key to the update that shows its effect, decoded by the tool as a client does.",
		"キーから表示まで：キーを送ってから、その結果の画面更新を受け取って復号するまで。" },
	[W_HOW_FRAME] = { "First picture: from the first request of the log-in to the first frame.", "最初の画面：ログインの最初の要求から最初の画面まで。" },
	[W_HOW_HELD] = { "Staff held: the most sessions that ran for ten seconds together before the level broke; it is judged over ten seconds.",
		"支えた人数：水準を下回る前に、10秒間同時に動き続けたセッションの最大数。水準は10秒ごとに判定します。" },
	[W_HOW_CPU] = { "CPU: user and system time of each process from /proc, by class.", "CPU：/proc から得た各プロセスのユーザー時間とシステム時間の合計。" },
	[W_HOW_PSS] = { "Memory: PSS from /proc, in which a page that n processes share counts 1/n for each.", "メモリー：/proc の PSS（n 個のプロセスで共有するページは 1/n ずつ数える）。" },

};

static const struct {
	const char *name;
	struct pair text;
} names[] = {
	{ "broker", { "broker", "ブローカー" } }, { "decoder", { "decoders", "デコーダー" } }, { "encoder", { "encoders", "エンコーダー" } },
	{ "renderd", { "renderd", "renderd" } }, { "capture", { "capture", "画面取得" } }, { "sandbox", { "X and sandbox", "X・サンドボックス" } },
	{ "chromium", { "Chromium", "Chromium" } }, { "generator", { "load tool", "負荷試験ツール" } },
	{ "none", { "nothing", "なし" } }, { "cpu", { "CPU", "CPU" } }, { "memory", { "memory", "メモリー" } },
	{ "host-full", { "the hosts are full", "ホストの満員" } }, { "delay", { "key-to-pixel delay", "キーから表示までの遅延" } },
	{ "first-frame", { "time to the first picture", "最初の画面までの時間" } }, { "lost", { "lost sessions", "セッションの途切れ" } },
	{ "logged-out", { "logged out", "ログアウト" } }, { "refused", { "refused", "拒否" } }, { "stopped", { "run ended", "試験終了" } },
	{ "read", { "read", "読む" } }, { "scroll", { "scroll", "スクロール" } }, { "type", { "type", "入力" } }, { "follow", { "follow links", "リンクをたどる" } },
	{ "links", { "follow links", "リンクをたどる" } }, { "video", { "video", "動画" } }, { "idle", { "idle", "無操作" } }, { "mixed", { "mixed", "混在" } },
	{ "images", { "images", "画像" } }, { "login-refused", { "log-in refused", "ログイン拒否" } },
	{ "decoders-killed", { "decoders killed", "デコーダーを強制終了" } }, { "encoders-killed", { "encoders killed", "エンコーダーを強制終了" } },
	{ "chromiums-killed", { "browsers killed", "ブラウザーを強制終了" } }, { "network-cut", { "a host's network cut", "ホストの通信を切断" } },
	{ "network-delayed", { "a host's network delayed", "ホストの通信を遅延" } }, { "renderd-killed", { "a render host's renderd killed", "レンダーホストの renderd を強制終了" } },
	{ "broker-killed", { "the broker killed", "ブローカーを強制終了" } }, { "disk-full", { "the disk for recordings full", "録画ディスクの満杯" } },
	{ "logins", { "log-ins on the record", "ログインの記録" } }, { "key-lost", { "key press not seen", "キー入力が表示されない" } },
	{ "no-session", { "no session", "セッションなし" } }, { "no-connection", { "no connection", "接続できない" } }, { "page-lost", { "page not painted", "ページが表示されない" } },
	{ "protocol", { "wrong message", "不正なメッセージ" } }, { "no-end", { "session did not end", "セッションが終わらない" } },
	{ "audit", { "audit log", "監査ログ" } }, { "recordings", { "recordings", "録画" } }, { "sessions", { "every session has its recording", "全セッションの録画" } },
};

const char *report_word(bool ja, enum report_word w)
{
	return ja ? words[w].ja : words[w].en;
}

const char *report_name(bool ja, const char *name)
{
	for (size_t i = 0; name && i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i].name, name) == 0)
			return ja ? names[i].text.ja : names[i].text.en;
	return name ? name : "";
}

static const struct {
	const char *what, *ja;
} expected[] = {
	{ "decoders-killed", "強制終了したデコーダーのセッションだけが、理由とともに終わる。" },
	{ "encoders-killed", "各セッションに新しいエンコーダーが付き、どれも終わらない。" },
	{ "chromiums-killed", "強制終了したブラウザーのセッションだけが、理由とともに終わる。" },
	{ "network-cut", "ホストの回線を3秒切断：そのセッションは再接続し、どれも終わらない。" },
	{ "network-delayed", "ホストの回線が12秒間、片道100ミリ秒遅くなる：終わるセッションも再接続もない。" },
	{ "renderd-killed", "そのホストのセッションだけが終わり、ホストは自動で復帰する。" },
	{ "broker-killed", "10秒以内に全セッションが戻り、どれも終わらない。" },
	{ "disk-full", "録画なしで続くセッションも始まるセッションもない。動作中のものはすべて「録画不可」で終わる。" },
};

const char *report_expected(bool ja, const char *what, const char *text)
{
	for (size_t i = 0; ja && what && i < sizeof expected / sizeof expected[0]; i++)
		if (strcmp(expected[i].what, what) == 0)
			return expected[i].ja;
	return text;
}
