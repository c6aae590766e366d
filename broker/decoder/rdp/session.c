/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Settings, connection and loop. Must never offer a password to a host whose certificate was not checked, unless the administrator said so.
 */
#include "broker/decoder/rdp/session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <freerdp/channels/channels.h>
#include <freerdp/error.h>
#include <freerdp/freerdp.h>
#include <gnutls/x509.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <winpr/synch.h>
#include <winpr/wlog.h>

#include "base/error.h"
#include "broker/decoder/rdp/input.h"

enum { GO_ON = -1, HANDLES_MAX = 32, CONNECT_S = 20, USUAL_WIDTH = 1280, USUAL_HEIGHT = 800, LAYOUT_US = 0x409, BY_PASSWORD = 2 /* "PROTOCOL_HYBRID" */,
	PASTE_SETTLE_MS = 60, QUIET_MS = 700 /* a window that is being drawn larger is asked for once */ };
/* What a channel's pieces may be long; a host has a say in it, and is kept to that. (2.2.7.1.10) */
enum { PIECE_MIN_BYTES = 1600, PIECE_MAX_BYTES = 16256 };

/* What the library hands back to us. */
struct context {
	rdpContext library;
	struct sek_rdp *rdp;
};

static struct sek_rdp *rdp_of(rdpContext *context)
{
	return ((struct context *)context)->rdp;
}

struct sek_rdp_screen *sek_rdp_screen_of(rdpContext *context)
{
	return &rdp_of(context)->screen;
}

/* --- whom it is --- */

static bool is_trusted(const struct sek_rdp *r, const uint8_t *pem, size_t n)
{
	const gnutls_datum_t text = { (unsigned char *)(uintptr_t)pem, (unsigned)n };
	gnutls_x509_crt_t certs[SEK_TRUST_CHAIN_MAX];
	gnutls_datum_t der[SEK_TRUST_CHAIN_MAX] = { { NULL, 0 } };
	struct sek_der chain[SEK_TRUST_CHAIN_MAX];
	unsigned count = SEK_TRUST_CHAIN_MAX;
	bool well = n > 0 && n <= SEK_CREDENTIAL_MAX_BYTES &&
		gnutls_x509_crt_list_import(certs, &count, &text, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED) > 0;

	if (!well)
		return false;
	for (unsigned i = 0; i < count; i++) {
		well = well && gnutls_x509_crt_export2(certs[i], GNUTLS_X509_FMT_DER, &der[i]) >= 0;
		gnutls_x509_crt_deinit(certs[i]);
		chain[i] = (struct sek_der){ der[i].data, der[i].size };
	}
	well = well && sek_is_ok(sek_trust_check(r->foreign.trust, chain, count));
	for (unsigned i = 0; i < count; i++)
		gnutls_free(der[i].data);
	return well;
}

/* 1: go on, 0: not this one. */
static int on_certificate(freerdp *library, const BYTE *pem, size_t n, const char *hostname, UINT16 port, DWORD flags)
{
	struct sek_rdp *r = rdp_of(library->context);

	(void)hostname;
	(void)port;
	(void)flags;
	r->distrusted = !r->foreign.insecure && !is_trusted(r, pem, n);
	return r->distrusted ? 0 : 1;
}

/* --- settings --- */

static BOOL on_pre_connect(freerdp *library)
{
	(void)library;
	return TRUE;
}

static BOOL on_post_connect(freerdp *library)
{
	rdpSettings *s = library->settings;
	struct sek_rdp *r = rdp_of(library->context);

	if (s->ChannelCount != r->joined)
		return FALSE;
	if (s->VirtualChannelChunkSize < PIECE_MIN_BYTES || s->VirtualChannelChunkSize > PIECE_MAX_BYTES)
		s->VirtualChannelChunkSize = PIECE_MIN_BYTES;
	sek_rdp_screen_attach(library->update);
	sek_rdp_screen_size(&r->screen, s->DesktopWidth, s->DesktopHeight);
	return TRUE;
}

static bool set_text(char **ret, const char *text, size_t n)
{
	free(*ret);
	*ret = strndup(text, n);
	return *ret != NULL;
}

