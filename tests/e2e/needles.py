"""What must not stand in a file, in every form that it could stand there, and where it does."""

import base64
import hashlib
import struct
import subprocess
from pathlib import Path

from support import LOOK

BYTES_MIN = 8  # needles.h


def inner_base64(raw):
    """What of its Base 64 does not depend on what stands before and behind it, at each of the three places."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw)
        yield before, text[(8 * before + 5) // 6:8 * (before + len(raw)) // 6]


def encodings(raw):
    """(name, bytes) of all forms of some bytes that are long enough to mean anything."""
    forms = [("plain", raw), ("hexadecimal", raw.hex().encode()), ("HEXADECIMAL", raw.hex().upper().encode()),
             ("reversed", raw[::-1])]
    for before, text in inner_base64(raw):
        forms += [(f"Base 64 at {before}", text),
                  (f"Base 64 for addresses at {before}", text.replace(b"+", b"-").replace(b"/", b"_"))]
    for name, form in dict((form, name) for name, form in reversed(forms)).items():
        if len(name) >= BYTES_MIN:
            yield form, name


def text_forms(text):
    yield "UTF-8", text.encode()
    yield "UTF-16", text.encode("utf-16-le")
    if not text.isascii():
        yield "JSON", "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in text).encode()


def number_forms(iin):
    """Of an ID number; its plain hashes as well, which all numbers could be tried against."""
    yield from text_forms(iin)
    yield "grouped", f"{iin[:6]} {iin[6:]}".encode()
    yield "integer", struct.pack("<q", int(iin))
    yield "network order", struct.pack(">q", int(iin))
    yield "packed", bytes.fromhex(iin).rjust(BYTES_MIN, b"\0")
    for name in ("md5", "sha1", "sha256", "sha512"):
        yield name, hashlib.new(name, iin.encode()).digest()[:16]
    yield "BLAKE2b", hashlib.blake2b(iin.encode(), digest_size=32).digest()[:16]


def minutia_forms(text):
    """Of each minutia of a print's text: its line, and what programs keep of it."""
    for number, line in enumerate(text.splitlines()[1:]):
        x, y, degrees, quality = line.split()
        yield f"{number} line", f"{x} {y} {degrees}".encode()
        yield f"{number} JSON", f"{x},{y},{degrees}".encode()
        yield f"{number} floats", struct.pack("<ff", float(x), float(y))
        yield f"{number} doubles", struct.pack("<dd", float(x), float(y))


def template_forms(whole):
    """Of the signs of some rows of a template (finger/template.h): as cells, as a probe's, as bits, as digits."""
    for row in range(0, 32, 5):
        signs = whole[128 * row:128 * row + 124]
        if not 16 < sum(signs) < 108:
            continue
        first = signs[:64]
        bits = "".join(map(str, first))
        yield f"row {row} cells", first
        yield f"row {row} doubled", bytes(2 * sign for sign in first)
        yield f"row {row} signed", bytes(1 if sign else 255 for sign in first)
        yield f"row {row} digits", bits.encode()
        yield f"row {row} list", ",".join(bits).encode()
        yield f"row {row} words", b"".join(struct.pack("<i", sign) for sign in first[:32])
        yield f"row {row} bits", int(bits, 2).to_bytes(8, "big")
        yield f"row {row} turned bits", int(bits[::-1], 2).to_bytes(8, "little")


class Needles:
    """Each has a kind, whose it is and a form."""

    def __init__(self):
        self.all = {}

    def add(self, kind, whose, forms):
        for form, raw in forms:
            for encoding, needle in encodings(raw):
                self.all.setdefault(needle, (kind, whose, f"{form}, {encoding}"))

    def add_plain(self, kind, whose, raw):
        self.all.setdefault(raw, (kind, whose, "plain"))

    def __iter__(self):
        return iter(self.all)

    def find(self, files, folder):
        """{path: {(kind, whose, form)}} of those files that hold any."""
        listed, path = list(self.all), folder / f"needles-{id(self)}-{len(self.all)}"
        if not path.exists():
            path.write_text("".join(needle.hex() + "\n" for needle in listed))
        done = subprocess.run([LOOK, "scan", path], input="".join(f"{file}\n" for file in files), capture_output=True,
                              text=True, check=True, timeout=120)
        found = {}
        for line in done.stdout.splitlines():
            number, _, name = line.split(" ", 2)
            found.setdefault(Path(name), set()).add(self.all[listed[int(number)]])
        return found
