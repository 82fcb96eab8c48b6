"""Every stored byte, log and dump is scanned for planted names, ID numbers, minutiae and templates, through a life of
everything that a network does."""

import json
import os
import random
import shutil
import unittest
import urllib.error
import urllib.request

import subject
from logs import download
from needles import Needles, minutia_forms, number_forms, template_forms, text_forms
from support import ALREADY_EXISTS, LOOK, NO, NOT_FOUND, REFUSED, YES, Network, NetworkTest, iin, run_program, wait_until
from test_privacy import PAGE, look

# Who is planted as an operator, by what they ask for.
OPERATORS = {"enrol": "Zylikha Enrolova", "verify": "Қойшыбаева Гүлнәр", "identify": "Identifikator Qasym",
             "verify nobody": "Refused Nobodiev", "prove-absence": "Absentia Zhoqova", "enrol again": "Duplicate Ekinshi",
             "erase": "Eraser Oshirgish"}
ERASED, STAYS, WITHDRAWN, PICTURE, NOBODY = range(40, 45)
EMPTY_PAGE = bytes(PAGE)
WINDOW = 1 << 20  # of a large file, in which something is planted
PEOPLE = (ERASED, STAYS, WITHDRAWN, PICTURE)


def files_under(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


class ScanTest(NetworkTest):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.seed = int(os.environ.get("QORGAN_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"QORGAN_TEST_SEED={cls.seed}", flush=True)
        cls.chance = random.Random(cls.seed)
        cls.net = Network()
        cls.addClassCleanup(cls.net.close)
        cls.temporary = cls.net.folder / "temporary"
        cls.work = cls.net.folder / "work"
        for folder in (cls.temporary, cls.work):
            folder.mkdir()
        # Whatever any of the processes puts aside is put where it is looked for.
        before = os.environ.get("TMPDIR")
        os.environ["TMPDIR"] = str(cls.temporary)
        cls.addClassCleanup(lambda: os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before))
        assert cls.net.start_words(0)[-2:] == ["--log-level", "debug"], "the most that it can say"
        cls.net.start_all()
        cls.needles, cls.said = Needles(), cls.net.folder / "said"

    # --- the life ---

    def ask(self, command, *words, code=YES, operator=None):
        """As the desk; what it says of errors and progress is scanned as well."""
        more = ["--operator", OPERATORS[operator]] if operator else []
        answer = self.net.desk(command, *words, *more)
        self.assertEqual(answer.code, code, answer)
        with open(self.said, "a") as said:
            said.write(answer.err)
        return answer

    def custodian(self, command, custodian, *words):
        answer = run_program("custodian", command, "--dir", self.net.custodian_folder(custodian), "--network",
                             self.net.state / "network.json", *words, "--json")
        self.assertEqual(answer.code, YES, answer)
        with open(self.said, "a") as said:
            said.write(answer.out + answer.err)
        return answer

    def pictures(self):
        """Two impressions of an artificial finger, as a scanner gives them."""
        folder = self.net.folder / "pictures"
        made = run_program("lab", "synth", "--people", 1, "--impressions", 2, "--difficulty", 0, "--seed",
                           self.seed, "--out", folder)
        self.assertEqual(made.code, YES, made)
        return sorted(folder.glob("*.png"))

    def print_of(self, person, take=0):
        return self.images[take] if person == PICTURE else self.print_file(f"{self.seed} {person}", take)

    def words_of(self, person, take=0):
        return ["--id", iin(person), "--finger", f"right-index={self.print_of(person, take)}"]

    def plant_print(self, person, take):
        path = self.print_of(person, take)
        self.needles.add("template", person, template_forms(look("template", path)[0]))
        if person == PICTURE:
            content = path.read_bytes()
            self.needles.add("picture", person, [(f"part {at}", content[at:at + 32]) for at in
                                                 range(1024, len(content) - 32, 4096)])
        else:
            self.needles.add("minutiae", person, minutia_forms(path.read_text()))

    def plant(self):
        self.images = self.pictures()
        for name, operator in OPERATORS.items():
            self.needles.add("operator", name, text_forms(operator))
        for person in (*PEOPLE, NOBODY):
            self.needles.add("number", person, number_forms(iin(person)))
        for person in PEOPLE:
            for take in range(2):
                self.plant_print(person, take)

    def plant_secret(self, person, enrolled):
        """What the receipt alone has; and the key that is made of it, which custodians keep sealed."""
        text = enrolled.json["secret"]
        self.needles.add("secret", person, [("text", text.encode()), ("digits", text.replace("-", "").encode()),
                                            ("bytes", subject.decode(text))])
        self.needles.add("access seed", person, [("bytes", subject.derive(subject.decode(text), subject.decode(
            enrolled.json["handle"]), "qorgan access v1"))])
        self.needles.add("view key", person, [("bytes", subject.view_key(enrolled.json))])

    def live(self):
        """Uses, refusals, rights, a refresh."""
        enrolled = {}
        for person in PEOPLE:
            enrolled[person] = self.ask("enrol", *self.words_of(person), operator="enrol")
            self.plant_secret(person, enrolled[person])
        for person in PEOPLE:
            self.ask("verify", *self.words_of(person, 1), operator="verify")
        other = ["--finger", f"right-index={self.print_of(STAYS, 1)}"]
        self.ask("verify", "--id", iin(ERASED), *other, code=NO, operator="verify")
        self.ask("verify", "--id", iin(NOBODY), *other, code=NOT_FOUND, operator="verify nobody")
        self.ask("enrol", *self.words_of(STAYS, 1), code=ALREADY_EXISTS, operator="enrol again")
        for words in (other, ["--finger", f"right-index={self.print_of(PICTURE, 1)}"]):
            self.ask("identify", *words, operator="identify")
        self.ask("prove-absence", "--id", iin(NOBODY), operator="prove-absence")
        self.ask("prove-absence", "--id", iin(STAYS), code=REFUSED, operator="prove-absence")
        self.ask("consent", "withdraw", *self.net.holder(enrolled[WITHDRAWN]))
        self.ask("lock", *self.net.holder(enrolled[STAYS]))
        self.ask("unlock", *self.net.holder(enrolled[STAYS]))
        self.ask("trace", *self.net.holder(enrolled[ERASED]))
        refreshed = self.custodian("refresh", 0)
        self.assertEqual(refreshed.json["people"], len(PEOPLE))
        return enrolled

    # --- the scan ---

    def expect(self, place, files, allowed=frozenset(), full=True):
        """That of all needles the files hold those of the allowed kinds alone; with `full` each of these kinds. And that
        the scan finds what is planted in a copy of one of the files."""
        files = [file for file in files if file.stat().st_size > 0]
        self.assertTrue(files, place)
        victim, planted = self.chance.choice(files), self.work / "planted"
        chosen = self.plant_in(victim, planted)
        found = self.needles.find([*files, planted], self.work)
        planted.unlink()
        self.assertLessEqual({self.needles.all[needle] for needle in chosen}, found.pop(planted, set()),
                             f"{place}: planted in {victim}, seed {self.seed}")
        wrong = {str(path): sorted(map(str, told))[:5] for path, told in found.items()
                 if {kind for kind, _, _ in told} - allowed}
        self.assertEqual(wrong, {}, f"{place}, seed {self.seed}")
        if full:
            self.assertEqual({kind for told in found.values() for kind, _, _ in told}, allowed, place)

    def plant_in(self, victim, path):
        """Writes a copy with a needle of each kind, each at a place of its own; gives them."""
        with open(victim, "rb") as file:
            file.seek(self.chance.randrange(max(victim.stat().st_size - WINDOW, 0) + 1))
            content = file.read(WINDOW)
        chosen = [self.chance.choice(one) for _, one in sorted(self.by_kind().items())]
        places = sorted(self.chance.randrange(len(content) + 1) for _ in chosen)
        parts = [content[begin:end] + needle for begin, end, needle in zip([0, *places], places, chosen)]
        path.write_bytes(b"".join(parts) + content[places[-1]:])
        return chosen

    def by_kind(self):
        kinds = {}
        for needle, (kind, _, _) in self.needles.all.items():
            kinds.setdefault(kind, []).append(needle)
        return kinds

    def expect_quiet(self, when):
        """All that lies on a disk where everything runs on: databases and journals with their free pages, logs and
        mirrors, what the daemons say, a desk's folder, what was put aside for a moment."""
        for custodian in range(3):
            folder = self.net.custodian_folder(custodian)
            files = files_under(folder)
            names = {path.relative_to(folder).parts[0] for path in files}
            self.assertLessEqual({"custodian.sqlite", "ledger", "log", "storage.key", "policy"}, names)
            self.expect(f"custodian {custodian} {when}", files)
        self.expect(f"the desk {when}", files_under(self.net.state / "desk"))
        self.expect(f"what commands say {when}", [self.said])
        # A temporary file that is there has to be empty of them as well; as a rule there is none.
        left = files_under(self.temporary)
        if any(path.stat().st_size for path in left):
            self.expect(f"temporary files {when}", left)

    def expect_public(self, when):
        for custodian in range(3):
            folder = self.work / f"served-{custodian}"
            shutil.rmtree(folder, ignore_errors=True)
            download(self.net, custodian, folder)
            others = [i for i in range(3) if i != custodian]
            paths = [self.net.log_url(custodian, path) for path in
                     ("checkpoint", "policy", "nothing", *(f"mirror/{i}/checkpoint" for i in others))]
            for number, path in enumerate(paths):
                try:
                    with urllib.request.urlopen(path, timeout=10) as answer:
                        body = answer.read() + str(answer.headers).encode()
                except urllib.error.HTTPError as error:
                    body = error.read() + str(error.headers).encode()
                (folder / f"body-{number}").write_bytes(body)
            for right in ("trace", "nothing"):
                status, body = subject.ask(self.net, custodian, f"/rights/1/{right}", "{}")
                self.assertGreaterEqual(status, 400)
                (folder / f"right-{right}").write_text(body)
            self.expect(f"what custodian {custodian} serves {when}", files_under(folder))

    def dump(self, custodian):
        """What a custodian can read and write, but for the pages that nothing was written to."""
        process, path = self.net.processes[custodian].pid, self.work / f"memory-{custodian}"
        try:
            memory = open(f"/proc/{process}/mem", "rb", buffering=0)
        except PermissionError:
            self.skipTest("this system does not let a process read its children's memory")
        with memory, open(f"/proc/{process}/maps") as maps, open(path, "wb") as out:
            for line in maps:
                addresses, rights = line.split()[:2]
                if not rights.startswith("rw") or "[vvar]" in line:
                    continue
                at, end = (int(address, 16) for address in addresses.split("-"))
                while at < end:
                    try:
                        memory.seek(at)
                        piece = memory.read(min(end - at, WINDOW))
                    except OSError:
                        break
                    at += len(piece)
                    if piece.count(0) < len(piece):
                        pages = (piece[i:i + PAGE] for i in range(0, len(piece), PAGE))
                        out.write(b"".join(page for page in pages if page != EMPTY_PAGE))
        return path

    def shares_needles(self, shares):
        """Pieces of one custodian's shares as the match reads them, by who of those enrolled it is."""
        all_of_them = Needles()
        for person, share in shares.items():
            for row in range(0, 32, 3):
                for half in (0, 128):
                    at = 256 * row + half
                    all_of_them.add_plain("share", person, share[at:at + 64])
        return all_of_them

    def opened_backup(self, custodian, copy):
        """A backup and the custodian's keys, put where a custodian would look."""
        folder = self.work / f"opened-{custodian}"
        folder.mkdir()
        for path in self.net.custodian_folder(custodian).iterdir():
            if path.is_file() and not path.name.startswith("custodian.sqlite") and path.name != "log":
                shutil.copy(path, folder)
        shutil.copy(copy, folder / "custodian.sqlite")
        return folder

    def expect_backups(self, enrolled):
        """Sealed, a backup shows nothing; opened, it has what a custodian may know, and no more. Gives the shares."""
        network, backups, folders, shares = self.net.state / "network.json", [], [], []
        for custodian in range(3):
            copy = self.net.folder / f"backup-{custodian}"
            self.custodian("backup", custodian, "--out", copy)
            backups.append(copy)
            folders.append(self.opened_backup(custodian, copy))
            look("opened", network, folders[-1], self.work)
            openings, requests, rest = (self.work / name for name in ("openings", "requests", "rest"))
            self.expect(f"the backup of custodian {custodian}, opened: openings", [openings], {"operator"})
            self.expect(f"the backup of custodian {custodian}, opened: requests of this hour", [requests], {"operator"})
            self.expect(f"the backup of custodian {custodian}, opened: all else", [rest], {"view key"})
            known = self.needles.find([openings], self.work)[openings]
            self.assertEqual({whose for _, whose, _ in known}, set(OPERATORS) - {"erase"})
            lines = look("shares", network, folders[-1])
            by_record = sorted(PEOPLE, key=lambda person: enrolled[person].json["record"])
            shares.append(dict(zip(by_record, lines, strict=True)))
        self.expect("the backups", backups)
        # The control: what is in two of them together is everything.
        rebuilt = self.work / "rebuilt"
        rebuilt.write_bytes(b"".join(look("rebuild", network, folders[0], folders[1])))
        told = self.needles.find([rebuilt], self.work)[rebuilt]
        self.assertEqual({(kind, whose) for kind, whose, _ in told}, {("template", person) for person in PEOPLE})
        for path in (*folders, openings, requests, rest, rebuilt):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return backups, shares

    def expect_memory(self, shares, gone, when):
        """A custodian's memory has who asks, while it is asked, and its shares; those of the erased no longer."""
        for custodian in range(3):
            dump = self.dump(custodian)
            self.expect(f"memory of custodian {custodian} {when}", [dump], {"operator", "view key"}, full=False)
            pieces = self.shares_needles(shares[custodian])
            told = pieces.find([dump], self.work).get(dump, set())
            self.assertEqual({whose for _, whose, _ in told}, set(PEOPLE) - gone, f"custodian {custodian} {when}")
            dump.unlink()

    def rotate(self, custodian, kind):
        new = self.work / "rotated.json"
        self.custodian("rotate", custodian, f"--{kind}", "--out", new)
        self.net.restart(custodian)
        new.replace(self.net.state / "network.json")
        for each in range(3):
            self.net.stop(each)
        self.net.start_all()

    def test_a_life_leaves_nothing(self):
        self.plant()
        enrolled = self.live()
        self.expect_needles()
        self.expect_quiet("while all live")
        self.expect_public("while all live")
        backups, shares = self.expect_backups(enrolled)
        self.expect_memory(shares, set(), "while all live")

        certificate = self.net.folder / "certificate.json"
        self.ask("erase", *self.net.holder(enrolled[ERASED]), "--certificate", certificate)
        self.ask("erase", "--id", iin(PICTURE), operator="erase")
        self.expect_memory(shares, {ERASED, PICTURE}, "after two erasures")
        self.expect("a certificate", [certificate])
        self.expect_quiet("after two erasures")

        # The old copy has both again, until the custodian is recovered from the others.
        self.net.stop(1)
        self.custodian("restore", 1, "--from", backups[1])
        self.custodian("recover", 1)
        self.net.start(1)
        self.net.wait_ready()
        self.expect_memory(shares, {ERASED, PICTURE}, "after a restore")
        self.ask("verify", *self.words_of(ERASED, 1), code=NOT_FOUND, operator="verify nobody")
        self.rotate(2, "log")
        self.rotate(0, "tls")
        self.ask("verify", *self.words_of(STAYS, 1), operator="verify")
        self.expect_quiet("at last")
        self.expect_public("at last")
        for custodian in range(3):
            self.assertIn("listens", self.net.log(custodian))
            self.net.stop(custodian)
        self.expect_quiet("when all have stopped")

    def expect_needles(self):
        """Each needle is found, one by one, between others and where two are in the same words; nothing in noise."""
        path = self.work / "all"
        noise = self.chance.randbytes(1 << 20)
        path.write_bytes(noise)
        self.assertEqual(self.needles.find([path], self.work), {})
        path.write_bytes(b"".join(needle + self.chance.randbytes(self.chance.randrange(9)) for needle in self.needles))
        self.assertEqual(self.needles.find([path], self.work)[path], set(self.needles.all.values()))
        path.unlink()
        # And where they do stand: in the prints themselves, and in what the program says to the person.
        kinds = {"minutiae": self.print_of(STAYS), "picture": self.print_of(PICTURE)}
        for kind, file in kinds.items():
            self.assertEqual({told[0] for told in self.needles.find([file], self.work)[file]}, {kind})
        self.assertGreater(len(self.needles.all), 5000)
        self.assertEqual(len({told[0] for told in self.needles.all.values()}), 8)


if __name__ == "__main__":
    unittest.main(verbosity=2)
