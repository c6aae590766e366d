/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The contract between the broker and its two children of a session: which descriptor has which number, which exit
 * code means what. docs/ARCHITECTURE.md ("What can pass") is checked against this list by a test.
 */
#ifndef SEK_BROKER_GAP_CHILDREN_H
#define SEK_BROKER_GAP_CHILDREN_H

#include "protocol/wire/wire.h"

/* sekisho-decoder MAX_WIDTH MAX_HEIGHT HOSTNAME
 * 0, 1, 2 are /dev/null: nothing that it prints can reach anybody. */
enum sek_decoder_fd {
	SEK_DECODER_HOST_FD = 3,        /* TCP socket, connected by the broker, to the render host */
	SEK_DECODER_GAP_FD = 4,         /* the gap, read-write */
	SEK_DECODER_WAKE_FD = 5,        /* eventfd, written after each frame or state change */
	SEK_DECODER_INPUT_FD = 6,       /* read end of a pipe of whole frames: HELLO first, then input */
	SEK_DECODER_CONTROL_FD = 7,     /* one-way SEQPACKET socket, below; the broker's end is shut for reading */
	SEK_DECODER_CREDENTIALS_FD = 8, /* read end of a pipe: trust and key (below), read to its end, then closed */
	SEK_DECODER_FDS_END = 9,
	/* Write end of the clipboard's pipe, while the policy lets copied text come in, and only then (of RDP hosts: whichever number is free). */
	SEK_DECODER_CLIPBOARD_FD = 8,
};
/* A packet on the control socket is one byte, SEK_DECODER_CLIPBOARD, and one descriptor (SCM_RIGHTS): the write end of a
 * new pipe, non-blocking. The decoder closes the one before, if it has one, and from then on writes each CLIPBOARD frame of
 * the host into it, whole, at once. When the broker closes its end the decoder closes its own; without a pipe it drops those
 * frames. Nothing can be sent the other way. */
#define SEK_DECODER_CLIPBOARD 'c'

/* sekisho-decoder watch HOSTNAME
 * The same program with the same jail, for a render host as a whole: it writes that host's health into the page of
 * broker/gap/health.h, which takes the gap's place; the input pipe carries nothing, its end says stop; the control socket is /dev/null. */
#define SEK_DECODER_WATCH "watch"

/* sekisho-decoder pages MAX_WIDTH MAX_HEIGHT HOSTNAME
 * The same program with the same jail, for one document of a session (docs/protocol.md, "A document's pages"): a connection and a gap of its
 * own. The session's certificate is on the credentials pipe; on the input pipe come DOCUMENT first, then TAKE_PAGE; its end says stop; the
 * control socket is /dev/null. What the host says of the document stands in the gap's document_state, _pages and _page; the eventfd is
 * written after each change. A state that is a reason ends it: exit code SEK_EXIT_DOCUMENT plus that state. */
#define SEK_DECODER_PAGES "pages"

/* sekisho-decoder-vnc, sekisho-decoder-rdp MAX_WIDTH MAX_HEIGHT HOSTNAME [SEK_DECODER_TEST]
 * The decoders of foreign hosts: the same descriptors, input pipe and exit codes; other credentials (below). HELLO and RULES come on the
 * input pipe as for our own hosts; of HELLO only size and language mean anything (CLIPBOARD_MODE follows it at once), and RULES nothing: the broker puts no session that
 * needs rules on such a host. END or the pipe's end says stop. With the test's argument the input pipe carries nothing; the decoder leaves with
 * SEK_EXIT_OK as soon as it knows the picture's size, after which a session would begin, or with the code of the step that failed. */
#define SEK_DECODER_TEST "test"

/* A foreign decoder's credentials pipe carries a u32 of flags and four texts, each after a u32 length (0 to SEK_CREDENTIAL_MAX_BYTES), without
 * zero bytes: whom to trust (PEM: a CA, by which the host must have a valid certificate in HOSTNAME, or the host's own certificate; may hold
 * several), a CRL (PEM, of that CA), the name to log in with, the password. */
enum sek_foreign_flags { SEK_FOREIGN_INSECURE = 1 }; /* neither encryption nor a certificate is asked for; "trust" is empty */
enum sek_foreign_text { SEK_FOREIGN_TRUST, SEK_FOREIGN_CRL, SEK_FOREIGN_LOGIN, SEK_FOREIGN_PASSWORD, SEK_FOREIGN_TEXTS };

/* The credentials pipe carries five PEM texts, each after a u32 length (network byte order, at most
 * SEK_CREDENTIAL_MAX_BYTES): root CA certificate, CRL, the session's certificate, the broker's intermediate
 * certificate, the session's private key. */
#define SEK_CREDENTIAL_MAX_BYTES 65536

/* sekisho-encoder MAX_WIDTH MAX_HEIGHT
 * 0, 1 are /dev/null; 2 is the broker's log (it is a clean process). */
enum sek_encoder_fd {
	SEK_ENCODER_HUB_FD = 3,  /* stream socket of whole frames to and from the broker (link HUB) */
	SEK_ENCODER_GAP_FD = 4,  /* the gap, read-only */
	SEK_ENCODER_WAKE_FD = 5, /* the same eventfd, read */
	SEK_ENCODER_FDS_END = 6,
};

/* sekisho-paper MAX_WIDTH MAX_HEIGHT DPI LANGUAGES ("jpn+eng", or "": no words are read)
 * Makes page images of what a document's decoder paints. Its records: broker/gap/paper.h. */
