/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every word of a plan, in Japanese and English.
 */
#include "client/load/plan/words.h"

#include <string.h>

struct pair {
	const char *en, *ja;
};

static const struct pair words[PLAN_WORDS] = {
	[P_NEEDS] = { "What the site needs", "必要な規模" },
	[P_FIGURES] = { "From these figures", "計算に使った値" },
	[P_DAY] = { "A simulated day (seed %llu): %u staff, %u hosts of %u sessions, %u warm sandboxes each",
		"1日の模擬（乱数の種 %llu）：利用者 %u 人、ホスト %u 台（各 %u セッション、用意済み %u 個）" },
	[P_CLICK] = { "click to first picture", "クリックから最初の画面まで" },
	[P_STAFF] = { "staff", "人数" }, [P_MEDIAN] = { "median", "中央値" }, [P_P95] = { "p95", "p95" }, [P_LONGEST] = { "longest", "最長" },
	[P_COLD] = { "without a warm", "用意なし" }, [P_BUSY] = { "told: busy", "混雑" }, [P_FULL] = { "told: full", "満員" },
	[P_MORNING] = { "morning, 08:30", "朝 8:30" }, [P_HOST_LOST] = { "after a host was lost, 10:30", "ホスト喪失後 10:30" },
	[P_AFTER_LUNCH] = { "after lunch, 13:00", "昼休み明け 13:00" },
	[P_PASSWORDS] = { "passwords waited %.0f ms in the mean, at most %zu at a time; most sessions at once %llu",
		"パスワード照合の待ち：平均 %.0f ms、最大 %zu 件。同時セッションの最大 %llu" },
	[P_LOST] = { "%llu sessions were lost with their host; the last of their users had a picture again after %.1f s",
		"ホストとともに %llu セッションが失われ、最後の利用者に画面が戻るまで %.1f 秒" },
	[P_NEVER] = { "staff who wanted a session in the end and had none: %llu", "最後までセッションを得られなかった人数：%llu" },
	[P_ASSUMED] = { "What is assumed", "前提" },
	[P_TOO_SMALL] = { "such a host is too small for one session", "このホストは1セッションにも足りません" },
};

static const struct plan_line_words lines[PLAN_LINE_IDS] = {
	[L_SESSIONS] = { "sessions", "sessions", "sessions at once", "同時セッション数", "%.0f staff x %.2f, rounded up", "%.0f 人 x %.2f、切り上げ" },
	[L_BROKER_CORES] = { "broker_cores", "cores", "broker machine: cores", "中継サーバー：コア数", "(%.3g + %.0f x %.4g) / %.2f busy, rounded up",
		"(%.3g + %.0f x %.4g) / 使用率 %.2f、切り上げ" },
	[L_BROKER_GIB] = { "broker_gib", "GiB", "broker machine: memory", "中継サーバー：メモリー", "(%.0f + %.0f x %.4g MiB) / 1024 + %.0f GiB for the system, rounded up",
		"(%.0f + %.0f x %.4g MiB) / 1024 + OS 用 %.0f GiB、切り上げ" },
	[L_HOST_BY_CORES] = { "host_by_cores", "sessions", "sessions a host's cores hold", "1台のコアで支えられるセッション",
		"%.0f cores x %.2f busy / %.4g, rounded down", "%.0f コア x 使用率 %.2f / %.4g、切り捨て" },
	[L_HOST_BY_MEMORY] = { "host_by_memory", "sessions", "sessions a host's memory holds", "1台のメモリーで支えられるセッション",
		"((%.0f - %.0f GiB) x 1024 - %.0f - %.0f warm x %.0f MiB) / %.4g MiB, rounded down",
		"((%.0f - %.0f GiB) x 1024 - %.0f - 用意済み %.0f x %.0f MiB) / %.4g MiB、切り捨て" },
	[L_HOST_SESSIONS_CORES] = { "host_sessions", "sessions", "sessions a host", "1台のセッション", "the smaller of the two: limited by cores", "小さい方（制約：コア数）" },
	[L_HOST_SESSIONS_MEMORY] = { "host_sessions", "sessions", "sessions a host", "1台のセッション", "the smaller of the two: limited by memory",
		"小さい方（制約：メモリー）" },
	[L_HOSTS] = { "hosts", "hosts", "render hosts", "レンダーホスト", "%.0f / %.0f, rounded up, + %.0f that may be lost", "%.0f / %.0f、切り上げ、+ 予備 %.0f" },
	[L_HOST_CORES] = { "host_cores_all", "cores", "render hosts: cores", "レンダーホスト：コア数の合計", "%.0f x %.0f", "%.0f x %.0f" },
	[L_HOST_GIB] = { "host_gib_all", "GiB", "render hosts: memory", "レンダーホスト：メモリーの合計", "%.0f x %.0f GiB", "%.0f x %.0f GiB" },
	[L_CLIENT_MEAN] = { "client_mbit_mean", "Mbit/s", "to the clients, mean at the busiest time", "利用者への通信（最繁時の平均）", "%.0f x %.0f bytes/s x 8",
		"%.0f x %.0f バイト/秒 x 8" },
	[L_CLIENT_TOP] = { "client_mbit_top", "Mbit/s", "to the clients, a second in a thousand", "利用者への通信（千秒に1秒）",
		"(%.0f x %.0f + 3 x %.0f x sqrt(%.0f)) bytes/s x 8", "(%.0f x %.0f + 3 x %.0f x √%.0f) バイト/秒 x 8" },
	[L_HOST_MEAN] = { "host_mbit_mean", "Mbit/s", "from the render hosts, mean", "レンダーホストからの通信（平均）", "%.4g x %.3g", "%.4g x %.3g" },
	[L_HOST_TOP] = { "host_mbit_top", "Mbit/s", "from the render hosts, a second in a thousand", "レンダーホストからの通信（千秒に1秒）", "%.4g x %.3g", "%.4g x %.3g" },
	[L_DAY] = { "recording_gb_day", "GB", "recordings of a working day", "1営業日の録画", "%.0f staff x %.3g h x 3600 x %.0f bytes/s x %.3g",
		"%.0f 人 x %.3g 時間 x 3600 x %.0f バイト/秒 x %.3g" },
	[L_DISK] = { "recording_tb", "TB", "disk for recordings", "録画ディスク", "%.4g GB x %.0f working days of %.0f x 1.2 that stay free",
		"%.4g GB x %.0f 営業日（%.0f 日間）x 1.2（空き）" },
	[L_LOGINS] = { "logins_s", "1/s", "log-ins a second that the broker can check", "毎秒照合できるログイン", "%.0f passwords at the same time / %.3g s",
		"同時に %.0f 件 / %.3g 秒" },
};

