#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""sekisho-backup, sekisho-key and sekisho-recording in both languages; and whatever their words put into Japanese is really said somewhere.
words.py FOLDER-OF-PROGRAMS"""
import os
import re
import subprocess
import sys
import tempfile

BIN = sys.argv[1]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../..")
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def run(ja, *words, typed="", told=True):
    env = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES")}
    env["LANG"] = "ja_JP.UTF-8" if ja and not told else "C"
    p = subprocess.run([f"{BIN}/{words[0]}", *words[1:], *(["--lang", "ja" if ja else "en"] if told else [])], input=typed, env=env,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return p.returncode, p.stdout


def test_both_languages():
    with tempfile.TemporaryDirectory(prefix="sekisho-words.") as d:
        pub, secret = f"{d}/pub", f"{d}/secret"
        for ja, tool in ((True, "sekisho-backup"), (False, "sekisho-recording")):
            r, said = run(ja, tool, "keygen", pub + tool, secret + tool, typed="a long passphrase\n")
            assert r == 0 and bool(JAPANESE.search(said)) == ja, said
        pub, secret = pub + "sekisho-backup", secret + "sekisho-backup"
        for ja, told in ((True, True), (True, False), (False, True)):
            for tool in ("sekisho-backup", "sekisho-recording"):
                for code, words in ((1, ("keygen", f"{d}/a", f"{d}/b")), (2, ("nonsense",))):
                    r, said = run(ja, tool, *words, typed="short\n", told=told)
                    assert r == code and bool(JAPANESE.search(said)) == ja, (words, r, said)
            for words in (("list", f"{d}/none"), ("verify", "/none", "--signed-by", "/none"), ("verify", "/none", "--signed-by", pub),
                          ("verify", "/none", "--signed-by", pub, "--secret", secret, "--passphrase-file", "/none")):
                r, said = run(ja, "sekisho-backup", *words, told=told)
                assert r == 1 and bool(JAPANESE.search(said)) == ja, (words, r, said)
            r, said = run(ja, "sekisho-key", "list", "--config", f"{d}/none", told=told)
            assert r == 1 and bool(JAPANESE.search(said)) == ja, said
            r, said = run(ja, "sekisho-key", "rotate", told=told)
            assert r == 2 and bool(JAPANESE.search(said)) == ja, said


def test_what_is_translated_is_said():
    with open(f"{ROOT}/broker/hub/keys/words.c") as f:
        table = f.read().split("static const struct sek_phrase errors[]")[1].split("\n};")[0]
    said = ""
    for folder in ("broker/hub", "base"):
        for d, _, files in os.walk(f"{ROOT}/{folder}"):
            for name in files:
                if name.endswith(".c") and not (d.endswith("/keys") and name == "words.c"):
                    with open(os.path.join(d, name)) as f:
                        said += re.sub(r'"\s*\n\s*"', "", f.read())
    for phrase in re.findall(r'\{ "((?:[^"\\]|\\.)*)",', table):
        assert phrase in said, f"nobody says: {phrase}"


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name, flush=True)
