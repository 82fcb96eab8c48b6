#!/usr/bin/env python3
"""A second implementation of what a holder of a proof, and an auditor of a log, check. Written from RFC 6962, RFC 8032
and the C2SP documents alone (signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-proof), with nothing but
Python's standard library, so that one can be held against the other.

usage: second.py verify-proof [--cosignatures N] PROOF ENTRY LOG_VKEY [COSIGNER_VKEY...]
       second.py check-log [--cosignatures N] FOLDER LOG_VKEY [COSIGNER_VKEY...]
       second.py cases FILE      verdicts on lines of JSON, each with what it should be in "good"
       second.py self-test
PROOF and ENTRY are files. Without --cosignatures one is asked for where cosigners are named, else none.
Exit 0: it holds. Exit 1: it does not, and why is on standard error.
"""
import base64
import hashlib
import json
import pathlib
import re
import sys


class Refused(Exception):
    pass


def require(condition, why):
    if not condition:
        raise Refused(why)


# --- Ed25519 (RFC 8032, 5.1). Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z. ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add_points(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add_points(result, point)
        point = add_points(point, point)
        scalar >>= 1
    return result


def same_point(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def decode_point(encoded):
    """None where the bytes stand for no point in its one canonical form."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P != 0 or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_low_order(point):
    return same_point(multiply(8, point), NEUTRAL)


def ed25519_holds(public_key, message, signature):
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a, r = decode_point(public_key), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or is_low_order(a) or is_low_order(r):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    return same_point(multiply(s, BASE), add_points(r, multiply(k, a)))


def encode_point(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def ed25519_sign(seed, message):
    """For the self-test."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    r = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % L
    commitment, public = encode_point(multiply(r, BASE)), encode_point(multiply(scalar, BASE))
    k = int.from_bytes(hashlib.sha512(commitment + public + message).digest(), "little") % L
    return commitment + ((r + k * scalar) % L).to_bytes(32, "little")


# --- Merkle trees (RFC 6962, 2.1), by its recursive definitions. ---

def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size):
    """The largest power of two smaller than a size of at least 2."""
    return 1 << (size - 1).bit_length() - 1


