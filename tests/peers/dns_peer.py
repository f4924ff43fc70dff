"""A DNS server on loopback, UDP and TCP on one port, that answers by a small zone and lies on request."""
import socket
import struct
import threading
import time

A, CNAME, MX, TXT, AAAA = 1, 5, 15, 16, 28


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def read_name(packet, at):
    labels = []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += 1 + packet[at]
    return ".".join(labels).lower(), at + 1


def record(owner, kind, data, ttl=60):
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def mx(preference, host):
    return struct.pack(">H", preference) + wire_name(host)


class DnsPeer:
    """zone: {name: {type: [data…]}}; data of A and AAAA are addresses, of MX (preference, host), of CNAME a name.
    bend: {name: callable(peer, packet, question, usual answer, by_tcp) -> bytes, a list of packets, or None for silence}."""

    def __init__(self, zone, bend=None):
        self.zone, self.bend, self.asked = zone, bend or {}, []
        for _ in range(50):
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind(("127.0.0.1", 0))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket()
            try:
                self.tcp.bind(("127.0.0.1", self.port))
                break
            except OSError:
                self.udp.close()
        self.tcp.listen(16)
        threading.Thread(target=self.serve_udp, daemon=True).start()
        threading.Thread(target=self.serve_tcp, daemon=True).start()

    def servers(self):
        return "127.0.0.1:%d" % self.port

    # ------------------------------------------------------------ answers

    def data(self, kind, value):
        if kind == MX:
            return mx(*value)
        if kind == CNAME:
            return wire_name(value)
        return socket.inet_pton(socket.AF_INET if kind == A else socket.AF_INET6, value)

    def records(self, name, kind):
        """Those of the name, through its aliases; None when it does not exist."""
        found, there = [], False
        for _ in range(20):
            entry = self.zone.get(name)
            there = there or entry is not None
            if entry is None:
                return found if there else None
            if CNAME in entry:
                found.append(record(wire_name(name), CNAME, self.data(CNAME, entry[CNAME][0])))
                name = entry[CNAME][0]
                continue
            return found + [record(wire_name(name), kind, self.data(kind, v)) for v in entry.get(kind, [])]
        return found

    @staticmethod
    def packet(query, question, records, rcode=0, flags=0x8180, identity=None):
        head = struct.pack(">HHHHHH", struct.unpack(">H", query[:2])[0] if identity is None else identity, flags | rcode, 1, len(records), 0, 0)
        return head + question + b"".join(records)

    def reply(self, query, by_tcp):
        name, end = read_name(query, 12)
        question = query[12:end + 4]
        kind = struct.unpack(">H", query[end:end + 2])[0]
        self.asked.append((name, kind, "tcp" if by_tcp else "udp"))
        records = self.records(name, kind)
        usual = self.packet(query, question, records or [], 0 if records is not None else 3)
        if name in self.bend:
            bent = self.bend[name](self, query, question, usual, by_tcp)
            return bent if isinstance(bent, list) else [] if bent is None else [bent]
        if not by_tcp and len(usual) > 512:
            return [self.packet(query, question, [], flags=0x8380)]
        return [usual]

    # ------------------------------------------------------------ sockets

    def serve_udp(self):
        while True:
            try:
                query, who = self.udp.recvfrom(4096)
            except OSError:
                return
            if not query:       # closed
                return
            for packet in self.reply(query, False):
                try:
                    self.udp.sendto(packet, who)
                except OSError:
                    pass

    def serve_tcp(self):
        while True:
            try:
                sock, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self.one_tcp, args=(sock,), daemon=True).start()

    def one_tcp(self, sock):
        try:
            while True:
                head = sock.recv(2, socket.MSG_WAITALL)
                if len(head) < 2:
                    break
                query = sock.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL)
                for packet in self.reply(query, True):
                    sock.sendall(struct.pack(">H", len(packet)) + packet)
        except OSError:
            pass
        sock.close()

    def close(self):
        for s in (self.udp, self.tcp):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()


# ---------------------------------------------------------------- lies

def silent(peer, query, question, usual, by_tcp):
    return None


def servfail(peer, query, question, usual, by_tcp):
    return peer.packet(query, question, [], 2)


def wrong_id(peer, query, question, usual, by_tcp):
    return [struct.pack(">H", (struct.unpack(">H", query[:2])[0] + n) & 0xffff) + usual[2:] for n in range(1, 40)]


def cut_for_ever(peer, query, question, usual, by_tcp):
    return peer.packet(query, question, [], flags=0x8380)


def pointer_to_itself(peer, query, question, usual, by_tcp):
    at = 12 + len(question)
    return peer.packet(query, question, [struct.pack(">H", 0xc000 | at) + struct.pack(">HHIH", MX, 1, 60, 9) + mx(10, "a.fr")[:9]])


def noise(peer, query, question, usual, by_tcp):
    return usual[:12] + b"\xff" * 300


def drip_tcp(peer, query, question, usual, by_tcp):
    if not by_tcp:
        return peer.packet(query, question, [], flags=0x8380)
    time.sleep(40)
    return None


def others_name(host):
    """The truth about another name beside an empty answer about the one that was asked, in all three sections."""
    def bend(peer, query, question, usual, by_tcp):
        lie = record(wire_name("autre.exemple.fr"), MX, mx(1, host))
        packet = peer.packet(query, question, [lie])
        return packet[:8] + struct.pack(">HH", 1, 1) + packet[12:] + record(question[:-4], MX, mx(1, host)) * 2
    return bend