/* "DOMAIN\name" */
static bool set_login(rdpSettings *s, const struct sek_foreign *f)
{
	const char *slash = strchr(f->login, '\\'), *name = slash ? slash + 1 : f->login;

	return set_text(&s->Username, name, strlen(name)) && set_text(&s->Password, f->password, strlen(f->password)) &&
		set_text(&s->Domain, f->login, slash ? (size_t)(slash - f->login) : 0);
}

/* Every door that the library knows of, shut by name. */
static void shut(rdpSettings *s)
{
	s->DeviceRedirection = s->RedirectDrives = s->RedirectHomeDrive = s->RedirectPrinters = s->RedirectSmartCards = FALSE;
	s->RedirectSerialPorts = s->RedirectParallelPorts = s->RedirectClipboard = FALSE;
	s->AudioPlayback = s->AudioCapture = s->RemoteConsoleAudio = FALSE;
	s->SupportDynamicChannels = s->SupportGraphicsPipeline = s->SupportDisplayControl = s->SupportGeometryTracking = FALSE;
	s->SupportMultitransport = s->NetworkAutoDetect = s->SupportHeartbeatPdu = s->SupportEchoChannel = FALSE;
	s->RemoteApplicationMode = s->RemoteAssistanceMode = s->GatewayEnabled = s->AutoReconnectionEnabled = FALSE;
	s->RemoteFxCodec = s->NSCodec = s->JpegCodec = s->SurfaceCommandsEnabled = s->SurfaceFrameMarkerEnabled = FALSE;
	s->FrameMarkerCommandEnabled = s->BitmapCacheEnabled = s->BitmapCachePersistEnabled = FALSE;
	s->OffscreenSupportLevel = s->GlyphSupportLevel = s->BrushSupportLevel = 0;
	s->DrawNineGridEnabled = s->DrawGdiPlusEnabled = FALSE;
	memset(s->OrderSupport, 0, 32);
	s->ChannelCount = s->StaticChannelCount = s->DynamicChannelCount = s->DeviceCount = 0;
}

static bool settle(struct sek_rdp *r)
{
	rdpSettings *s = r->library->settings;

	shut(s);
	s->ServerPort = SEK_DECODER_HOST_FD; /* with this name the library takes the socket that it is given there */
	s->ExternalCertificateManagement = TRUE;
	s->IgnoreCertificate = FALSE;
	s->NegotiateSecurityLayer = TRUE;
	s->TlsSecurity = TRUE;
	s->NlaSecurity = *r->foreign.login != 0;
	s->RdpSecurity = r->foreign.insecure;
	s->UseRdpSecurityLayer = FALSE;
	s->AutoLogonEnabled = *r->foreign.password != 0;
	s->ColorDepth = 32;
	s->SoftwareGdi = TRUE;
	s->CompressionEnabled = FALSE; /* bitmaps are coded already; its three kinds of bulk compression are code that need not be reached */
	s->PointerCacheSize = SEK_RDP_POINTERS;
	s->ColorPointerFlag = TRUE;
	s->LargePointerFlag = 0;
	s->KeyboardLayout = LAYOUT_US; /* keys.c speaks of no other */
	s->UnicodeInput = s->FastPathInput = s->FastPathOutput = TRUE;
	s->AsyncInput = s->AsyncUpdate = FALSE;
	s->OsMajorType = OSMAJORTYPE_UNIX;
	return set_text(&s->ServerHostname, "|", 1) && set_text(&s->ClientHostname, "sekisho", 7) && set_login(s, &r->foreign);
}

/* --- the clipboard's channel --- */

static void join(struct sek_rdp *r)
{
	rdpSettings *s = r->library->settings;

	r->joined = r->directions != 0 && s->ChannelDefArraySize > 0;
	if (!r->joined)
		return;
	memset(&s->ChannelDefArray[0], 0, sizeof s->ChannelDefArray[0]);
	memcpy(s->ChannelDefArray[0].name, SEK_RDP_CLIP_NAME, sizeof SEK_RDP_CLIP_NAME);
	s->ChannelDefArray[0].options = CHANNEL_OPTION_INITIALIZED | CHANNEL_OPTION_ENCRYPT_RDP | CHANNEL_OPTION_SHOW_PROTOCOL;
	s->ChannelCount = 1;
}

