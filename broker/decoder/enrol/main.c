/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-decoder-enrol: reads what a render host that wants to be enrolled says, and hands on what has a fixed size: nonce, key and
 * proof (SEK_ENROL_CORE_BYTES), later the 32 bytes of DONE. In between it checks that the key is a point of the curve and that the host
 * has its private half. It knows neither the code nor any key, so it can hand on nothing that its caller would believe but the host's own.
 *
 *   sekisho-decoder-enrol BROKER_NONCE (64 hexadecimal digits)
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <seccomp.h>
#include <sodium.h>

#include "base/hex.h"
#include "base/jail.h"
#include "broker/gap/children.h"
#include "protocol/enrol/enrol.h"

static const int calls[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), /* only where the vDSO has no clock */
	SCMP_SYS(getpid), SCMP_SYS(getrusage), SCMP_SYS(futex), /* GnuTLS */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mprotect),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	-1,
};

/* The socket has a time limit of its own (its maker's SO_RCVTIMEO). */
static int take(uint8_t *ret, size_t n)
{
	while (n > 0) {
		ssize_t k = read(SEK_ENROL_HOST_FD, ret, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN)
			return SEK_EXIT_SILENT;
		if (k <= 0)
			return SEK_EXIT_LOST;
		ret += k;
		n -= (size_t)k;
	}
	return SEK_EXIT_OK;
}

static int hand_on(const uint8_t *bytes, size_t n)
{
	return write(SEK_ENROL_OUT_FD, bytes, n) == (ssize_t)n ? SEK_EXIT_OK : SEK_EXIT_LOST;
}

/* Only who has the private half can have signed this. */
static int check_possession(gnutls_pubkey_t key, const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES], const struct sek_enrol_request *r)
{
	uint8_t what[SEK_ENROL_SIGNED_BYTES];
	gnutls_datum_t x = { (unsigned char *)(uintptr_t)r->point, 32 }, y = { x.data + 32, 32 };
	gnutls_datum_t data = { what, sizeof what }, signature = { (unsigned char *)(uintptr_t)r->signature, r->signature_bytes };

	sek_enrol_signed(broker_nonce, r, what);
	if (gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &x, &y) < 0 ||
	    gnutls_pubkey_verify_params(key) < 0 ||
	    gnutls_pubkey_verify_data2(key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &signature) < 0)
		return SEK_EXIT_PROTOCOL;
	return SEK_EXIT_OK;
}

static int run(gnutls_pubkey_t key, const uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES])
{
	uint8_t bytes[SEK_ENROL_REQUEST_BYTES], done[SEK_ENROL_PROOF_BYTES];
	struct sek_enrol_request r;
	int code = take(bytes, sizeof bytes);

	if (code == SEK_EXIT_OK && !sek_is_ok(sek_enrol_request_read(bytes, &r)))
		code = SEK_EXIT_PROTOCOL;
	if (code == SEK_EXIT_OK)
		code = check_possession(key, broker_nonce, &r);
	if (code == SEK_EXIT_OK)
		code = hand_on(bytes, SEK_ENROL_CORE_BYTES);
	if (code == SEK_EXIT_OK)
		code = take(done, sizeof done);
	return code == SEK_EXIT_OK ? hand_on(done, sizeof done) : code;
}

int main(int argc, char **argv)
{
	const struct sek_jail jail = { .fds_end = SEK_ENROL_FDS_END, .memory_bytes = (uint64_t)64 << 20, .cpu_s = 10, .syscalls = calls };
	uint8_t broker_nonce[SEK_ENROL_NONCE_BYTES];
	gnutls_pubkey_t key;

	if (argc != 2 || !sek_unhex(argv[1], strlen(argv[1]), broker_nonce, sizeof broker_nonce) || fcntl(SEK_ENROL_HOST_FD, F_GETFD) < 0)
		return SEK_EXIT_USAGE;
	if (sodium_init() < 0 || gnutls_global_init() < 0 || gnutls_pubkey_init(&key) < 0)
		return SEK_EXIT_INTERNAL;
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_EXIT_JAIL);
	_exit(run(key, broker_nonce));
}
