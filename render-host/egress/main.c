/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-egress: the only way out of a session. A forward proxy on a socket that it inherits from inside the session's
 * network namespace, while it lives outside. It refuses whatever is not the Internet and says so in the log. It keeps
 * nothing, stores nothing and never looks into a tunnel.
 */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/egress/egress.h"
#include "render-host/helpers.h"

enum { BACKLOG = 128, FAILED = 1 };

static struct sek_egress egress = { .head_ms = SEK_EGRESS_HEAD_MS };

static int usage(const char *what, const char *value)
{
	sek_log(SEK_LOG_ERROR, "egress.usage", "refused", what, "value", value, "want",
		"--upstream HOST:PORT, --allow NETWORK/BITS[:PORT], --rules, --count", NULL);
	return SEK_EGRESS_USAGE;
}

static int parse(int argc, char **argv)
{
	static const struct option longs[] = { { "upstream", required_argument, NULL, 'u' },
					       { "allow", required_argument, NULL, 'a' },
					       { "rules", no_argument, NULL, 'r' },
					       { "count", no_argument, NULL, 'n' },
					       { "head-ms", required_argument, NULL, 'h' },
					       { NULL, 0, NULL, 0 } };
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:", longs, NULL)) != -1) {
		if (c == 'u' && !egress.upstream_port &&
		    sek_is_ok(sek_authority_parse(optarg, strlen(optarg), 0, egress.upstream_host, &egress.upstream_ipv6,
			    &egress.upstream_port)))
			continue;
		if (c == 'a' && sek_is_ok(sek_egress_rule_add(&egress.rules, optarg)))
			continue;
		if (c == 'r' && !egress.has_url_rules) {
			egress.has_url_rules = true;
			continue;
		}
		if (c == 'n' && !egress.counts) {
			egress.counts = true;
			continue;
		}
		/* for tests of patience */
		if (c == 'h' && (egress.head_ms = (unsigned)strtoul(optarg, NULL, 10)) > 0)
			continue;
		return usage(c == 'u' ? "--upstream" : c == 'a' ? "--allow" : "argument", optarg);
	}
	return optind == argc ? 0 : usage("argument", argv[optind]);
}

static void on_client(uv_stream_t *s, int status)
{
	(void)s;
	if (status == 0)
		sek_egress_accept(&egress);
}

static void on_rules(uv_poll_t *p, int status, int events)
{
	char why[96];
	sek_status s = status < 0 ? sek_from_uv(status) : sek_rules_receive(&egress);

	if (events & UV_DISCONNECT)
		uv_poll_stop(p);
	if (sek_is_ok(s))
		return;
	/* rules that cannot be known must not be the last ones */
	sek_log(SEK_LOG_ERROR, "egress.rules", "why", sek_status_text(s, why, sizeof why), NULL);
	egress.failed = true;
	uv_stop(p->loop);
}

static void on_signal(uv_signal_t *s, int number)
{
	(void)number;
	uv_stop(s->loop);
}

static sek_status serve(void)
{
	static uv_signal_t term, interrupt;
	static uv_poll_t rules;

	/* a browser that closes while we write must not end us */
	signal(SIGPIPE, SIG_IGN);
	SEK_TRY(sek_from_uv(uv_loop_init(&egress.loop)));
	if (egress.has_url_rules) {
		SEK_TRY(sek_rules_receive(&egress)); /* those that were there before anybody could come */
		SEK_TRY(sek_from_uv(uv_poll_init(&egress.loop, &rules, SEK_EGRESS_RULES_FD)));
		SEK_TRY(sek_from_uv(uv_poll_start(&rules, UV_READABLE | UV_DISCONNECT, on_rules)));
	}
	SEK_TRY(sek_from_uv(uv_tcp_init(&egress.loop, &egress.listener)));
	SEK_TRY(sek_from_uv(uv_tcp_open(&egress.listener, SEK_EGRESS_LISTEN_FD)));
	SEK_TRY(sek_from_uv(uv_listen((uv_stream_t *)&egress.listener, BACKLOG, on_client)));
	SEK_TRY(sek_from_uv(uv_signal_init(&egress.loop, &term)));
	SEK_TRY(sek_from_uv(uv_signal_start(&term, on_signal, SIGTERM)));
	SEK_TRY(sek_from_uv(uv_signal_init(&egress.loop, &interrupt)));
	SEK_TRY(sek_from_uv(uv_signal_start(&interrupt, on_signal, SIGINT)));
	return sek_ok();
}

int main(int argc, char **argv)
{
	char why[96];
	sek_status s;
	int code;

	sek_log_init("sekisho-egress", SEK_LOG_INFO);
	code = parse(argc, argv);
	if (code)
		return code;
	s = serve();
	if (!sek_is_ok(s)) {
		sek_log(SEK_LOG_ERROR, "egress.start", "why", sek_status_text(s, why, sizeof why), NULL);
		return FAILED;
	}
	s = sek_egress_harden();
	if (!sek_is_ok(s)) {
		sek_log(SEK_LOG_ERROR, "egress.jail", "why", sek_status_text(s, why, sizeof why), NULL);
		return SEK_EGRESS_JAIL;
	}
	uv_run(&egress.loop, UV_RUN_DEFAULT);
	return egress.failed ? FAILED : 0; /* told to stop: open connections end with the process */
}
