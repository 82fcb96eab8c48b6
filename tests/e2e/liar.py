"""A custodian that lies in its log: whatever content it likes, rightly signed and cosigned, served over HTTP."""

import base64
import functools
import http.server
import threading
import time

from logs import second


class Liar:
    """Has a custodian's signing key, and an accomplice's who cosigns whatever it is shown."""

    def __init__(self, net, custodian, accomplice, folder):
        self.net, self.custodian, self.accomplice, self.folder = net, custodian, accomplice, folder
        folder.mkdir()
        handler = functools.partial(Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def log(self):
        """As `qorgan log follow --log` names it."""
        return f"{self.net.vkey(self.custodian)}=http://127.0.0.1:{self.server.server_address[1]}"

    def write(self, path, content):
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(content)

    def seed(self, custodian):
        return (self.net.custodian_folder(custodian) / "sign.key").read_bytes()

    def checkpoint(self, entries, cosigned=True):
        root = second.root_of_leaves([second.leaf_hash(entry) for entry in entries])
        text = f"{self.net.origin(self.custodian)}\n{len(entries)}\n{base64.b64encode(root).decode()}\n".encode()
        key = second.Key(self.net.vkey(self.custodian))
        lines = self.line(key, second.ed25519_sign(self.seed(self.custodian), text))
        if cosigned:
            key, now_s = second.Key(self.net.vkey(self.accomplice, cosigner=True)), int(time.time())
            signed = second.ed25519_sign(self.seed(self.accomplice), b"cosignature/v1\ntime %d\n" % now_s + text)
            lines += self.line(key, now_s.to_bytes(8, "big") + signed)
        return text + b"\n" + lines

    @staticmethod
    def line(key, signature):
        return f"\u2014 {key.name} {base64.b64encode(key.id + signature).decode()}\n".encode()

    def publish(self, entries, **options):
        """A log of these entries, whole in itself."""
        levels = second.levels_of([second.leaf_hash(entry) for entry in entries])
        for level, hashes in enumerate(levels):
            for begin in range(0, len(hashes), 256):
                part = hashes[begin:begin + 256]
                self.write(second.tile_path(level, begin // 256, len(part)), b"".join(part))
        self.write_bundles(entries)
        self.write("checkpoint", self.checkpoint(entries, **options))

    def write_bundles(self, entries):
        for begin in range(0, len(entries), 256):
            part = entries[begin:begin + 256]
            bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in part)
            self.write(second.tile_path("entries", begin // 256, len(part)), bundle)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass
