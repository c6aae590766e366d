#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""sekisho-setup and sekisho-setup-host, the real programs: a site from answers, run twice; wrong answers, wrong codes, somebody in between;
a person at a terminal.   setup.py FOLDER-OF-PROGRAMS"""
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

BIN = sys.argv[1]
DIR = tempfile.mkdtemp(prefix="sekisho-setup.")
CODE = re.compile(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}")
N = os.getpid() % 200 + 20
INNER, OUTER, HOST, MIDDLE = (f"127.0.{N}.{i}" for i in (10, 20, 30, 40))


def free_port():
    for port in range(20000 + os.getpid() % 5000, 32000):
        try:
            for a in (HOST, MIDDLE, INNER):
                with socket.socket() as s:
                    s.bind((a, port))
            return str(port)
        except OSError:
            continue
    raise SystemExit("no free port")


PORT = free_port()
HTTPS = str(int(PORT) + 1)


def write(name, text):
    path = os.path.join(DIR, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def read(path):
    with open(path) as f:
        return f.read()


class Waiting:
    """sekisho-setup-host, once it shows its code."""

    def __init__(self, name, *extra, listen=HOST):
        self.etc = os.path.join(DIR, name)
        answers = write(name + ".answers", f"listen: {listen}\nsessions: 2\n" + "".join(extra))
        self.p = subprocess.Popen([f"{BIN}/sekisho-setup-host", "--answers", answers, "--etc", self.etc, "--port", PORT, "--no-start", "--lang", "en"],
                                  stdout=subprocess.PIPE, text=True)
        self.said = ""
        while not CODE.search(self.said):
            line = self.p.stdout.readline()
            assert line, self.said
            self.said += line
        self.code = CODE.search(self.said).group()
        while "Waiting" not in self.said:
            self.said += self.p.stdout.readline()
        end = time.time() + 60
        while time.time() < end:  # the socket is made after the words
            with socket.socket(socket.AF_INET6 if ":" in listen else socket.AF_INET) as s:
                if s.connect_ex((listen, int(PORT))) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("it does not listen")

    def wait_for(self, text):
        while text not in self.said:
            line = self.p.stdout.readline()
            assert line, self.said
            self.said += line

    def end(self):
        self.said += self.p.communicate(timeout=120)[0]
        return self.p.returncode


def setup(*words, typed=None):
    p = subprocess.run([f"{BIN}/sekisho-setup", "--etc", f"{DIR}/etc", "--state", f"{DIR}/state", "--port", PORT, "--https-port", HTTPS, "--no-start",
                        "--lang", "en", *words], input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return p.returncode, p.stdout


def index():
    return read(f"{DIR}/ca/index")


def everything(folder):
    """Path, mode and content of all files."""
    return {os.path.join(d, f): (os.stat(os.path.join(d, f)).st_mode, open(os.path.join(d, f), "rb").read())
            for d, _, files in os.walk(folder) for f in files if f != ".lock" and not f.startswith("broker.db")}


BASE = f"ca: {DIR}/ca\ninner: {INNER}\nouter: {OUTER}\nname: sekisho.city.example\n"


def test_wrong_answers_are_all_said_and_nothing_is_done():
    answers = write("wrong", f"ca: relative\ninner: 0.0.0.0\nouter: 192.0.2.77\nname: a b\nadministrator: -\ndirectory: http://x\nrecording: yes\n"
                    f"render_host: {HOST}\nstaff_networks: 10.0.0.0/33\nmisspelt: 1\n")
    r, said = setup("--answers", answers)
    assert r == 1, said
    for line, key in enumerate(("ca", "inner", "outer", "name", "administrator", "directory", "recording", "render_host", "staff_networks"), 1):
        assert f"{answers}:{line}: {key}: " in said, (key, said)
    assert "'misspelt' is not asked for" in said and "10 answers cannot be used; nothing was changed." in said, said
    assert not os.path.exists(f"{DIR}/etc") and not os.path.exists(f"{DIR}/ca"), said
    r, said = setup("--answers", write("form", "ca: /a\nca: /b\n"))
    assert r == 1 and "form:2:" in said, said


def test_a_site_from_answers():
    host = Waiting("host")
    password = write("password", "correct horse battery\n")
    answers = write("answers", BASE + f"administrator: Kanri\nadministrator_password_file: {password}\nrender_host: {HOST}\nrender_code: {host.code}\n"
                    f"recording: make\nrecording_passphrase_file: {password}\nbackup: {DIR}/backups\nbackup_passphrase_file: {password}\n")
    r, said = setup("--answers", answers, "--dry-run")
    assert r == 0 and "Dry run: nothing was changed." in said and not os.path.exists(f"{DIR}/ca"), said
    r, said = setup("--answers", answers)
    assert r == 0 and "Ready: https://sekisho.city.example" in said, said
    assert host.end() == 0 and "Enrolled as render1.sekisho.internal" in host.said, host.said
    key = read(f"{host.etc}/render1.sekisho.internal.key")
    for path, (_, content) in {**everything(f"{DIR}/etc"), **everything(f"{DIR}/ca")}.items():
        assert key.split("\n")[1].encode() not in content, "the render host's key in " + path
    for path in (f"{host.etc}/render1.sekisho.internal.key", f"{DIR}/etc/broker.key", f"{DIR}/etc/https.key", f"{DIR}/ca/ca.key", f"{DIR}/ca/recording.secret", f"{DIR}/ca/backup.secret"):
        assert os.stat(path).st_mode & 0o777 == 0o600, path
    assert not [f for f in os.listdir(f"{DIR}/ca") if f.endswith(".key") and f != "ca.key"]
    checked = subprocess.run(["openssl", "verify", "-CAfile", f"{DIR}/ca/ca.crt", f"{host.etc}/render1.sekisho.internal.crt"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert f"address: '{HOST}'" in read(f"{DIR}/etc/broker.yaml") and "correct horse" not in read(f"{DIR}/etc/setup.answers")
    users = subprocess.run([f"{BIN}/sekisho-broker", "--config", f"{DIR}/etc/broker.yaml", "user", "list"], capture_output=True, text=True)
    assert users.stdout.startswith("kanri\tenabled\t"), users


def test_twice_changes_nothing():
    before = everything(DIR)
    r, said = setup("--answers", f"{DIR}/etc/setup.answers")
    assert r == 0 and "  new " not in said and "replaced" not in said, said
    after = everything(DIR)
    assert before == after, [p for p in after if before.get(p) != after[p]]


def test_nothing_is_overwritten_without_a_yes():
    other = write("other", BASE.replace("sekisho.city", "other.city") + "administrator: none\nrecording: no\n")
    before = read(f"{DIR}/etc/broker.yaml")
    r, said = setup("--answers", other)
    assert r == 0 and f"kept     {DIR}/etc/broker.yaml" in said and read(f"{DIR}/etc/broker.yaml") == before, said
    r, said = setup("--answers", write("other2", read(other) + "overwrite: yes\n"))
    assert r == 0 and "other.city" in read(f"{DIR}/etc/broker.yaml") and read(f"{DIR}/etc/broker.yaml.before") == before, said
    assert f"address: '{HOST}'" in read(f"{DIR}/etc/broker.yaml"), "the render host that was enrolled before"


def test_another_code_gets_nothing():
    other = fresh_code()
    host, before = Waiting("host2"), index()
    mistyped = ("A" if host.code[0] != "A" else "B") + host.code[1:]
    r, said = setup("enrol", "render2.sekisho.internal", HOST, typed=mistyped + "\n")
    assert r == 1 and "mistyped" in said, said
    r, said = setup("enrol", "render2.sekisho.internal", HOST, typed=other + "\n")
    assert r == 1 and "has another code" in said and index() == before, said
    host.wait_for("did not show the code")
    assert not [f for f in os.listdir(host.etc) if f.endswith((".key", ".crt"))], os.listdir(host.etc)
    r, said = setup("enrol", "render2.sekisho.internal", HOST, typed=host.code.lower().replace("-", " ") + "\n")
    assert r == 0 and "enrolled render2.sekisho.internal" in said, said
    assert host.end() == 0, host.said
    # the same name for another machine: only with a yes, and the older certificate is revoked
    host = Waiting("host3")
    r, said = setup("enrol", "render2.sekisho.internal", HOST, typed=host.code + "\n")
    assert r == 1 and "successor" in said, said
    r, said = setup("--yes", "enrol", "render2.sekisho.internal", HOST, typed=host.code + "\n")
    assert r == 0 and host.end() == 0, said
    lines = [line for line in index().split("\n") if " render2.sekisho.internal " in line]
    assert len(lines) == 2, lines
    assert read(f"{DIR}/etc/ca.crl") == read(f"{DIR}/ca/ca.crl")


def relay(change):
    """Stands in between: change(direction, bytes) -> bytes; direction 0 is towards the render host."""
    listener = socket.create_server((MIDDLE, int(PORT)))

    def run():
        a, _ = listener.accept()
        b = socket.create_connection((HOST, int(PORT)))
        seen = [0, 0]
        with a, b:
            while True:
                for s in select.select([a, b], [], [], 30)[0]:
                    d = 0 if s is a else 1
                    data = s.recv(65536)
                    if not data:
                        return
                    data = change(d, seen[d], data)
                    seen[d] += len(data)
                    (b if d == 0 else a).sendall(data)
    t = threading.Thread(target=run, daemon=True)
    t.start()
    return listener, t


def flip(direction, at):
    def change(d, seen, data):
        if d == direction and seen <= at < seen + len(data):
            data = bytearray(data)
            data[at - seen] ^= 1
        return bytes(data)
    return change


def test_somebody_in_between_gets_nothing():
    host = Waiting("host4")
    # towards the broker: nonce, key, proof, signature; towards the render host: nonce, answer
    for direction, at, issued in ((1, 3, 0), (1, 40, 0), (1, 100, 0), (1, 140, 0), (0, 20, 0), (0, 40 + 4 + 50, 1)):
        before = index().count("\n")
        listener, t = relay(flip(direction, at))
        r, said = setup("--yes", "enrol", "render4.sekisho.internal", MIDDLE, typed=host.code + "\n")
        listener.close()
        t.join(60)
        assert r == 1 and ("FAILED" in said), (direction, at, said)
        assert index().count("\n") == before + issued, (direction, at, said)
        assert not [f for f in os.listdir(host.etc) if f.endswith((".key", ".crt"))], (direction, at)
    host.p.terminate()
    host.p.wait()


def test_hostile_render_host():
    """What answers in the render host's place: nothing, noise, far too much. Said in words; the CA signs nothing."""
    before = index()
    for noise in (b"", os.urandom(169), b"\0" * 169, os.urandom(200000), b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20):
        listener = socket.create_server((MIDDLE, int(PORT)))

        def run():
            s, _ = listener.accept()
            with s:
                s.recv(100)
                try:
                    s.sendall(noise)
                except OSError:
                    pass
        t = threading.Thread(target=run, daemon=True)
        t.start()
        r, said = setup("--ca", f"{DIR}/ca", "--from", OUTER, "enrol", "render5.sekisho.internal", MIDDLE, typed=fresh_code() + "\n")
        listener.close()
        t.join(60)
        assert r == 1 and ("does not answer as sekisho-setup-host does" in said), (noise[:20], said)
    assert index() == before


