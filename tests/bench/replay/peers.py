# SPDX-License-Identifier: GPL-3.0-or-later
"""The other remote displays, as Debian packages them, each with a client that decodes everything. Servers listen on 127.0.0.1."""
import glob
import os
import re
import subprocess
import time

import machine


class Peer:
    """One server and one client. start(), connect(), then it is measured, then stop()."""

    name = note = ""
    tls = False      # whether TLS is in its bytes and its CPU
    settle_s = 0.5   # after connect(), before the first measurement
    control = None   # Dialogue with the client; None: there is no client
    see_log = None   # where the client notes markers
    display = None   # where the player paints

    def __init__(self, place, tools):
        self.place = place
        self.tools = tools
        self.roots = []

    def start(self):
        raise NotImplementedError

    def connect(self):
        raise NotImplementedError

    def pids(self):
        """name -> pids of everything that serves; the X server under the name "xvfb" if it is one of its own."""
        groups = {}
        for pid, name in machine.family([p.pid for p in self.roots if p.poll() is None]).items():
            groups.setdefault("xvfb" if name == "Xvfb" else "server", []).append(pid)
        return groups

    def client_bytes(self):
        return machine.tcp_sent(self.port)

    def host_bytes(self):
        return None

    def stop(self):
        self.place.stop()
        for number in self.numbers():
            machine.forget_display(number)

    def numbers(self):
        return [int(d[1:]) for d in (self.display, getattr(self, "client_display", None)) if d]

    def own_display(self, *extra):
        process, number = machine.start_xvfb(self.place, *extra)
        self.display = f":{number}"
        self.roots.append(process)

    def watch(self):
        """For clients that paint on a display: another program looks at it."""
        self.see_log = self.place.file("see.log")
        self.control = machine.Dialogue(self.place, [self.tools + "/xwatch", self.see_log], {"DISPLAY": self.client_display})

    def client_screen(self):
        _, number = machine.start_xvfb(self.place)
        self.client_display = f":{number}"


class Bare(Peer):
    name = "xvfb-bare"
    note = "the X server alone: subtracted from the CPU of the others"

    def start(self):
        self.own_display()

    def connect(self):
        pass

    def client_bytes(self):
        return 0, 0


class Vnc(Peer):
    quality = 8
    encodings = "tight copyrect"

    def connect(self):
        self.see_log = self.place.file("see.log")
        self.control = machine.Dialogue(self.place, [self.tools + "/vncsink", f"127.0.0.1:{self.port}", self.see_log,
                                                     self.encodings, str(self.quality), "2"])
        self.control.read()


class TigerVnc(Vnc):
    name = "tigervnc-jpeg8"
    note = "Xvnc, Tight with JPEG quality 8; client libvncclient; no encryption"

    def start(self):
        self.port = machine.free_port()
        number = machine.free_display()
        self.display = f":{number}"
        self.roots = [self.place.spawn(["Xvnc", self.display, "-geometry", "1920x1080", "-depth", "24", "-SecurityTypes", "None",
                                        "-rfbport", str(self.port), "-localhost", "-AlwaysShared"])]
        machine.wait_for("Xvnc", lambda: machine.listens(self.port) and os.path.exists(f"/tmp/.X11-unix/X{number}"))


class TigerVncLossless(TigerVnc):
    name = "tigervnc-lossless"
    note = "Xvnc, Tight without JPEG; client libvncclient; no encryption"
    quality = -1


class X11vnc(Vnc):
    name = "x11vnc"
    note = "Xvfb and x11vnc, Tight with JPEG quality 8; client libvncclient; no encryption"

    def start(self):
        self.own_display()
        self.port = machine.free_port()
        self.roots.append(self.place.spawn(
            ["x11vnc", "-display", self.display, "-rfbport", str(self.port), "-localhost", "-nopw", "-forever", "-shared", "-quiet",
             "-nocursor", "-noxrecord"], {"HOME": self.place.path}))
        machine.wait_for("x11vnc", lambda: machine.listens(self.port))


class Xpra(Peer):
    name = "xpra"
    note = "Xvfb and xpra start-desktop, encoding auto; client xpra attach on a second Xvfb; no encryption"
    settle_s = 1.0
    OFF = ["--mmap=no", "--speaker=off", "--microphone=off", "--notifications=no", "--clipboard=no"]

    def start(self):
        self.own_display("+extension", "Composite")
        self.port = machine.free_port()
        self.roots.append(self.place.spawn(
            ["xpra", "start-desktop", self.display, "--daemon=no", f"--bind-tcp=127.0.0.1:{self.port}", "--use-display=yes",
             "--exit-with-children=no", "--mdns=no", "--pulseaudio=no", "--dbus-launch=", "--dbus-proxy=no", "--html=off",
             "--webcam=no", "--printing=no", "--systemd-run=no", "--resize-display=no", "--start-new-commands=no", *self.OFF],
            {"HOME": self.place.path, "XDG_RUNTIME_DIR": self.place.path}))
        machine.wait_for("xpra", lambda: machine.listens(self.port), 40)
        time.sleep(1)

    def connect(self):
        self.client_screen()
        home = self.place.file("client")
        os.makedirs(home, exist_ok=True)
        self.place.spawn(["xpra", "attach", f"tcp://127.0.0.1:{self.port}/", "--encoding=auto", "--opengl=no", "--tray=no",
                          "--desktop-scaling=no", "--dpi=96", *self.OFF],
                         {"DISPLAY": self.client_display, "HOME": home, "XDG_RUNTIME_DIR": home})
        machine.wait_for("xpra's client", lambda: machine.tcp_sent(self.port)[0] > 10000, 20)
        time.sleep(4)
        self.watch()


class FreeRdpShadow(Peer):
    name = "freerdp-shadow"
    tls = True
    note = "Xvfb and freerdp-shadow-cli, RemoteFX; client xfreerdp on a second Xvfb; TLS"
    settle_s = 1.0
    codec = "/rfx"

    def start(self):
        self.own_display()
        self.port = machine.free_port()
        self.roots.append(self.place.spawn(["freerdp-shadow-cli", f"/port:{self.port}", "/bind-address:127.0.0.1", "-auth", "/sec:tls"],
                                           {"DISPLAY": self.display, "HOME": self.place.path}))
        machine.wait_for("freerdp-shadow-cli", lambda: machine.listens(self.port))

    def connect(self):
        self.client_screen()
        self.place.spawn(["xfreerdp", f"/v:127.0.0.1:{self.port}", "/u:x", "/p:x", "/cert:ignore", "/sec:tls", "/size:1920x1080",
                          "/bpp:32", "/f", "-grab-keyboard", self.codec, "/network:lan"],
                         {"DISPLAY": self.client_display, "HOME": self.place.path})
        machine.wait_for("xfreerdp", lambda: machine.tcp_sent(self.port)[0] > 10000, 20)
        time.sleep(2)
        self.watch()


class FreeRdpShadowAvc(FreeRdpShadow):
    name = "freerdp-shadow-avc420"
    note = "as freerdp-shadow, with H.264 (AVC420)"
    codec = "/gfx:AVC420"


class Xrdp(Peer):
    """Needs a local user to log in as: it is made for the run and removed after it."""

    name = "xrdp"
    tls = True
    note = "xrdp and xorgxrdp; client xfreerdp on a second Xvfb; TLS"
    settle_s = 1.0
    user = "sekisho-bench"

    def start(self):
        self.port = machine.free_port()
        self.made = subprocess.run(["useradd", "-m", "-s", "/bin/sh", self.user], check=False).returncode == 0
        self.password = os.urandom(9).hex()
        subprocess.run(["chpasswd"], input=f"{self.user}:{self.password}", text=True, check=True)
        session = f"/home/{self.user}/startwm.sh"
        with open(session, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nexec sleep 100000\n")
        os.chmod(session, 0o755)
        with open("/etc/xrdp/xrdp.ini", encoding="utf-8") as f:
            ini = f.read()
        ini = re.sub(r"(?m)^port=3389", f"port=tcp://127.0.0.1:{self.port}", ini, count=1)
        ini = re.sub(r"(?m)^autorun=.*", "autorun=Xorg", ini)
        with open(self.place.file("xrdp.ini"), "w", encoding="utf-8") as f:
            f.write(ini)
        self.roots = [self.place.spawn(["/usr/sbin/xrdp-sesman", "--nodaemon"]),
                      self.place.spawn(["/usr/sbin/xrdp", "--nodaemon", "--config", self.place.file("xrdp.ini")])]
        machine.wait_for("xrdp", lambda: machine.listens(self.port) and machine.listens(3350))

    def connect(self):
        before = set(glob.glob("/tmp/.X11-unix/X*"))
        self.client_screen()
        client = f"/tmp/.X11-unix/X{self.client_display[1:]}"
        self.place.spawn(["xfreerdp", f"/v:127.0.0.1:{self.port}", f"/u:{self.user}", f"/p:{self.password}", "/cert:ignore",
                          "/size:1920x1080", "/bpp:32", "-decorations", "/f", "-grab-keyboard", "/network:lan"],
                         {"DISPLAY": self.client_display, "HOME": self.place.path})
        new = machine.wait_for("xrdp's display", lambda: set(glob.glob("/tmp/.X11-unix/X*")) - before - {client}, 20)
        self.display = ":" + sorted(new)[0].rsplit("X", 1)[1]
        self.environment = {"XAUTHORITY": f"/home/{self.user}/.Xauthority"}
        time.sleep(3)
        self.watch()

    def stop(self):
        own = [pid for pids in self.pids().values() for pid in pids]
        super().stop()
        for pid in own:
            try:
                os.kill(pid, 15)
            except OSError:
                pass
        time.sleep(0.5)
        subprocess.run(["pkill", "-u", self.user], check=False)
        if self.made:
            subprocess.run(["userdel", "-r", self.user], check=False, capture_output=True)


ALL = [TigerVnc, TigerVncLossless, X11vnc, Xpra, FreeRdpShadow, FreeRdpShadowAvc, Xrdp]
# what may stand in --peers for several
GROUPS = {"tigervnc": ["tigervnc-jpeg8", "tigervnc-lossless"]}