static UINT16 channel(const struct sek_rdp *r)
{
	return r->joined ? freerdp_channels_get_id_by_name(r->library, SEK_RDP_CLIP_NAME) : 0;
}

static void to_channel(void *user, const uint8_t *message, size_t n)
{
	struct sek_rdp *r = user;

	if (channel(r) != 0)
		r->library->SendChannelData(r->library, channel(r), message, n); /* a line that is lost is noticed by the loop */
}

/* Whatever comes on another channel is an answer to nobody. */
static BOOL on_channel(freerdp *library, UINT16 id, const BYTE *bytes, size_t n, UINT32 flags, size_t total)
{
	struct sek_rdp *r = rdp_of(library->context);

	return channel(r) != 0 && id == channel(r) && sek_rdp_clip_take(&r->clip, bytes, n, flags, total);
}

sek_status sek_rdp_prepare(struct sek_rdp *r)
{
	SSL_CTX *once;

	WLog_SetLogLevel(WLog_GetRoot(), WLOG_OFF);
	SEK_TRY(sek_rdp_input_init(r));
	SEK_TRY(sek_rdp_screen_init(&r->screen, &r->foreign));
	SEK_TRY(sek_foreign_clipboard_init(&r->clipboard, SEK_DECODER_CONTROL_FD));
	SEK_TRY(sek_rdp_clip_init(&r->clip, &r->clipboard, to_channel, r));
	/* OpenSSL reads its files now: afterwards there are none. NTLM, inside NLA, needs the old digests; the library asks for them always. */
	if (!OSSL_PROVIDER_load(NULL, "default") || !OSSL_PROVIDER_load(NULL, "legacy"))
		return sek_fail(SEK_E_CRYPTO);
	once = SSL_CTX_new(TLS_client_method());
	if (!once)
		return sek_fail(SEK_E_CRYPTO);
	SSL_CTX_free(once);
	/* without a home it makes no settings; it looks for nothing there (instead.c) */
	if (setenv("HOME", "/", 1) < 0 || setenv("XDG_CONFIG_HOME", "/", 1) < 0)
		return sek_fail(SEK_E_NOMEM);
	r->library = freerdp_new();
	if (!r->library)
		return sek_fail(SEK_E_NOMEM);
	r->library->ContextSize = sizeof(struct context);
	r->library->PreConnect = on_pre_connect;
	r->library->PostConnect = on_post_connect;
	r->library->VerifyX509Certificate = on_certificate;
	r->library->ReceiveChannelData = on_channel;
	if (!freerdp_context_new(r->library) || !settle(r))
		return sek_fail(SEK_E_NOMEM);
	((struct context *)r->library->context)->rdp = r;
	return sek_ok();
}

/* --- the connection --- */

static const struct sek_foreign *late_one;

/* The library waits in places of its own: a host that says nothing is left by a signal. */
static void too_late(int signal_number)
{
	(void)signal_number;
	sek_foreign_leave(late_one, SEK_EXIT_SILENT);
}

/* What it says before anything is encrypted. */
static struct {
	uint8_t bytes[19];
	size_t n;
} opening;

void sek_rdp_saw(const uint8_t *bytes, size_t n)
{
	size_t room = sizeof opening.bytes - opening.n;

	memcpy(opening.bytes + opening.n, bytes, n < room ? n : room);
	opening.n += n < room ? n : room;
}

/* It refused ("TYPE_RDP_NEG_FAILURE") because it wants to know who comes first ("HYBRID_REQUIRED_BY_SERVER"). (2.2.1.2.2) */
static bool wants_a_login(void)
{
	return opening.n == sizeof opening.bytes && opening.bytes[0] == 3 && opening.bytes[11] == 3 && opening.bytes[15] == 5;
}

