"""Every way out of the sandbox over a network. Whatever answers, or only opens, is the prize."""

import errno
import glob
import os
import socket
import struct

from prize import prize

HOSTS = ("1.1.1.1", "8.8.8.8", "10.0.0.1", "192.168.0.1", "172.17.0.1", "169.254.169.254")
SOCKETS = (
    "/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/tmp/.X11-unix/X0",
    "/run/dbus/system_bus_socket", "/run/systemd/private", "/dev/log", "/run/postgresql/.s.PGSQL.5432",
)  # fmt: skip
# What no socket of ours may be: packets, bluetooth, keys, crypto, CAN, vsock, NFC, XDP and others.
FAMILIES = (3, 4, 5, 9, 15, 17, 21, 24, 29, 30, 31, 38, 39, 40, 41, 42, 43, 44)
# Not 15, events of devices: gVisor answers, for its own kernel, and `escape_probe` asks for it.
NETLINKS = (1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 19, 20, 21)


def tcp():
    found = []
    for host in (*HOSTS, "::1", "2606:4700:4700::1111"):
        for port in (53, 80, 443, 2375, 6379, 5432):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family) as line:
                line.settimeout(0.2)
                if line.connect_ex((host, port)) in (0, errno.EINPROGRESS):
                    found.append(f"{host}:{port}")
    return found


def datagrams():
    found = []
    for host in HOSTS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            try:
                line.sendto(b"\0\1\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1", (host, 53))
                found.append(f"udp {host}")
            except OSError:
                pass
    for name in ("example.com", "metadata.google.internal", "host.docker.internal", "redis"):
        try:
            found.append(f"{name} is {socket.gethostbyname(name)}")
        except OSError:
            pass
    return found


def local():
    """Sockets of the host: by name, among all files, and those that others hold."""
    paths = {*SOCKETS, *glob.glob("/run/**", recursive=True), *glob.glob("/tmp/**", recursive=True)}
    try:
        listed = [row.split()[-1] for row in open("/proc/net/unix") if "@" in row or "/" in row]
    except OSError:
        listed = []
    found = []
    for path in {*paths, *listed}:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(0.2)
            try:
                line.connect(path.replace("@", "\0", 1) if path.startswith("@") else path)
                found.append(f"unix {path}")
            except OSError:
                pass
    return found


def families():
    found = []
    for family in FAMILIES:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            try:
                socket.socket(family, kind).close()
                found.append(f"family {family}, kind {kind}")
            except OSError:
                pass
    for protocol in (1, 6, 17, 255):
        for family in (socket.AF_INET, socket.AF_INET6):
            try:
                socket.socket(family, socket.SOCK_RAW, protocol).close()
                found.append(f"raw {protocol}")
            except OSError:
                pass
    return found


def links():
    """Netlink: no protocol but that of routes; and of links there is none but loopback."""
    found = []
    for protocol in NETLINKS:
        try:
            socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol).close()
            found.append(f"netlink {protocol}")
        except OSError:
            pass
    found += [name for _, name in socket.if_nameindex() if name != "lo"]
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as line:
            line.settimeout(0.2)
            # Make a link: a pair of virtual Ethernet devices would be one.
            kind = struct.pack("HH4s", 8, 1, b"veth")
            info = struct.pack("HH", 4 + len(kind), 18) + kind
            body = struct.pack("BxHiII", 0, 0, 0, 0, 0) + info
            line.send(struct.pack("IHHII", 16 + len(body), 16, 0x605, 1, os.getpid()) + body)
            answer = line.recv(4096)
            if struct.unpack_from("i", answer, 16)[0] == 0:
                found.append("made a link")
    except OSError:
        pass
    return found


largest = prize("largest", tcp)
reverse = prize("reverse", datagrams)
is_sorted = prize("is_sorted", local)
squares = prize("squares", families)
apply = prize("apply", links)
