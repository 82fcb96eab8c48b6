"""What one custodian holds says nothing about a print or an ID number; what two hold together says all."""

import re
import socket
import subprocess
import threading
import unittest

import subject
from logs import download
from support import ALREADY_EXISTS, LOOK, STALE, UNAVAILABLE, YES, NetworkTest, iin, request_id

# Who asks stands in the details alone, which are sealed.
OPERATOR = "Zylikha Operatorova"


def look(*words):
    done = subprocess.run([LOOK, *map(str, words)], capture_output=True, text=True, check=True, timeout=60)
    return [bytes.fromhex(line) for line in done.stdout.split()]


PAGE = 4096


def memory_of(process):
    """What the process can read and write, in pieces, without the pages that nothing was ever written to."""
    with open(f"/proc/{process.pid}/maps") as maps, open(f"/proc/{process.pid}/mem", "rb") as memory:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not match or "[vvar]" in line:
                continue
            start, end = (int(number, 16) for number in match.groups())
            try:
                memory.seek(start)
                piece = memory.read(end - start)
            except OSError:
                continue
            pages = (piece[at:at + PAGE] for at in range(0, len(piece), PAGE))
            yield b"".join(page if any(page) else b"\0" for page in pages)


def files_of(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


class PrivacyTest(NetworkTest):
    people = 24

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        helper = cls("test_files_of_one_custodian")
        cls.templates, cls.secrets = {}, []
        for person in range(cls.people):
            path = helper.print_file(person)
            words = ["--finger", f"right-index={path}", "--operator", OPERATOR]
            enrolled = cls.net.desk("enrol", "--id", iin(person), *words)
            assert enrolled.code == YES, enrolled
            cls.templates[person] = look("template", path)[0]
            cls.secrets += cls.secrets_of(enrolled)
        # Requests of each other kind, so that their traces are there as well.
        probe = helper.print_file(0, take=1)
        cls.probe = look("template", probe)[0]
        for words in (["verify", "--id", iin(0)], ["verify", "--id", iin(1)], ["identify"]):
            cls.net.desk(*words, "--finger", f"right-index={probe}", "--operator", OPERATOR)
        assert cls.net.desk("lock", *cls.net.holder(enrolled)).code == YES
        assert cls.net.desk("trace", *cls.net.holder(enrolled)).code == YES
        assert cls.net.desk("erase", "--id", iin(cls.people - 1), "--operator", OPERATOR).code == YES

    @classmethod
    def secrets_of(cls, enrolled):
        """What the holder of the receipt alone has, and what is made of it: the key of the person's entries."""
        text = enrolled.json["secret"]
        return [text.encode(), text.replace("-", "").encode(), subject.decode(text), subject.view_key(enrolled.json)]

    def rows(self):
        """Pieces of every template, as a row keeps its signs and as a probe's row does."""
        for whole in [*self.templates.values(), self.probe]:
            for row in range(4):
                signs = whole[128 * row:128 * row + 64]
                yield signs
                yield bytes(2 * sign for sign in signs)

    def numbers(self):
        return {iin(person).encode() for person in range(self.people)}

    def find_in(self, content, where):
        """One walk over the content for what looks like a row or a number, and a close look at that."""
        rows = list(self.rows())
        for pattern in (rb"[\x00\x01]{64,}", rb"[\x00\x02]{64,}"):
            for found in re.finditer(pattern, content):
                if any(found.group()):
                    for row in rows:
                        self.assertNotIn(row, found.group(), where)
        digits = set(re.findall(rb"(?=([0-9]{12}))", content))
        self.assertFalse(digits & self.numbers(), where)

    def find_planted(self, content, where):
        self.find_in(content, where)
        for planted in [OPERATOR.encode(), *self.secrets]:
            self.assertNotIn(planted, content, where)

    def test_templates_are_worth_searching(self):
        """Each piece searched for is like no other."""
        for whole in self.templates.values():
            self.assertEqual(len(whole), 4096)
            for row in range(4):
                signs = whole[128 * row:128 * row + 64]
                self.assertEqual(set(signs), {0, 1})
                self.assertTrue(8 < sum(signs) < 56)

    def test_the_search_finds_what_is_there(self):
        row = next(self.rows())
        for content in (b"ab" + row + b"cd", bytes(100) + bytes(2 * sign for sign in row), b"7" + iin(3).encode()):
            with self.assertRaises(AssertionError):
                self.find_in(content, "planted")
        self.find_in(bytes(1000) + iin(self.people + 5).encode(), "not planted")

    def test_files_of_one_custodian(self):
        for custodian in range(3):
            for path, content in files_of(self.net.custodian_folder(custodian)):
                self.find_planted(content, path)
        self.assertIn(b"listens", (self.net.custodian_folder(0) / "log").read_bytes())
        names = {path.name for path, _ in files_of(self.net.custodian_folder(0))}
        self.assertLessEqual({"custodian.sqlite", "journal", "checkpoint", "log"}, names)

    def test_what_is_served_of_the_logs(self):
        for custodian in range(3):
            folder = self.net.folder / f"served-{custodian}"
            download(self.net, custodian, folder)
            contents = b"".join(content for _, content in files_of(folder))
            self.assertGreater(contents.count(b'"event":"enrol"'), self.people - 1)
            self.find_planted(contents, folder)
            # Nor a handle, by which somebody could be followed from one use to the next.
            for record in self.net.rows(custodian, "SELECT record_id FROM records"):
                self.assertNotIn(record[0], contents)
                self.assertNotIn(record[0].hex().encode(), contents)

    def test_memory_of_one_custodian(self):
        for custodian in range(3):
            try:
                pieces = list(memory_of(self.net.processes[custodian]))
            except PermissionError:
                self.skipTest("this system does not let a process read its children's memory")
            # What a custodian may know is there: that nothing else was found is no fault of the reading.
            self.assertGreater(sum(map(len, pieces)), self.people * 8192)
            self.assertTrue(any(b'"operator"' in piece for piece in pieces))
            for piece in pieces:
                self.find_in(piece, f"custodian {custodian}")

    def test_numbers_are_in_no_log(self):
        for custodian in range(3):
            log = self.net.log(custodian)
            self.assertIsNone(re.search(r"(?<!\d)\d{12}(?!\d)", log), log)


class ErasedTest(NetworkTest):
    """What is destroyed is in no file of any custodian, not even sealed."""

    def sealed(self, custodian, record):
        """Everything of one record in a custodian's database that only its keys open, by what it is."""
        found = {}
        for name, sql in {
                "wrapped key": "SELECT wrapped FROM record_keys JOIN records USING(seq) WHERE record_id = x'{}'",
                "details": "SELECT details FROM record_keys JOIN records USING(seq) WHERE record_id = x'{}'",
                "share": "SELECT sealed FROM shares JOIN records USING(seq) WHERE record_id = x'{}'",
                "pseudonym": "SELECT pseudonym FROM records WHERE record_id = x'{}'",
                "access key": "SELECT access_key FROM records WHERE record_id = x'{}'",
                "opening": "SELECT opening FROM entries JOIN records ON record_seq = seq WHERE record_id = x'{}'",
        }.items():
            found[name] = [row[0] for row in self.net.rows(custodian, sql.format(record)) if row[0]]
            self.assertTrue(found[name], name)
        return found

    def where(self, custodian, blob):
        """The files of a custodian that hold the middle of a blob; long ones lie in several pages."""
        middle = len(blob) // 2
        piece = blob[max(middle - 16, 0):middle + 16]
        return [path.name for path, content in files_of(self.net.custodian_folder(custodian)) if piece in content]

    def test_nothing_is_left(self):
        erased = self.enrol(1)
        stays = self.enrol(2)
        for take in range(3):
            for person in (1, 2):
                asked = self.net.desk("verify", "--id", iin(person), *self.finger(person, take=take))
                self.assertEqual(asked.code, YES, asked)
        before = [self.sealed(custodian, erased.json["record"]) for custodian in range(3)]
        kept = [self.sealed(custodian, stays.json["record"]) for custodian in range(3)]
        for custodian in range(3):
            for blobs in before[custodian].values():
                self.assertTrue(all(self.where(custodian, blob) for blob in blobs))
        gone = self.net.desk("erase", *self.net.holder(erased))
        self.assertEqual(gone.code, YES, gone)
        for custodian in range(3):
            for name, blobs in before[custodian].items():
                for blob in blobs:
                    self.assertEqual(self.where(custodian, blob), [], name)
            self.assertEqual(self.sealed(custodian, stays.json["record"]), kept[custodian])


class SharesTest(NetworkTest):
    people = 24

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        helper = cls("test_two_custodians_together")
        cls.templates = set()
        for person in range(cls.people):
            path = helper.print_file(person)
            enrolled = cls.net.desk("enrol", "--id", iin(person), "--finger", f"right-index={path}")
            assert enrolled.code == YES, enrolled
            cls.templates.add(look("template", path)[0])
        for custodian in range(3):
            cls.net.stop(custodian)

    def test_two_custodians_together(self):
        """The control: any two rebuild every template to the last bit."""
        for a, b in ((0, 1), (1, 2), (2, 0)):
            rebuilt = look("rebuild", self.net.state / "network.json", self.net.custodian_folder(a),
                           self.net.custodian_folder(b))
            self.assertEqual(set(rebuilt), self.templates)

    def test_one_custodian_alone(self):
        """Each half of what it holds is uniform: chi-square over byte values and over neighbouring bits. 255 degrees of
        freedom: 400 is passed once in 10^8."""
        for custodian in range(3):
            shares = look("shares", self.net.state / "network.json", self.net.custodian_folder(custodian))
            self.assertEqual(len(shares), self.people)
            for half in (0, 1):
                cells = b"".join(share[256 * row + 128 * half:256 * row + 128 * half + 128]
                                 for share in shares for row in range(32))
                self.assertEqual(len(cells), self.people * 4096)
                for values in (cells, bytes((a - b) % 256 for a, b in zip(cells, cells[1:]))):
                    expected = len(values) / 256
                    counts = [0] * 256
                    for value in values:
                        counts[value] += 1
                    self.assertLess(sum((count - expected) ** 2 / expected for count in counts), 400)
            # And no two records have a share in common.
            self.assertEqual(len({share[:256] for share in shares}), self.people)


class Eavesdropper:
    """Stands between a desk and custodian 0, records what passes, and may change a byte on the way."""

    def __init__(self, port, flip_at=None):
        self.flip_at, self.passed, self.lock = flip_at, bytearray(), threading.Lock()
        self.target, self.ends = port, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            self.ends += [near, far]
            for source, sink, changes in ((near, far, True), (far, near, False)):
                threading.Thread(target=self.carry, args=(source, sink, changes), daemon=True).start()

    def carry(self, source, sink, changes):
        try:
            while data := source.recv(65536):
                with self.lock:
                    before = len(self.passed)
                    self.passed += data
                    if changes and self.flip_at is not None and before <= self.flip_at < before + len(data):
                        changed = bytearray(data)
                        changed[self.flip_at - before] ^= 4
                        data, self.flip_at = bytes(changed), None
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        for end in (self.listener, *self.ends):
            end.close()


class TrafficTest(NetworkTest):
    """The way between a desk and a custodian."""

    def desk_through(self, eavesdropper, *words):
        text = (self.net.state / "network.json").read_text()
        path = self.net.folder / "through.json"
        path.write_text(text.replace(f'"port": {self.net.port},', f'"port": {eavesdropper.port},', 1))
        self.assertIn(str(eavesdropper.port), path.read_text())
        return self.net.desk(*words, "--network", path)

    def test_nothing_passes_in_the_clear(self):
        between = Eavesdropper(self.net.port)
        self.addCleanup(between.close)
        path = self.print_file(1)
        answer = self.desk_through(between, "enrol", "--id", iin(1), "--finger", f"right-index={path}", "--operator",
                                   "Eve's neighbour")
        self.assertEqual(answer.code, YES, answer)
        self.assertEqual(self.desk_through(between, "verify", "--id", iin(1), *self.finger(1, take=1)).code, YES)
        self.assertGreater(len(between.passed), 4000)
        template = look("template", path)[0]
        for secret in (iin(1).encode(), b"Eve's neighbour", b"request", b"hello", template[:32],
                       answer.json["record"].encode(), answer.json["request_id"].encode()):
            self.assertNotIn(secret, between.passed)

    def test_a_byte_changed_on_the_way(self):
        """Wherever it is changed: an answer all the same, after repeating, or a clear error; never half a request."""
        size = Eavesdropper(self.net.port)
        self.addCleanup(size.close)
        person = 100
        self.assertEqual(self.desk_through(size, "enrol", "--id", iin(person), *self.finger(person)).code, YES)
        whole = len(size.passed)
        for step in range(8):
            person += 1
            at = whole * step // 8 + 5
            with self.subTest(at=at, of=whole):
                before = next(iter(self.net.people()))
                between = Eavesdropper(self.net.port, flip_at=at)
                words = ["enrol", "--id", iin(person), *self.finger(person), "--request-id", request_id()]
                answer = self.desk_through(between, *words)
                between.close()
                again = self.net.desk(*words)
                # Done, or given up at all three because one copy never came; who was told that it is done is told no
                # second time, as there is a receipt.
                if answer.code == YES:
                    self.expect_error(again, ALREADY_EXISTS, "receipt")
                else:
                    self.assertIn(again.code, (YES, UNAVAILABLE, STALE), f"{answer}\n{again}")
                    self.assertRegex(answer.err, r"custodian \d", answer)
                self.assertEqual(self.net.people(), {before + (YES in (answer.code, again.code))})


if __name__ == "__main__":
    unittest.main(verbosity=2)
