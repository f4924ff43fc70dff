"""What stays in the memory of the living processes: read by root, as a stolen core or a debugger would show it."""
import base64
import os
import re
import socket
import struct
import subprocess

from database import rows
from kills import descendants
from world import wait_for

# The private keys of an instance that opens encrypted mail, with two certificates side by side, and the processes that need each while they live (relais init gives both clients the same key).
CLIENTS = {"collector", "deliverer"}
KEYS = {"opening.key": {"opener"}, "opening-next.key": {"opener"}, "relais-seal.key": {"signer"}, "relais-server.key": {"receiver"}, "collector.key": CLIENTS, "deliverer.key": CLIENTS}
PIECE = 16          # bytes of a key that are looked for


def everybody(world):
    """{pid: name} of the master, the processes and their children, now."""
    status = world.status()
    found = {status["pid"]: "master"}
    for process in status["processes"]:
        found[process["pid"]] = re.sub(r"-\d+$", "", process["name"])
        found.update({child: found[process["pid"]] for child in descendants(process["pid"])})
    return found


def regions(pid):
    """(bytes, kind) of all that the process could have written; kind: "locked" and left out of dumps, "undumped" alone, or "plain"."""
    with open(f"/proc/{pid}/smaps") as f:
        text = f.read()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for block in re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", text):
            head, flags = block.split("\n", 1)[0], re.search(r"VmFlags: (.*)", block)
            begin, end = (int(x, 16) for x in head.split()[0].split("-"))
            if head.split()[1][:2] != "rw" or "[v" in head:
                continue
            words = flags.group(1).split() if flags else []
            try:
                memory.seek(begin)
                yield memory.read(end - begin), "plain" if "dd" not in words else "locked" if "lo" in words else "undumped"
            except OSError:
                continue


def holders(world, needles):
    """{needle's name: {(process, kind of memory)}} of all memory of all processes."""
    found, read = {}, 0
    for pid, name in everybody(world).items():
        try:
            for data, kind in regions(pid):
                read += len(data)
                for what, bytes_ in needles.items():
                    if bytes_ in data:
                        found.setdefault(what, set()).add((name, kind))
        except (FileNotFoundError, ProcessLookupError):
            continue                    # a child that has ended meanwhile
    assert read > 10_000_000, read
    return found


def private_numbers(path):
    """The secret numbers of a key, as openssl prints them: {name: bytes, most significant first}."""
    text = subprocess.run(["openssl", "pkey", "-in", path, "-noout", "-text"], capture_output=True, text=True, check=True).stdout
    parts = re.findall(r"^(priv|privateExponent|prime1|prime2):\n((?: {4}[0-9a-f:]+\n)+)", text, re.M)
    return {name: bytes.fromhex(re.sub(r"[\s:]", "", digits)).lstrip(b"\0") for name, digits in parts}


def key_needles(world):
    """Of each key: its file's text, its number as a file has it, and its number as the library computes with it."""
    needles = {}
    for file in KEYS:
        path = os.path.join(world.pki, file)
        with open(path, "rb") as f:
            lines = [line for line in f.read().splitlines() if line and not line.startswith(b"-----")]
        numbers = private_numbers(path)
        assert numbers and lines, file
        needles[file, "text"] = lines[1] if len(lines) > 2 else lines[0][-40:]
        for name, number in numbers.items():
            needles[file, name + " as in the file"] = number[:PIECE]
            needles[file, name + " in use"] = number[::-1][:PIECE]
    return needles


def keys(world):
    """A key is in its own process alone, as a number in locked memory; of its file nothing is left anywhere."""
    found = holders(world, key_needles(world))
    for (file, what), where in found.items():
        assert {name for name, _ in where} <= KEYS[file], (file, what, where)
        assert what.endswith("in use"), (file, what, where)
    for file, owners in KEYS.items():
        main = [where for (f, what), where in found.items() if f == file and (what.startswith("priv") and what.endswith("in use"))]
        assert len(main) == 1 and {name for name, _ in main[0]} == owners, f"{file} was found in {main}: the search looks for the wrong thing"
        # A forked child's copy is not locked, since the kernel does not pass locks on; left out of dumps it is.
        assert all(kind == "locked" or (kind == "undumped" and name in CLIENTS) for name, kind in main[0]), (file, main)


def body_keys(world):
    """The keys of all bodies, as the keeper gives them to the operator: in no memory once the bodies were read. Its master key stays, locked."""
    world.rest()                                        # who has a message in hand, or puts one under another key, has its key in hand
    wait_for("all under their last key", lambda: not rows(world, "select body from relais.keeper_pending(0, 1, null)"))
    keys_ = {}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.connect(os.path.join(world.dir, "run/keeper-operator.sock"))
        for row in rows(world, "select id from relais.body order by id"):
            s.send(b"o" + struct.pack(">QQ", row["id"], 0) + b"test")
            answer = s.recv(4096)
            assert answer[:1] == b"+" and len(answer) == 33, (row, answer[:40])
            keys_[row["id"]] = answer[1:]
    assert len(keys_) > 3 and len(set(keys_.values())) == len(keys_), "each body has a key of its own"
    with open(os.path.join(world.pki, "keeper.key"), "rb") as f:
        keys_["master"] = f.read()
    assert holders(world, keys_) == {"master": {("keeper", "locked")}}


def forms(secret):
    """As it is, and as it stands in base64 wherever it begins there: the logins of SASL and HTTP."""
    yield secret.encode()
    for offset in range(3):
        coded = base64.b64encode(b"=" * offset + secret.encode() + b"=")
        whole = coded[(offset * 8 + 5) // 6:(offset + len(secret)) * 8 // 6]
        if len(whole) >= 12:
            yield whole


def nowhere(world, secrets, kept=(), control=None):
    """None of these texts in any memory. kept: {(process, kind of memory)} where they must be found and nowhere else, when they have to stay;
    control: (text, process) that is no secret and stands there, so that the search can be believed."""
    needles = {(s, i): form for s in secrets for i, form in enumerate(forms(s))}
    if control:
        needles["control"] = control[0].encode()
    found = holders(world, needles)
    assert control is None or control[1] in {name for name, _ in found.pop("control", ())}, control
    for (secret, _), where in found.items():
        assert where <= set(kept), (secret, where)
    assert not kept or any(where == set(kept) for where in found.values()), found
