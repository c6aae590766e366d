# SPDX-License-Identifier: GPL-3.0-or-later
"""Sekisho itself: a CA, sekisho-renderd, sekisho-broker and a client, as ./demo starts them. Only the sandbox is replaced, by
pixels_screen: the same X server without a browser."""
import glob
import os
import secrets
import shutil
import subprocess
import time

import machine
from peers import Peer

INNER, OUTER, HOST = "127.0.12.1", "127.0.22.1", "127.0.32.1"
BROKER_UID = 64212
# the kernel cuts names at 15 bytes
NAMES = {"sekisho-capture": "capture", "sekisho-decoder": "decoder", "sekisho-encoder": "encoder", "sekisho-broker": "broker",
         "sekisho-renderd": "renderd", "Xvfb": "xvfb"}


class Sekisho(Peer):
    name = "sekisho"
    tls = True
    linger_s = 300       # what the broker does with a session whose client has gone
    sessions_max = 2
    broker_more = ""     # more of broker.yaml
    note = "capture, renderd, decoder, encoder, broker; TLS 1.3 on both links, WebSocket to the client"

    def __init__(self, place, tools, build):
        super().__init__(place, tools)
        self.build = build
        self.dir = place.file("sekisho")
        self.sessions = place.file("sessions")
        self.client_port = machine.free_port(INNER)
        self.host_port = machine.free_port(HOST)

    def run(self, *command, **more):
        result = subprocess.run([os.path.join(self.dir, "bin", command[0]), *command[1:]], capture_output=True, text=True,
                                check=False, **more)
        if result.returncode != 0:
            raise machine.Failed(f"{command[0]}: {result.stderr.strip()}")

    def make(self):
        os.makedirs(self.dir + "/bin")
        os.mkdir(self.dir + "/state")
        os.mkdir(self.sessions, 0o711)
        os.chmod(self.sessions, 0o711)
        for program in glob.glob(self.build + "/bin/sekisho-*") + [self.build + "/bin/pixels_screen"]:
            shutil.copy(program, self.dir + "/bin/")
        os.mkdir(self.dir + "/web")
        shutil.copy(machine.ROOT + "/client/web/index.html", self.dir + "/web/")
        pki = self.dir + "/pki"
        self.run("sekisho-certs", "init", pki)
        self.run("sekisho-certs", "broker", pki, "broker1")
        self.run("sekisho-certs", "https", pki, "broker1-https", "--address", INNER)
        self.run("sekisho-certs", "host", pki, "render1.sekisho.internal")
        self.password = secrets.token_urlsafe(12)
        self.write("password", self.password + "\n", 0o600)
        self.write("policy.json", "{}\n", 0o644)
        self.write("broker.yaml", f"""inner:
  address: {INNER}
  port: {self.client_port}
  certificate: {pki}/broker1-https.crt
  key: {pki}/broker1-https.key
outer:
  address: {OUTER}
pki:
  ca: {pki}/ca.crt
  crl: {pki}/ca.crl
  intermediate_certificate: {pki}/broker1.crt
  intermediate_key: {pki}/broker1.key
render_hosts:
  - name: render1.sekisho.internal
    address: {HOST}
    port: {self.host_port}
store:
  path: {self.dir}/state/sekisho.db
web_root: {self.dir}/web
sessions:
  max: {self.sessions_max}
  max_width: 1920
  max_height: 1080
  linger_seconds: {self.linger_s}
{self.broker_more}""", 0o600)
        self.write("renderd.yaml", f"""name: render1.sekisho.internal
listen:
  address: {HOST}
  port: {self.host_port}
tls:
  certificate: {pki}/render1.sekisho.internal.crt
  key: {pki}/render1.sekisho.internal.key
  ca: {pki}/ca.crt
  crl: {pki}/ca.crl
sessions:
  directory: {self.sessions}
  max: 2
  uid_base: 214000
  memory_mib: 2048
  processes: 512
  linger_seconds: 5
  max_width: 1920
  max_height: 1080
programs:
  sandbox: {self.dir}/bin/pixels_screen
browser:
  policy_file: {self.dir}/policy.json
warm: 0
""", 0o600)
        for name in ("state", "broker.yaml", "pki/broker1.key", "pki/broker1-https.key"):
            os.chown(os.path.join(self.dir, name), BROKER_UID, BROKER_UID)
        os.chmod(pki, 0o755)

    def write(self, name, text, mode):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)

    def as_broker(self, *arguments):
        return ["setpriv", f"--reuid={BROKER_UID}", f"--regid={BROKER_UID}", "--clear-groups", self.dir + "/bin/sekisho-broker",
                "--config", self.dir + "/broker.yaml", *arguments]

    def start(self):
        self.make()
        result = subprocess.run(self.as_broker("user", "add", "bench", "--password-stdin"), input=self.password + "\n",
                                capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise machine.Failed("user add: " + result.stderr.strip())
        renderd = self.place.spawn([self.dir + "/bin/sekisho-renderd", "--config", self.dir + "/renderd.yaml"])
        broker = self.place.spawn(self.as_broker())
        self.roots = [renderd, broker]
        machine.wait_for("render host and broker", lambda: machine.listens(self.client_port) and machine.listens(self.host_port))

    def connect(self):
        self.see_log = self.dir + "/see.log"
        self.control = machine.Dialogue(self.place, [self.build + "/bin/pixels_client", INNER, str(self.client_port),
                                                     self.dir + "/pki/ca.crt", "bench", self.dir + "/password", self.see_log])
        self.control.read()
        with open(glob.glob(self.sessions + "/*/display")[0], encoding="utf-8") as f:
            self.number = int(f.read())
        self.display = f":{self.number}"
        time.sleep(0.3)

    def pids(self):
        """Groups of pids: ours by name, with the X server."""
        groups = {}
        for pid, name in machine.family([p.pid for p in self.roots]).items():
            if name in NAMES:
                groups.setdefault(NAMES[name], []).append(pid)
        return groups

    def client_bytes(self):
        return machine.tcp_sent(self.client_port)

    def host_bytes(self):
        return machine.tcp_sent(self.host_port)

    def stop(self):
        super().stop()
        if self.display:
            machine.forget_display(self.number)
        subprocess.run(["rm", "-rf", self.dir, self.sessions], check=False)