static enum sek_child_exit why_not(const struct sek_rdp *r)
{
	if (r->distrusted)
		return SEK_EXIT_CERTIFICATE;
	if (wants_a_login() && *r->library->settings->Username == 0)
		return SEK_EXIT_LOGIN;
	switch (freerdp_get_last_error(r->library->context)) {
	case FREERDP_ERROR_AUTHENTICATION_FAILED:
	case FREERDP_ERROR_CONNECT_LOGON_FAILURE:
	case FREERDP_ERROR_CONNECT_WRONG_PASSWORD:
	case FREERDP_ERROR_CONNECT_ACCESS_DENIED:
	case FREERDP_ERROR_CONNECT_ACCOUNT_DISABLED:
	case FREERDP_ERROR_CONNECT_ACCOUNT_LOCKED_OUT:
	case FREERDP_ERROR_CONNECT_ACCOUNT_EXPIRED:
	case FREERDP_ERROR_CONNECT_ACCOUNT_RESTRICTION:
	case FREERDP_ERROR_CONNECT_PASSWORD_EXPIRED:
	case FREERDP_ERROR_CONNECT_PASSWORD_MUST_CHANGE:
	case FREERDP_ERROR_CONNECT_LOGON_TYPE_NOT_GRANTED:
	case FREERDP_ERROR_CONNECT_NO_OR_MISSING_CREDENTIALS:
		return SEK_EXIT_LOGIN;
	case FREERDP_ERROR_SECURITY_NEGO_CONNECT_FAILED:
	case FREERDP_ERROR_TLS_CONNECT_FAILED:
		return SEK_EXIT_TLS;
	case FREERDP_ERROR_CONNECT_TRANSPORT_FAILED:
		return SEK_EXIT_LOST;
	case FREERDP_ERROR_CONNECT_FAILED: /* a host that hangs up at the password says no more than that */
		return r->library->settings->SelectedProtocol & BY_PASSWORD ? SEK_EXIT_LOGIN : SEK_EXIT_PROTOCOL;
	default:
		return SEK_EXIT_PROTOCOL;
	}
}

static void forget(struct sek_rdp *r)
{
	rdpSettings *s = r->library->settings;

	if (s->Password)
		explicit_bzero(s->Password, strlen(s->Password));
	sek_foreign_forget(&r->foreign);
}

/* Waits for HELLO: the size is asked for while connecting, and never again. */
static int await_hello(struct sek_rdp *r)
{
	while (r->wish_width_px == 0) {
		struct pollfd p = { .fd = SEK_DECODER_INPUT_FD, .events = POLLIN };

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return SEK_EXIT_INTERNAL;
		if (!sek_is_ok(sek_foreign_input_read(&r->input, SEK_DECODER_INPUT_FD)))
			return SEK_EXIT_INTERNAL;
		if (r->input.ended)
			return SEK_EXIT_OK;
	}
	return GO_ON;
}

static uint32_t at_most(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t wished_width(const struct sek_rdp *r)
{
	/* "a multiple of four" is what some hosts need and all take */
	return at_most(r->wish_width_px ? r->wish_width_px : USUAL_WIDTH, r->foreign.layout.max_width_px) & ~3u;
}

static uint32_t wished_height(const struct sek_rdp *r)
{
	return at_most(r->wish_height_px ? r->wish_height_px : USUAL_HEIGHT, r->foreign.layout.max_height_px);
}

static int dial(struct sek_rdp *r)
{
	rdpSettings *s = r->library->settings;
	int code = r->foreign.test ? GO_ON : await_hello(r);

	if (code != GO_ON)
		return code;
	s->DesktopWidth = wished_width(r);
	s->DesktopHeight = wished_height(r);
	join(r);
	late_one = &r->foreign;
	alarm(CONNECT_S);
	code = freerdp_connect(r->library) ? GO_ON : (int)why_not(r);
	forget(r);
	if (code == GO_ON)
		alarm(0);
	r->follows = r->screen.width_px == wished_width(r) && r->screen.height_px == wished_height(r);
	return code;
}

/* --- the loop --- */

uint64_t sek_rdp_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A host that did not take the first size would not take another. */
void sek_rdp_want(struct sek_rdp *r)
{
	bool other_size = r->follows && (r->screen.width_px != wished_width(r) || r->screen.height_px != wished_height(r));
	bool other_channel = r->joined != (r->directions != 0);

	r->again_ms = r->screen.shown && (other_size || other_channel) ? sek_rdp_now_ms() + QUIET_MS : 0;
}

/* True if what the broker has said meanwhile may go on now. */
static bool paste_is_over(struct sek_rdp *r)
{
	uint64_t now = sek_rdp_now_ms();

	if (!r->hold_ms)
		return false;
	if (!r->clip.told && r->hold_ms > now + PASTE_SETTLE_MS)
		r->hold_ms = now + PASTE_SETTLE_MS;
	if (now < r->hold_ms)
		return false;
	r->hold_ms = 0;
	return true;
}

enum { POLL_INPUT, POLL_CONTROL, POLL_CLIPBOARD, POLL_HOST };

static int wait_for_events(struct sek_rdp *r, struct pollfd p[POLL_HOST + HANDLES_MAX])
{
	HANDLE handles[HANDLES_MAX];
	DWORD n = freerdp_get_event_handles(r->library->context, handles, HANDLES_MAX);
	uint64_t now = sek_rdp_now_ms(), until = r->hold_ms && (!r->again_ms || r->hold_ms < r->again_ms) ? r->hold_ms : r->again_ms;

	if (n == 0)
		return SEK_EXIT_LOST;
	p[POLL_INPUT] = (struct pollfd){ .fd = SEK_DECODER_INPUT_FD, .events = r->hold_ms ? 0 : POLLIN };
	p[POLL_CONTROL] = (struct pollfd){ .fd = r->clipboard.control_fd, .events = POLLIN };
	p[POLL_CLIPBOARD] = (struct pollfd){ .fd = r->clipboard.pipe_fd, .events = sek_foreign_clipboard_wants(&r->clipboard) };
	for (DWORD i = 0; i < n; i++)
		p[POLL_HOST + i] = (struct pollfd){ .fd = GetEventFileDescriptor(handles[i]), .events = POLLIN };
	return poll(p, POLL_HOST + n, !until ? -1 : until > now ? (int)(until - now) : 0) < 0 && errno != EINTR ? SEK_EXIT_INTERNAL : GO_ON;
}

static int listen_to_broker(struct sek_rdp *r, const struct pollfd *p)
{
	bool over = paste_is_over(r);

	sek_foreign_clipboard_turn(&r->clipboard, p[POLL_CONTROL].revents, p[POLL_CLIPBOARD].revents);
	if (r->hold_ms && p[POLL_INPUT].revents & POLLHUP)
		return SEK_EXIT_OK;
	if (!r->hold_ms && (over || p[POLL_INPUT].revents) && !sek_is_ok(sek_foreign_input_read(&r->input, SEK_DECODER_INPUT_FD)))
		return SEK_EXIT_INTERNAL;
	if (r->input.ended)
		return SEK_EXIT_OK;
	return r->again_ms && sek_rdp_now_ms() >= r->again_ms ? (int)SEK_EXIT_AGAIN : GO_ON;
}

static int listen_to_host(struct sek_rdp *r)
{
	bool shown = r->screen.shown;

	if (!freerdp_check_event_handles(r->library->context))
		return freerdp_get_last_error(r->library->context) == FREERDP_ERROR_SUCCESS ? SEK_EXIT_PROTOCOL : SEK_EXIT_LOST;
	sek_rdp_screen_flush(&r->screen);
	if (!shown && r->screen.shown)
		sek_rdp_want(r); /* what came before there was anything to see */
	return freerdp_shall_disconnect(r->library) ? SEK_EXIT_LOST : GO_ON;
}

static int turn(struct sek_rdp *r)
{
	struct pollfd p[POLL_HOST + HANDLES_MAX];
	int code = wait_for_events(r, p);

	if (code == GO_ON)
		code = listen_to_broker(r, p);
	return code == GO_ON ? listen_to_host(r) : code;
}

enum sek_child_exit sek_rdp_run(struct sek_rdp *r)
{
	int code;

	signal(SIGALRM, too_late);
	code = dial(r);
	if (code == GO_ON && r->foreign.test)
		return SEK_EXIT_OK;
	if (code == GO_ON)
		code = listen_to_host(r); /* what came with the last of the greeting makes no descriptor readable any more */
	while (code == GO_ON)
		code = turn(r);
	return (enum sek_child_exit)code;
}
