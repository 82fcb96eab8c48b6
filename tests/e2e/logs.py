"""The custodians' logs as any reader finds them: over HTTP, checked by the second implementation (tests/ledger)."""

import json
import shutil
import sys
import urllib.request
from pathlib import Path

from support import run_program

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger"))
import second  # noqa: E402

AGREED = {"enrol", "verify", "identify", "erase", "withdraw", "lock", "unlock"}


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def download(net, custodian, folder):
    """The checkpoint and the tiles that it asks for, each in its place under the folder."""

    def save(path):
        content = fetch(net.log_url(custodian, path))
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        return content

    size = int(save("checkpoint").decode().split("\n")[1])
    for level, nodes in [("entries", size)] + [(i, size >> 8 * i) for i in range(8) if size >> 8 * i]:
        for index in range((nodes + 255) // 256):
            save(second.tile_path(level, index, min(256, nodes - 256 * index)))


def read_log(net, custodian):
    """Its entries, of which a cosigned checkpoint holds each one, by index."""
    folder = net.folder / f"read-{custodian}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    download(net, custodian, folder)
    cosigners = [second.Key(net.vkey(i, cosigner=True)) for i in range(3) if i != custodian]
    size = second.check_log(folder, second.Key(net.vkey(custodian)), cosigners, 1)
    return [json.loads(entry) for entry in second.read_entries(folder, size)]


def read_logs(net):
    return [read_log(net, custodian) for custodian in range(3)]


def entries_of(log, chosen):
    """The events of one request, in order."""
    return [entry["event"] for entry in log if entry.get("request") == chosen]


def fsck(net, custodian, folder=None):
    """The product's own check, of a log that nobody writes to."""
    keys = [word for i in range(3) if i != custodian for word in ("--cosigner", net.vkey(i, cosigner=True))]
    return run_program("log", "fsck", folder or net.log_folder(custodian), "--key", net.vkey(custodian), *keys,
                       "--cosignatures", 1, "--entries", "--json")