def root_of_leaves(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(root_of_leaves(leaves[:k]), root_of_leaves(leaves[k:]))


def root_by_inclusion(index, size, leaf, proof):
    """The root that a path leads to: PATH(m, D[n]) turned round."""
    if size == 1:
        require(not proof, "the inclusion proof is too long")
        return leaf
    require(proof, "the inclusion proof is too short")
    k = split(size)
    if index < k:
        return node_hash(root_by_inclusion(index, k, leaf, proof[:-1]), proof[-1])
    return node_hash(proof[-1], root_by_inclusion(index - k, size - k, leaf, proof[:-1]))


def check_inclusion(index, size, leaf, proof, root):
    require(0 <= index < size, "the index is not below the size")
    require(root_by_inclusion(index, size, leaf, proof) == root, "the inclusion proof leads to another root")


def roots_by_consistency(old_size, size, known, old_root, proof):
    """The (old, new) roots that SUBPROOF(m, D[n], known) leads to."""
    if old_size == size:
        require(len(proof) == (0 if known else 1), "the consistency proof has another length")
        return (old_root, old_root) if known else (proof[0], proof[0])
    require(proof, "the consistency proof is too short")
    k = split(size)
    if old_size <= k:
        old, new = roots_by_consistency(old_size, k, known, old_root, proof[:-1])
        return old, node_hash(new, proof[-1])
    old, new = roots_by_consistency(old_size - k, size - k, False, old_root, proof[:-1])
    return node_hash(proof[-1], old), node_hash(proof[-1], new)


def check_consistency(old_size, size, old_root, root, proof):
    require(0 <= old_size <= size, "the older size is above the newer one")
    if old_size == 0:
        require(not proof, "an empty log needs no proof")
        return
    old, new = roots_by_consistency(old_size, size, True, old_root, proof)
    require(old == old_root and new == root, "the consistency proof leads to other roots")


# --- Notes, checkpoints, proofs. ---

def decode_base64(text):
    require(re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", text) and len(text) % 4 == 0, "not Base 64")
    decoded = base64.b64decode(text)
    require(base64.b64encode(decoded).decode() == text, "Base 64 with stray bits")
    return decoded


def decode_hash(text):
    decoded = decode_base64(text)
    require(len(decoded) == 32, "a hash is not 32 bytes")
    return decoded


def decode_number(text):
    require(re.fullmatch(r"0|[1-9][0-9]*", text) and int(text) < 2**63, "not a number")
    return int(text)


class Key:
    def __init__(self, text):
        match = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+(\S+)", text)
        require(match, "not a verifier key")
        self.name, self.id, typed = match[1], bytes.fromhex(match[2]), decode_base64(match[3])
        require(len(typed) == 33 and typed[0] in (1, 4), "a verifier key of another type")
        self.kind, self.public = typed[0], typed[1:]
        require(hashlib.sha256(self.name.encode() + b"\n" + typed).digest()[:4] == self.id, "the key has another id")

    def check(self, text, signature):
        message = text.encode()
        if self.kind == 4:
            time_s, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            require(time_s < 2**63, "a time after all times")
            message = b"cosignature/v1\ntime %d\n" % time_s + message
        require(ed25519_holds(self.public, message, signature), f"the signature of {self.name} fails")


def open_note(whole):
    """(text, [(name, id, signature)])"""
    require(not re.search(r"[\x00-\x09\x0b-\x1f]", whole), "control characters")
    require(whole.endswith("\n") and "\n\n" in whole, "not a note")
    text, _, lines = whole.rpartition("\n\n")
    signatures = []
    for line in lines.split("\n")[:-1]:
        match = re.fullmatch(r"\u2014 ([^+\s]+) (\S+)", line)
        require(match, "not a signature line")
        decoded = decode_base64(match[2])
        require(len(decoded) > 4, "no signature in a signature line")
        signatures.append((match[1], decoded[:4], decoded[4:]))
    require(signatures, "no signatures")
    return text + "\n", signatures


def open_checkpoint(whole, log, cosigners, cosignatures_min):
    """(size, root), signed by the log and enough cosigners."""
    text, signatures = open_note(whole)
    signed_by = set()
    for name, key_id, signature in signatures:
        for key in [log, *cosigners]:
            if (key.name, key.id) == (name, key_id):
                key.check(text, signature)
                signed_by.add(key)
    lines = text.split("\n")
    require(len(lines) == 4 and lines[3] == "", "a checkpoint has three lines")
    require(lines[0] == log.name, "another log's checkpoint")
    require(log in signed_by, "the log has not signed")
    require(len(signed_by) - 1 >= cosignatures_min, "too few cosigners have signed")
    return decode_number(lines[1]), decode_hash(lines[2])


def verify_proof(proof, entry, log, cosigners, cosignatures_min):
    head, blank, checkpoint = proof.partition("\n\n")
    require(blank, "a proof has an empty line")
    lines = head.split("\n")
    require(lines.pop(0) == "c2sp.org/tlog-proof@v1", "another first line")
    if lines and lines[0].startswith("extra "):
        require(decode_base64(lines.pop(0)[6:]), "empty extra data")
    require(lines and lines[0].startswith("index "), "no index")
    index = decode_number(lines.pop(0)[6:])
    require(len(lines) <= 63, "too many hashes")
    size, root = open_checkpoint(checkpoint, log, cosigners, cosignatures_min)
    check_inclusion(index, size, leaf_hash(entry), [decode_hash(line) for line in lines], root)


# --- A log's folder (C2SP tlog-tiles). ---

TILE_PATH = re.compile(r"tile/([0-9]|[1-5][0-9]|6[0-3]|entries)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def tile_path(level, index, width):
    groups = ["%03d" % (index % 1000)]
    while index >= 1000:
        index //= 1000
        groups.insert(0, "x%03d" % (index % 1000))
    return f"tile/{level}/" + "/".join(groups) + (f".p/{width}" if width < 256 else "")


def split_bundle(content):
    entries = []
    while content:
        require(len(content) >= 2, "a bundle is cut short")
        length = int.from_bytes(content[:2], "big")
        require(len(content) >= 2 + length, "a bundle is cut short")
        entries.append(content[2:2 + length])
        content = content[2 + length:]
    return entries


def read_tile(folder, level, index, width):
    """Of the width asked for; the full one serves as well."""
    for candidate in (width, 256):
        path = folder / tile_path(level, index, candidate)
        if path.is_file():
            return path.read_bytes()
    raise Refused(f"{tile_path(level, index, width)} is missing")


def read_entries(folder, size):
    entries = []
    for index in range((size + 255) // 256):
        width = min(256, size - 256 * index)
        bundle = split_bundle(read_tile(folder, "entries", index, width))
        require(len(bundle) >= width, f"{tile_path('entries', index, width)} has too few entries")
        entries += bundle[:width]
    return entries


def levels_of(leaves):
    """Level by level the hashes of complete subtrees of 256^level leaves."""
    levels = [leaves]
    while len(levels[-1]) >= 256:
        below = levels[-1]
        levels.append([root_of_leaves(below[i:i + 256]) for i in range(0, len(below) - 255, 256)])
    return levels


def check_tile(path, content, levels, entries):
    """A tile or bundle that is there; one that reaches beyond the checkpoint is not judged."""
    match = TILE_PATH.fullmatch(path)
    require(match, f"{path} is no tile's name")
    index = int(match[2].replace("x", "").replace("/", ""))
    width = int(match[3] or 256)
    require(tile_path(match[1], index, width) == path, f"{path} is no tile's name")
    begin, end = 256 * index, 256 * index + width
    if match[1] == "entries":
        if end <= len(entries):
            require(split_bundle(content) == entries[begin:end], f"{path} has other entries")
        return
    level = int(match[1])
    if level < len(levels) and end <= len(levels[level]):
        require(content == b"".join(levels[level][begin:end]), f"{path} has other hashes")


def check_log(folder, log, cosigners, cosignatures_min):
    """The number of entries; every tile that the checkpoint asks for is there, and every one that is there is right."""
    size, root = open_checkpoint((folder / "checkpoint").read_bytes().decode(), log, cosigners, cosignatures_min)
    entries = read_entries(folder, size)
    leaves = [leaf_hash(entry) for entry in entries]
    require(root_of_leaves(leaves) == root, "the entries lead to another root than the checkpoint's")
    levels = levels_of(leaves)
    for level, hashes in enumerate(levels):
        for begin in range(0, len(hashes), 256):
            expected = b"".join(hashes[begin:begin + 256])
            content = read_tile(folder, level, begin // 256, min(256, len(hashes) - begin))
            require(content[:len(expected)] == expected, f"{tile_path(level, begin // 256, 256)} has other hashes")
    for path in sorted((folder / "tile").rglob("*")):
        if path.is_file():
            check_tile(path.relative_to(folder).as_posix(), path.read_bytes(), levels, entries)
    return size


# --- The program. ---

def judge(case):
    """Whether the thing that a line of a file of cases describes holds."""
    try:
        if case["kind"] == "proof":
            verify_proof(case["proof"], bytes.fromhex(case["entry"]), Key(case["log"]), [Key(k) for k in case["cosigners"]],
                         case["cosignatures_min"])
        else:
            check_consistency(case["old_size"], case["size"], bytes.fromhex(case["old_root"]), bytes.fromhex(case["root"]),
                              [bytes.fromhex(one) for one in case["proof"]])
    except Refused:
        return False
    return True


def run_cases(path):
    counts = {True: 0, False: 0}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        case = json.loads(line)
        require(judge(case) == case["good"], f"line {number} is judged {not case['good']}")
        counts[case["good"]] += 1
    require(counts[True] and counts[False], "cases of one kind alone show nothing")
    print(f"second: {counts[True]} good and {counts[False]} bad cases judged rightly")


def refuses(work, *arguments):
    try:
        work(*arguments)
    except Refused:
        return True
    return False


def self_test_formats(key, text, signature):
    """What each line of a note, a checkpoint and a path must be, beside what the cases of the program show."""
    # Keys: the id is made of name, line feed, type and key; the same key has another one as a cosigner.
    for kind, accepted in ((1, True), (4, True), (2, False), (5, False)):
        typed = bytes([kind]) + key.public
        key_id = hashlib.sha256(b"PeterNeumann\n" + typed).digest()[:4].hex()
        known = f"PeterNeumann+{key_id}+{base64.b64encode(typed).decode()}"
        require(refuses(Key, known) != accepted, f"a key of type {kind} is judged wrongly")
        require(refuses(Key, known.replace(key_id, "00000000")), "a key under another id is accepted")
        require(kind == 1 or key_id != key.id.hex(), "the type makes no difference to the id")
    # Notes: the text ends at the last blank line; sixteen signatures and more; an em dash before each.
    line = "\u2014 PeterNeumann " + base64.b64encode(signature[1] + signature[2]).decode() + "\n"
    require(open_note("one\n\ntwo\n\n" + line)[0] == "one\n\ntwo\n", "a note is not split at its last blank line")
    for count in (1, 16, 64):
        others = "".join(f"\u2014 other{i} {base64.b64encode(bytes(68)).decode()}\n" for i in range(count - 1))
        require(len(open_note(text + "\n" + others + line)[1]) == count, f"a note of {count} signatures is refused")
    for wrong in (text + line, text + "\n", text + "\n" + line[:-1], text + "\n" + line + "\n", text + "\n" + line[1:],
                  text + "\n-" + line[1:], text + "\n" + line.replace("\u2014 ", "\u2014")):
        require(refuses(open_note, wrong), "a wrong form of a note is accepted")
    # Cosignatures and checkpoints need signatures of our own: the seed of the key above is published with it.
    seed = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    cosigner = Key("w+%s+%s" % (hashlib.sha256(b"w\n\x04" + key.public).digest()[:4].hex(),
                                base64.b64encode(b"\x04" + key.public).decode()))
    root = base64.b64encode(hashlib.sha256(b"").digest()).decode()

    def checkpoint(content, sign_with=seed, time_s=1679315147, extra=""):
        message = b"cosignature/v1\ntime %d\n" % 1679315147 + content.encode()
        timed = time_s.to_bytes(8, "big") + ed25519_sign(seed, message)
        return (content + "\n" + f"\u2014 {key.name} "
                + base64.b64encode(key.id + ed25519_sign(sign_with, content.encode())).decode() + "\n\u2014 w "
                + base64.b64encode(cosigner.id + timed).decode() + "\n" + extra)

    good = f"PeterNeumann\n0\n{root}\n"
    unknown = f"\u2014 unknown {base64.b64encode(bytes(68)).decode()}\n"
    for extra in ("", unknown, unknown * 20):
        require(open_checkpoint(checkpoint(good, extra=extra), key, [cosigner], 1) == (0, hashlib.sha256(b"").digest()),
                "a good checkpoint is read otherwise")
    require(refuses(open_checkpoint, checkpoint(good), key, [], 1), "an unknown cosigner counts")
    require(refuses(open_checkpoint, checkpoint(good, time_s=1679315148), key, [cosigner], 0),
            "a known cosigner whose signature fails is ignored")
    require(refuses(open_checkpoint, checkpoint(good, sign_with=bytes(32)), key, [cosigner], 0),
            "a known log whose signature fails is ignored")
    for content in (good + "extension\n", f"PeterNeumann\n00\n{root}\n", f"PeterNeumann\n-1\n{root}\n",
                    f"other\n0\n{root}\n", "PeterNeumann\n0\n", f"PeterNeumann\n0\n{root[:-4]}\n"):
        require(refuses(open_checkpoint, checkpoint(content), key, [cosigner], 0), f"accepted: {content!r}")
    # Tiles: the example of C2SP tlog-tiles, and never an empty one. Entries of up to 65,535 bytes, their lengths in 16
    # bits.
    require(tile_path(0, 1234067, 256) == "tile/0/x001/x234/067", "the known path is another")
    require(tile_path("entries", 1067, 3) == "tile/entries/x001/067.p/3", "a partial bundle's path is another")
    for path in ("tile/0/000.p/0", "tile/0/001.p/01", "tile/0/1", "tile/0/000.p/1000", "tile/64/000", "tile/0/x001"):
        require(refuses(check_tile, path, b"", [[]], []), f"{path} is taken for a tile")
    require(refuses(check_tile, "tile/0/000.p/256", b"", [[]], []), "a full tile is taken for a partial one")
    for size in (0, 1, 65535):
        require(split_bundle(size.to_bytes(2, "big") + bytes(size)) == [bytes(size)], f"an entry of {size} bytes is lost")
    require(refuses(split_bundle, b"\xff\xff" + bytes(65534)), "a bundle that is cut short is accepted")
    require(refuses(split_bundle, b"\x00"), "half a length is accepted")


def self_test():
    # RFC 8032, 7.1, TEST 2.
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    require(ed25519_holds(public, b"\x72", signature), "a good signature is refused")
    require(not ed25519_holds(public, b"\x73", signature), "another message is accepted")
    for i in range(64):
        changed = signature[:i] + bytes([signature[i] ^ 1]) + signature[i + 1:]
        require(not ed25519_holds(public, b"\x72", changed), "a changed signature is accepted")
    # golang.org/x/mod/sumdb/note.
    key = Key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text, signatures = open_note(
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n")
    key.check(text, signatures[0][2])
    self_test_formats(key, text, signatures[0])
    # google/certificate-transparency.
    leaves = [leaf_hash(bytes.fromhex(one)) for one in
              ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]]
    require(root_of_leaves(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            "the known tree has another root")
    require(leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "the known leaf has another hash")
    require(node_hash(leaves[0], leaves[1]).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "the known node has another hash")
    require(root_of_leaves([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "the empty tree has another root")


def main(arguments):
    if arguments == ["self-test"]:
        self_test()
        return
    command, *rest = arguments
    if command == "cases":
        run_cases(pathlib.Path(rest[0]))
        return
    cosignatures_min = None
    if rest[0] == "--cosignatures":
        cosignatures_min, rest = int(rest[1]), rest[2:]
    files = 2 if command == "verify-proof" else 1
    log, *cosigners = [Key(text) for text in rest[files:]]
    if cosignatures_min is None:
        cosignatures_min = 1 if cosigners else 0
    if command == "verify-proof":
        proof, entry = pathlib.Path(rest[0]).read_bytes().decode(), pathlib.Path(rest[1]).read_bytes()
        verify_proof(proof, entry, log, cosigners, cosignatures_min)
    elif command == "check-log":
        print(f"second: {check_log(pathlib.Path(rest[0]), log, cosigners, cosignatures_min)} entries, all as signed")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Refused, OSError, UnicodeDecodeError) as error:
        print(f"second: {error}", file=sys.stderr)
        sys.exit(1)
    except (IndexError, ValueError):
        sys.exit(__doc__)