static const struct {
	const char *name, *ja;
} figures[] = {
	{ "path_cores_base", "中継サーバー（セッションなし）" }, { "path_cores_each", "1セッションのブローカー・デコーダー・エンコーダー" },
	{ "path_mib_base", "ブローカー（セッションなし）" }, { "path_mib_each", "1セッションのブローカー・デコーダー・エンコーダー" },
	{ "host_cores_each", "1セッションの画面取得・renderd・X・Chromium" }, { "host_mib_base", "レンダーホスト（セッションなし）" },
	{ "host_mib_each", "1セッションの画面取得・X・Chromium" }, { "bytes_in_s", "1利用者への通信、平均" },
	{ "bytes_in_sd", "その1秒ごとのばらつき（標準偏差）" }, { "host_link_ratio", "利用者への1バイトに対するホストからのバイト数" },
	{ "recording_ratio", "利用者への1バイトに対する録画のバイト数" }, { "hash_s", "パスワード照合の CPU 時間（argon2id、64 MiB、2回）" },
	{ "hash_workers", "同時に照合する数" }, { "hash_queue", "照合を待てるログイン（超えると出直し）" },
	{ "warm_s", "クリックから最初の画面（用意済みあり）" }, { "cold_s", "クリックから最初の画面（用意済みなし）" },
	{ "start_cpu_s", "サンドボックスとブラウザーの起動の CPU 時間" }, { "warm_mib", "用意済みサンドボックス1個" },
};

static const struct pair assumptions[] = {
	{ "Everybody who browses at the busiest time logs in once in the morning: times spread around 08:30 as a normal distribution.",
		"最繁時に使う全員が朝に1回ログインする（8時30分を中心とする正規分布）。" },
	{ "At 12:00 four of five end their session within ten minutes and log in again around 13:00, spread as in the morning.",
		"12時から10分の間に5人中4人がセッションを終え、13時ごろ（朝と同じばらつき）に再びログインする。" },
	{ "At 10:30 the fullest render host is lost. Its users click again 3 to 30 seconds later; that needs no password.",
		"10時30分に最も混んだレンダーホストが失われる。その利用者は3〜30秒後にもう一度クリックする（パスワードは不要）。" },
	{ "Passwords: as many at the same time as the broker allows, each for its processor time; who finds the queue full tries again 5 to 15 seconds later.",
		"パスワードはブローカーが許す数だけ同時に照合する。待ち行列が満杯なら5〜15秒後に出直す。" },
	{ "A session goes to the host with warm sandboxes and the fewest sessions, as the broker places it. No room anywhere: again 20 to 40 seconds later.",
		"セッションは、用意済みがあり最も空いたホストに置かれる。空きがなければ20〜40秒後に出直す。" },
	{ "A host starts as many browsers at the same time as it has cores that the plan leaves free; warm ones are made one at a time while nobody waits.",
		"ホストは、計画が空けておくコアの数だけ同時にブラウザーを起動する。用意済みは、待つ人がいない間に1個ずつ作る。" },
	{ "Times of a start do not grow with load: the plan keeps the hosts' cores below what it calls busy.",
		"起動時間は負荷で延びない（計画は使用率を上限以下に保つ）。" },
	{ "Nobody mistypes, no line is slow, and the broker itself does not fail.", "入力の誤り、遅い回線、ブローカー自体の障害はない。" },
};

const char *plan_word(bool ja, enum plan_word w)
{
	return ja ? words[w].ja : words[w].en;
}

const struct plan_line_words *plan_line_words(enum plan_line_id id)
{
	return &lines[id];
}

const char *plan_figure_what(bool ja, const char *name, const char *en)
{
	for (size_t i = 0; ja && i < sizeof figures / sizeof figures[0]; i++)
		if (strcmp(figures[i].name, name) == 0)
			return figures[i].ja;
	return en;
}

const char *plan_assumption(bool ja, size_t i)
{
	if (i >= sizeof assumptions / sizeof assumptions[0])
		return NULL;
	return ja ? assumptions[i].ja : assumptions[i].en;
}