def fresh_code():
    return CODE.search(subprocess.run([f"{BIN}/test_enrol_enrol", "code"], capture_output=True, text=True).stdout).group()


def test_who_reads_the_render_host_is_locked_up():
    listener = socket.create_server((MIDDLE, int(PORT)))
    p = subprocess.Popen([f"{BIN}/sekisho-setup", "--ca", f"{DIR}/ca", "--from", OUTER, "--port", PORT, "--etc", f"{DIR}/etc", "--lang", "en", "enrol",
                          "render5.sekisho.internal", MIDDLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    p.stdin.write(fresh_code() + "\n")
    p.stdin.flush()
    s, _ = listener.accept()
    with s, listener:
        s.recv(100)
        end, status = time.time() + 60, ""
        while "Seccomp:\t2" not in status:
            assert time.time() < end and p.poll() is None, status
            children = read(f"/proc/{p.pid}/task/{p.pid}/children").split()
            status = read(f"/proc/{children[0]}/status") if children else ""
            time.sleep(0.01)
        assert "Name:\tsekisho-decoder" in status and "NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status, status
        if os.geteuid() == 0:
            assert sorted(os.listdir(f"/proc/{children[0]}/fd")) == ["0", "1", "2", "3"]
            assert os.readlink(f"/proc/{children[0]}/ns/net") != os.readlink("/proc/self/ns/net")
    said = p.communicate(timeout=120)[0]
    assert p.returncode == 1 and "does not answer" in said, said


def rules_are_good(etc, rules):
    if not shutil.which("nft") or subprocess.run(["nft", "-c", "list", "tables"], capture_output=True).returncode != 0:
        print("not tried: nft cannot be run here")
        return
    r = subprocess.run(["nft", "-I", etc, "-c", "-f", os.path.join(os.path.dirname(__file__), "../../..", rules)], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr


def test_firewall():
    """What both programs write is what the shipped rules ask for; nobody shuts himself out; enrolled hosts are let through and stay so."""
    if not shutil.which("nft") or subprocess.run(["nft", "-c", "list", "tables"], capture_output=True).returncode != 0:
        print("skipped: nft cannot be run here")
        return
    answers = write("walled", read(f"{DIR}/etc/setup.answers").replace("staff_networks: none\n", "") + "overwrite: yes\nadministrator: none\n"
                    "staff_networks: 10.1.0.0/16 10.2.0.0/16\nmanagement_networks: 10.1.9.0/24\nnever_networks: 10.99.0.0/16\n")
    os.environ["SSH_CONNECTION"] = "10.1.8.7 50000 10.1.0.10 22"
    r, said = setup("--answers", answers)
    assert r == 1 and "from 10.1.8.7, which that would shut out" in said and not os.path.exists(f"{DIR}/etc/zones.nft"), said
    os.environ["SSH_CONNECTION"] = "10.1.9.7 50000 10.1.0.10 22"
    r, said = setup("--answers", answers)
    zones = read(f"{DIR}/etc/zones.nft")
    assert r == 0 and "inner_networks = { 10.1.0.0/16, 10.2.0.0/16 }" in zones and f"render_hosts = {{ {HOST} }}" in zones, said + zones
    rules_are_good(f"{DIR}/etc", "broker/package/broker.nft")
    host = Waiting("host6", "management_networks: 10.1.9.0/24\nupstream: 10.20.0.8:8080\n", listen=MIDDLE)
    r, said = setup("enrol", "render6.sekisho.internal", MIDDLE, typed=host.code + "\n")
    assert r == 0 and host.end() == 0, said + host.said
    both = f"render_hosts = {{ {HOST}, {MIDDLE} }}"
    assert both in read(f"{DIR}/etc/zones.nft"), read(f"{DIR}/etc/zones.nft")
    rules_are_good(f"{DIR}/etc", "broker/package/broker.nft")
    r, said = setup("--answers", write("walled2", read(answers).replace("10.99.0.0", "10.98.0.0")))
    assert r == 0 and both in read(f"{DIR}/etc/zones.nft") and "10.98.0.0/16" in read(f"{DIR}/etc/zones.nft"), said
    zones = read(f"{host.etc}/zones.nft")
    assert f"broker_outer = {{ {OUTER} }}" in zones and "session_uids = 210000-210005" in zones and "upstream = { 10.20.0.8 . 8080 }" in zones, zones
    rules_are_good(host.etc, "render-host/package/render-host.nft")
    del os.environ["SSH_CONNECTION"]


def test_ipv6():
    """Faces, networks and a render host in IPv6; brackets in addresses for browsers; the rules that ship take what is written, and drop IPv6 elsewhere."""
    if not os.path.exists("/proc/net/if_inet6") or "00000000000000000000000000000001" not in read("/proc/net/if_inet6"):
        print("skipped: no IPv6 here")
        return
    six = f"ca: {DIR}/ca6\ninner: 0:0::1\nouter: {OUTER}\nname: ::1\nadministrator: none\nmanagement_networks: fd00:9::/64\n"
    r, said = setup("--etc", f"{DIR}/etc6", "--state", f"{DIR}/state6", "--answers", write("six", six + "staff_networks: 10.0.0.0/8\n"))
    assert r == 1 and ("of the kind of the inner address ::1" in said), said
    r, said = setup("--etc", f"{DIR}/etc6", "--state", f"{DIR}/state6", "--answers",
                    write("six", six + "staff_networks: fd00:1::/64, 10.0.0.0/8\nnever_networks: FD00:99::/32 10.99.0.0/16\n"))
    assert r == 0 and f"Ready: https://[::1]\n" in said and f"'https://[::1]:{HTTPS}'" in read(f"{DIR}/etc6/broker.yaml"), said
    zones = read(f"{DIR}/etc6/zones.nft")
    for line in ("define broker_inner = { 0.0.0.0 }", "redefine broker_inner6 = { ::1 }", "define broker_clients = { 10.0.0.0/8 }",
                 "redefine broker_clients6 = { fd00:1::/64 }", "redefine management6 = { fd00:9::/64 }", "redefine never6 = { FD00:99::/32 }",
                 "define never = { 10.99.0.0/16 }", 'redefine ipv6_interfaces = { "lo" }'):
        assert line + "\n" in zones, zones
    rules_are_good(f"{DIR}/etc6", "broker/package/broker.nft")
    host = Waiting("host7", "management_networks: fd00:9::/64\nupstream: [fd00:20::8]:8080\n", listen="::1")
    r, said = setup("--etc", f"{DIR}/etc6", "--ca", f"{DIR}/ca6", "--from", "::1", "enrol", "render7.sekisho.internal", "::1", typed=host.code + "\n")
    assert r == 0 and host.end() == 0, said + host.said
    assert "redefine render_hosts6 = { ::1 }" in read(f"{DIR}/etc6/zones.nft")
    rules_are_good(f"{DIR}/etc6", "broker/package/broker.nft")
    zones = read(f"{host.etc}/zones.nft")
    for line in ("redefine broker_outer6 = { ::1 }", "redefine render_hosts6 = { ::1 }", "redefine upstream6 = { fd00:20::8 . 8080 }"):
        assert line + "\n" in zones, zones
    rules_are_good(host.etc, "render-host/package/render-host.nft")


def postgresql(*words):
    tool = os.path.join(os.path.dirname(__file__), "../../support/postgresql")
    subprocess.run([tool, words[0], f"{DIR}/postgresql", *words[1:]], check=True, capture_output=True)


def test_a_store_in_postgresql():
    """Tried at once, with what is wrong said; nothing is written into it before the end; a store in a file is to be moved whole."""
    p, port, home = f"{DIR}/pki-db", str(int(PORT) + 3), os.environ.get("HOME", "/")
    os.symlink("loop", f"{DIR}/loop")
    os.environ["HOME"] = f"{DIR}/loop"  # whatever stands there is nobody's business; as root it is not the broker's
    for words in (["init", p], ["https", p, "db", "--address", INNER]):
        subprocess.run([f"{BIN}/sekisho-certs", *words], check=True, capture_output=True)
    postgresql("start")
    try:
        postgresql("tls", INNER, port, f"{p}/db.crt", f"{p}/db.key", f"{p}/ca.crt")
        good = {"ca": f"{DIR}/ca8", "administrator": "kanri", "database": INNER, "database_port": port, "database_ca": f"{p}/ca.crt",
                "database_password_file": write("db-password", "pw\n")}

        def run(*options, **change):
            a = {**good, **change}
            return setup("--etc", f"{DIR}/etc8", "--state", f"{DIR}/state8", *options, "--answers",
                         write("db", BASE.split("\n", 1)[1] + "".join(f"{k}: {v}\n" for k, v in a.items() if v)))
        for change, words in (({"database": "db.example"}, "no numeric address"), ({"database": "/nowhere"}, "is not a folder"),
                              ({"database_port": "70000"}, "is no port"), ({"database_name": "Big"}, "small letters"),
                              ({"database_password_file": None}, "database_password_file"),
                              ({"database_password_file": write("db-wrong", "wrong\n")}, "password authentication failed"),
                              ({"database_ca": f"{DIR}/ca/ca.crt"}, "certificate verify failed"),
                              ({"database_server": "other.example"}, "does not match host name"),
                              ({"database_port": str(int(PORT) + 4)}, "the database cannot be used"),
                              ({"database_user": "nobody_here"}, "the database cannot be used")):
            r, said = run(**change)
            assert r == 1 and words in said and "nothing was changed" in said, (change, said)
        assert not os.path.exists(f"{DIR}/etc8")
        r, said = run("--dry-run")
        assert r == 0 and "(0 users are in it)" in said and not os.path.exists(f"{DIR}/etc8"), said
        folder = read(f"{DIR}/postgresql").strip()
        query = ["psql", "-qAtX", "-h", folder, "-p", port, "-U", "postgres", "-d", "sekisho", "-c"]
        assert subprocess.run([*query, "SELECT count(*) FROM pg_namespace WHERE nspname = 'sekisho'"], capture_output=True, text=True).stdout == "0\n"
        r, said = run()
        assert r == 0 and "administrator kanri" in said, said
        assert subprocess.run([*query, "SELECT name FROM sekisho.users"], capture_output=True, text=True).stdout == "kanri\n"
        assert os.stat(f"{DIR}/etc8/database.password").st_mode & 0o777 == 0o600 and not os.path.exists(f"{DIR}/state8/broker.db")
        yaml = read(f"{DIR}/etc8/broker.yaml")
        assert f"    address: '{INNER}'\n    port: {port}\n" in yaml and "pw" not in yaml.replace("password_file: database.password", ""), yaml
        # again: the password is there
        r, said = run(administrator="none", database_password_file=None, **({"staff_networks": "10.1.0.0/16"} if shutil.which("nft") else {}))
        assert r == 0 and "(1 users are in it)" in said and "replaced" not in said, said
        assert not shutil.which("nft") or f"inner_services = {{ {INNER} . {port} }}" in read(f"{DIR}/etc8/zones.nft"), said
        # through the socket; a store in a file is moved there, with its people
        os.makedirs(f"{DIR}/state9")
        open(f"{DIR}/state9/broker.db", "w").close()
        moved = {"database": folder, "database_name": "card", "database_ca": None, "database_password_file": None}
        r, said = run("--state", f"{DIR}/state9", **moved)
        assert r == 1 and "answer 'none' for the administrator" in said, said
        r, said = run("--state", f"{DIR}/state9", "--dry-run", administrator="none", **moved)
        assert r == 0, said
    finally:
        os.environ["HOME"] = home
        postgresql("stop")

def start_directory():
    """A real slapd with a CA of its own; it knows cn=broker and uid=tanaka."""
    d = os.path.join(DIR, "ldap")
    os.makedirs(d + "/db")
    for words in (["init", d + "/pki"], ["https", d + "/pki", "ldap", "--address", INNER]):
        subprocess.run([f"{BIN}/sekisho-certs", *words], check=True, capture_output=True)
    conf = write("ldap/slapd.conf", "".join(f"include /etc/ldap/schema/{s}.schema\n" for s in ("core", "cosine", "inetorgperson")) + f"""
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile {d}/pki/ca.crt
TLSCertificateFile {d}/pki/ldap.crt
TLSCertificateKeyFile {d}/pki/ldap.key
database mdb
suffix "dc=example"
directory {d}/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=broker,dc=example" read by * none
""")
    entries = write("ldap/all.ldif", "dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\no: example\ndc: example\n\n"
                    "dn: cn=broker,dc=example\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: broker\nuserPassword: service password\n\n"
                    "dn: uid=tanaka,dc=example\nobjectClass: inetOrgPerson\nuid: tanaka\ncn: 田中\nsn: x\n")
    subprocess.run(["/usr/sbin/slapadd", "-f", conf, "-l", entries], check=True, capture_output=True)
    port = int(PORT) + 2
    p = subprocess.Popen(["/usr/sbin/slapd", "-f", conf, "-h", f"ldaps://{INNER}:{port}/", "-d", "0"], stderr=subprocess.DEVNULL)
    end = time.time() + 60
    while time.time() < end:
        with socket.socket() as s:
            if s.connect_ex((INNER, port)) == 0:
                return p, f"ldaps://{INNER}:{port}"
        time.sleep(0.05)
    p.kill()
    raise AssertionError("slapd does not listen")


def test_a_directory_is_asked_before_it_is_believed():
    if not os.path.exists("/usr/sbin/slapd"):
        print("skipped: slapd is not installed (tests/support/packages)")
        return
    slapd, url = start_directory()
    try:
        good = {"directory": url, "directory_ca": f"{DIR}/ldap/pki/ca.crt", "directory_bind_dn": "cn=broker,dc=example",
                "directory_password_file": write("ldap/service", "service password\n"), "directory_base": "dc=example",
                "directory_filter": "(uid=%s)", "directory_test_user": "tanaka"}

        def ask(**change):
            a = {**good, **change}
            r, said = setup("--dry-run", "--answers", write("directory", BASE + "administrator: none\n" + "".join(f"{k}: {v}\n" for k, v in a.items())))
            return r, said
        r, said = ask()
        assert r == 0 and "knows tanaka (田中)" in said, said
        for change, words in (({"directory_test_user": "nobody"}, "there is not exactly one 'nobody'"),
                              ({"directory_password_file": write("ldap/wrong", "wrong\n")}, "does not work"),
                              ({"directory_ca": f"{DIR}/ca/ca.crt"}, "does not work"),
                              ({"directory": "ldaps://" + MIDDLE}, "does not work"),
                              ({"directory_filter": "uid=%s"}, "is no filter"),
                              ({"directory_password_file": "/nowhere"}, "name a file that can be read")):
            r, said = ask(**change)
            assert r == 1 and words in said and "nothing was changed" in said, (change, said)
        r, said = setup("--answers", write("directory", read(f"{DIR}/directory").replace("/nowhere", good["directory_password_file"])
                        + "recording: no\noverwrite: yes\n"))
        assert r == 0 and os.stat(f"{DIR}/etc/directory.password").st_mode & 0o777 == 0o600, said
        assert "service password" not in read(f"{DIR}/etc/broker.yaml") + read(f"{DIR}/etc/setup.answers")
    finally:
        slapd.terminate()
        slapd.wait()


def test_a_person_at_a_terminal():
    """In Japanese; wrong answers are said at once and asked again; the end of the input changes nothing."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(f"{BIN}/sekisho-setup", ["sekisho-setup", "--etc", f"{DIR}/etc2", "--state", f"{DIR}/state2", "--https-port", HTTPS, "--no-start",
                                          "--lang", "ja"])
    said = ""

    def expect(text):
        nonlocal said
        end = time.time() + 60
        while text not in said:
            assert time.time() < end, said
            if select.select([fd], [], [], 1)[0]:
                try:
                    said += os.read(fd, 65536).decode("utf-8", "replace")
                except OSError:
                    raise AssertionError("ended: " + said)
        said = said[said.index(text) + len(text):]

    def answer(question, text):
        expect(question)
        expect("> ")
        os.write(fd, (text + "\n").encode())

    answer("[1/10]", f"{DIR}/ca2")
    answer("[2/10]", "10.99.99.99")
    expect("このマシンに「10.99.99.99」というアドレスはありません")
    answer("[2/10]", INNER)
    answer("[3/10]", INNER)
    expect("外側とは別のアドレスに")
    answer("[3/10]", OUTER)
    answer("[4/10]", INNER)
    answer("証明書", "")
    answer("[5/10]", "管理者")
    expect("パスワード")
    os.write(fd, b"short\n")
    expect("もう一度")
    os.write(fd, b"short\n")
    expect("12 文字以上")
    expect("パスワード")
    os.write(fd, "十二文字以上の合言葉です。\n".encode())
    expect("もう一度")
    os.write(fd, "十二文字以上の合言葉です。\n".encode())
    answer("[6/10]", "none")
    answer("[7/10]", "no")
    answer("[8/10]", HOST)
    expect("sekisho-setup-host が待っていますか")
    answer("[8/10]", "later")
    assert not os.path.exists(f"{DIR}/ca2")
    answer("[9/10]", "none")
    answer("[10/10]", "none")
    expect("準備ができました")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(fd)
    assert "render_hosts" not in read(f"{DIR}/etc2/broker.yaml")
    users = subprocess.run([f"{BIN}/sekisho-broker", "--config", f"{DIR}/etc2/broker.yaml", "user", "list"], capture_output=True, text=True)
    assert users.stdout.startswith("管理者\t"), users


def main():
    try:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                test()
                print("ok", name, flush=True)
    finally:
        shutil.rmtree(DIR, ignore_errors=True)


main()