enum sek_paper_fd {
	SEK_PAPER_COMMANDS_FD = 0, /* read end of a pipe of page numbers, u16 in network order: each asks for one page; its end says stop */
	SEK_PAPER_PAGES_FD = 1,    /* write end of a pipe of records */
	                           /* 2 is the broker's log (it is a clean process) */
	SEK_PAPER_GAP_FD = 3,      /* the page gap, read-only */
	SEK_PAPER_WAKE_FD = 4,     /* the eventfd that the decoder writes */
	SEK_PAPER_FDS_END = 5,
};

/* sekisho-encoder-rfb MAX_WIDTH MAX_HEIGHT WIDTH HEIGHT ja|en
 * One for each VNC viewer that has logged in: a client of the session (link CLIENT) at one end, RFB from ClientInit on at the other. It is started
 * after the log-in, has neither key nor gap, and sees what the client is sent. 0, 1 are /dev/null; 2 is the broker's log. */
enum sek_rfb_fd {
	SEK_RFB_HUB_FD = 3,      /* stream socket of whole frames to and from the broker (link CLIENT) */
	SEK_RFB_VIEWER_FD = 4,   /* stream socket of the viewer's bytes, which the broker takes out of and puts into TLS */
	SEK_RFB_FDS_END = 5,
};

/* sekisho-decoder-enrol BROKER_NONCE
 * Started by sekisho-setup for the enrolment of one render host (protocol/enrol). 0 and 2 are /dev/null. */
enum sek_enrol_fd {
	SEK_ENROL_OUT_FD = 1,  /* write end of a pipe: SEK_ENROL_CORE_BYTES, then SEK_ENROL_PROOF_BYTES */
	SEK_ENROL_HOST_FD = 3, /* TCP socket, connected, with a time limit for reading */
	SEK_ENROL_FDS_END = 4,
};

/* sekisho-recording-feed (arguments: broker/hub/record/feed_main.c): a recording's entries for the two below. */
enum sek_feed_fd {
	SEK_FEED_ENTRIES_FD = 1, /* write end of a pipe of entries, or of one line */
	SEK_FEED_KEY_FD = 3,     /* read end of a pipe: the recording's key, 32 bytes */
	SEK_FEED_FDS_END = 4,
};

/* The two that turn recordings into something else, started for one recording each. 2 is the log of whoever started them.
 * sekisho-film (arguments: broker/film/main.c) writes lines "at MICROSECONDS" while it works, then "done MILLISECONDS". */
enum sek_film_fd {
	SEK_FILM_ENTRIES_FD = 0,  /* read end of a pipe of entries (protocol/recording) */
	SEK_FILM_PROGRESS_FD = 1, /* write end of a pipe */
	SEK_FILM_FILE_FD = 3,     /* an empty file, open for writing */
	SEK_FILM_FDS_END = 4,
};

/* sekisho-words (arguments: broker/words/main.c) writes what it read, in the form of protocol/recording/words.h. */
enum sek_words_fd {
	SEK_WORDS_ENTRIES_FD = 0, /* read end of a pipe of entries */
	SEK_WORDS_FOUND_FD = 1,   /* write end of a pipe */
	SEK_WORDS_FDS_END = 3,
};

/* How far decoders and encoders stand back behind the broker, on which everybody's keys and acknowledgements wait (a nice value).
 * They are in the broker's session, where Linux compares them (sched_autogroup). */
#define SEK_CHILD_NICE 5

/* The same of a document's decoder and page writer: browsing comes first. */
#define SEK_DOCUMENT_NICE 15

/* Exit codes of all. A death by SIGSYS is a jail violation. The decoder also writes a matching state into the gap where
 * it can (HOST_CERTIFICATE and so on, states.def); the exit code alone is enough for the broker to act. */
enum sek_child_exit {
	SEK_EXIT_OK = 0,          /* told to stop: input pipe or hub socket closed */
	SEK_EXIT_USAGE = 10,      /* wrong arguments or descriptors: our bug */
	SEK_EXIT_JAIL = 11,       /* the jail could not be built */
	SEK_EXIT_CONNECT = 12,    /* no connection to the render host */
	SEK_EXIT_CERTIFICATE = 13,/* the render host's certificate was refused */
	SEK_EXIT_REFUSED = 14,    /* the render host refused us (TLS alert) */
	SEK_EXIT_PROTOCOL = 15,   /* the peer broke the grammar */
	SEK_EXIT_LOST = 16,       /* the connection broke */
	SEK_EXIT_SILENT = 17,     /* no answer in time */
	SEK_EXIT_ENDED = 18,      /* the render host said that the session is over (state in the gap) */
	SEK_EXIT_INTERNAL = 19,   /* out of memory and the like */
	/* a document's decoder only: plus enum sek_document_state (protocol/wire/messages.h), which is not 0 */
	SEK_EXIT_DOCUMENT = 32,
	/* foreign hosts only */
	SEK_EXIT_TLS = 20,        /* it offers no encryption that we take, or the handshake failed but for the certificate */
	SEK_EXIT_LOGIN = 21,      /* it refused name or password, or asks for a kind of log-in that we do not do */
	SEK_EXIT_SIZE = 22,       /* its picture is larger than the gap, or of a form that we do not take */
	SEK_EXIT_AGAIN = 23,      /* nothing failed: what the broker has said since (a size, a clipboard) needs a new connection */
};

/* What the decoder writes into the gap before it leaves with this code, and what its code means to the broker; SEK_STATE_NONE: told to stop, said by
 * the host itself, or for the broker to say. */
enum sek_state sek_child_exit_state(int code);

#endif
