/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Functions that FreeRDP would look up in itself and finds here first, because a program's symbols come before a library's: what it would make
 * or look for without our asking. It would prepare every codec of RDP (RemoteFX begins threads), keep a store of certificates in a home folder,
 * read a registry, keep licences, read the machine's time zone from files, and tell zone and name of the machine to the host. In the jail each of these
 * would be the end; outside, more code that hostile bytes could reach. (unit.decoder.rdp fails if the library finds its own.)
 */
#include <freerdp/crypto/certificate.h>
#include <freerdp/freerdp.h>
#include <freerdp/codecs.h>
#include <winpr/error.h>
#include <winpr/file.h>
#include <winpr/path.h>
#include <winpr/registry.h>
#include <winpr/synch.h>
#include <winpr/sysinfo.h>
#include <winpr/timezone.h>
#include <winpr/winsock.h>

#include <dlfcn.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "broker/decoder/rdp/session.h"

/* We decode bitmaps ourselves (screen.c), and offer nothing else to the host. */
BOOL freerdp_client_codecs_prepare(rdpCodecs *codecs, UINT32 flags, UINT32 width, UINT32 height)
{
	(void)codecs;
	(void)flags;
	(void)width;
	(void)height;
	return TRUE;
}

/* Whom to trust is said by us for each connection (session.c); nothing is remembered. */
rdpCertificateStore *certificate_store_new(rdpSettings *settings)
{
	static rdpCertificateStore none;

	(void)settings;
	return &none;
}

void certificate_store_free(rdpCertificateStore *store)
{
	(void)store;
}

/* The host learns nothing of where we are. */
DWORD GetTimeZoneInformation(LPTIME_ZONE_INFORMATION ret)
{
	memset(ret, 0, sizeof *ret);
	return 0; /* TIME_ZONE_ID_UNKNOWN */
}

/* No files: a licence that a host gives is kept for nobody. */
FILE *winpr_fopen(const char *path, const char *mode)
{
	(void)path;
	(void)mode;
	return NULL;
}

BOOL PathFileExistsA(LPCSTR path)
{
	(void)path;
	return FALSE;
}

BOOL winpr_PathFileExists(const char *path)
{
	return PathFileExistsA(path);
}

BOOL PathMakePathA(LPCSTR path, LPSECURITY_ATTRIBUTES attributes)
{
	(void)path;
	(void)attributes;
	return FALSE;
}

BOOL winpr_PathMakePath(const char *path, LPSECURITY_ATTRIBUTES attributes)
{
	return PathMakePathA(path, attributes);
}

/* The first words of the host say more than the library tells us. */
int _recv(SOCKET s, char *buf, int len, int flags)
{
	int n = (int)recv((int)s, buf, (size_t)len, flags);

	if (n > 0)
		sek_rdp_saw((const uint8_t *)buf, (size_t)n);
	return n;
}

/* The library would name the host "|" in TLS (session.c says why), which is no name and a reason to refuse us. We name none. */
long SSL_ctrl(SSL *ssl, int cmd, long number, void *arg)
{
	static long (*real)(SSL *ssl, int cmd, long number, void *arg);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "SSL_ctrl");
	return cmd == SSL_CTRL_SET_TLSEXT_HOSTNAME || !real ? 1 : real(ssl, cmd, number, arg);
}

/* While it connects it sleeps for a tenth of a second whenever an answer is not there yet, five times and more: a word of the host wakes it. */
VOID Sleep(DWORD ms)
{
	struct pollfd p = { .fd = SEK_DECODER_HOST_FD, .events = POLLIN };

	(void)poll(&p, 1, (int)ms);
}

VOID USleep(DWORD us)
{
	Sleep((us + 999) / 1000);
}

/* A host that sends us on to another is not followed: whom we talk to was the administrator's choice. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	(void)name;
	(void)service;
	(void)hints;
	*ret = NULL;
	return EAI_FAIL;
}

/* No registry. */
LONG RegOpenKeyExA(HKEY key, LPCSTR name, DWORD options, REGSAM wanted, PHKEY ret)
{
	(void)key;
	(void)name;
	(void)options;
	(void)wanted;
	(void)ret;
	return 2; /* ERROR_FILE_NOT_FOUND */
}

/* NTLM tells the name of the machine: the one that every broker has. */
BOOL GetComputerNameExA(COMPUTER_NAME_FORMAT format, LPSTR ret, LPDWORD size)
{
	static const char name[] = "sekisho";

	(void)format;
	if (*size < sizeof name || !ret) {
		*size = sizeof name;
		SetLastError(234); /* ERROR_MORE_DATA: it asks again with that much */
		return FALSE;
	}
	memcpy(ret, name, sizeof name);
	*size = sizeof name - 1;
	return TRUE;
}
