"""Nothing is lost with a custodian: its database, log and pseudonym key come back from the two others, and an old backup
does not bring back what was erased."""

import os
import shutil
import subprocess
import threading
import unittest
import urllib.error
import urllib.request

from support import (ALREADY_EXISTS, BUSY, COMMAND_TIMEOUT_S, DAMAGED, FAULTY, NO, NOT_FOUND, UNAVAILABLE, YES, Answer,
                     NetworkTest, iin, run_program)

# What an operator keeps apart from the machine.
KEPT = {"tls.pem", "sign.key", "storage.key", "policy", "log"}


class Keeping(NetworkTest):
    """The frame of the classes below."""

    def custodian_words(self, command, custodian, *words):
        return ["custodian", command, "--dir", self.net.custodian_folder(custodian), "--network",
                self.net.state / "network.json", *words, "--json"]

    def custodian(self, command, custodian, *words):
        return run_program(*self.custodian_words(command, custodian, *words))

    def lose_all_but_keys(self, custodian):
        for path in self.net.custodian_folder(custodian).iterdir():
            if path.name in KEPT:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def lose_database(self, custodian):
        for path in self.net.custodian_folder(custodian).glob("custodian.sqlite*"):
            path.unlink()

    def entries(self, custodian, event):
        """How many entries of an event a custodian's log has; read from the files that it serves."""
        folder = self.net.log_folder(custodian) / "tile" / "entries"
        newest = max(folder.rglob("*"), key=lambda path: (path.is_file(), int(path.name) if path.name.isdigit() else 0))
        return newest.read_bytes().count(f'"event":"{event}"'.encode())

    def bring_back(self, custodian):
        recovered = self.custodian("recover", custodian)
        self.assertEqual(recovered.code, YES, recovered)
        self.net.start(custodian)
        self.net.wait_ready()
        return recovered.json


class LostCustodianTest(Keeping):
    """Each custodian in turn loses everything but its keys, then its database alone, then its log alone."""

    def test_each_comes_back_as_it_was(self):
        net = self.net
        records = {person: self.enrol(person).json["record"] for person in (1, 2, 3)}
        gone = self.enrol(4)
        self.assertEqual(net.desk("erase", "--id", iin(4)).code, YES)
        locked = self.enrol(5)
        self.assertEqual(run_program("lock", *net.holder(locked), "--state", net.state).code, YES)
        self.assertNotEqual(gone.json["record"], locked.json["record"])

        def check(person):
            # One finger fewer to look for at each turn: all are compared among themselves in any case.
            mated = net.desk("verify", "--id", iin(person), *self.finger(person, take=1))
            self.assertEqual(mated.code, YES, mated)
            other = net.desk("verify", "--id", iin(person), *self.finger("stranger"))
            self.assertEqual(other.code, NO, other)
            found = net.desk("identify", *self.finger(person, take=2))
            self.assertEqual(found.json["records"], [records[person]], found)
            self.expect_error(net.desk("verify", "--id", iin(4), *self.finger(4)), NOT_FOUND)
            self.assertNotEqual(net.desk("verify", "--id", iin(5), *self.finger(5)).code, YES)

        check(1)
        for custodian in range(3):
            others = [i for i in range(3) if i != custodian]
            with self.subTest(custodian=custodian):
                net.stop(custodian)
                self.lose_all_but_keys(custodian)
                ended = net.try_start(custodian)
                self.assertNotEqual(ended.code, 0, ended)
                # Its log is there for everybody meanwhile.
                for other in others:
                    with urllib.request.urlopen(net.log_url(other, f"mirror/{custodian}/checkpoint")) as answer:
                        self.assertTrue(answer.read().decode().startswith(net.origin(custodian)))
                report = self.bring_back(custodian)
                self.assertEqual((report["log"], report["database"], report["pseudonym_key"]), ("recovered",) * 3)
                self.assertEqual(report["people"], 4)
                self.assertFalse((net.custodian_folder(custodian) / "recovery").exists())
                check(custodian + 1)
                # All three say in public that it happened.
                counts = [self.entries(i, "recover") for i in range(3)]
                self.assertGreaterEqual(min(counts), 1, counts)
                new = 10 + custodian
                records[new] = self.enrol(new).json["record"]
                self.assertEqual(net.desk("erase", "--id", iin(new)).code, YES)

        with self.subTest("the database alone"):
            net.stop(1)
            self.lose_database(1)
            self.assertNotEqual(net.try_start(1).code, 0)
            report = self.bring_back(1)
            self.assertEqual((report["log"], report["database"]), ("kept", "recovered"))
            check(1)
        with self.subTest("the log alone"):
            net.stop(2)
            shutil.rmtree(net.log_folder(2))
            self.assertNotEqual(net.try_start(2).code, 0)
            report = self.bring_back(2)
            self.assertEqual((report["log"], report["database"]), ("recovered", "kept"))
            check(2)

    def test_only_known_mirrors_are_served(self):
        for path in ("mirror/0/checkpoint", "mirror/3/checkpoint", "mirror/1/../custodian.sqlite", "mirror/1/",
                     "mirror//checkpoint", "mirror/1", "mirror/1/journal"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(self.net.log_url(0, path))
            self.assertIn(refused.exception.code, (400, 404), path)
            refused.exception.close()


class KilledRecoveryTest(Keeping):
    """A recovery is killed at each of its places, and begun again."""

    faulty = True
    PLACES = ["recover.asked", "recover.log", "recover.begun", "recover.history", "recover.ended"]

    def kill_at(self, custodian, place):
        net = self.net
        net.fault_file(custodian).write_text(place)
        words = [FAULTY, str(net.custodian_folder(custodian)), str(net.state / "network.json"), "recover"]
        done = subprocess.run(words, env={**os.environ, "QORGAN_FAULT_FILE": str(net.fault_file(custodian))},
                              capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S)
        self.assertEqual(done.returncode, -9, Answer(words, done.returncode, done.stdout, done.stderr, 0))

    def test_it_goes_on_where_it_was(self):
        net = self.net
        record = self.enrol(1).json["record"]
        self.enrol(2)
        self.assertEqual(net.desk("erase", "--id", iin(2)).code, YES)
        for custodian, places in ((0, self.PLACES), (1, self.PLACES[1:4:2]), (2, self.PLACES[2:])):
            others = [i for i in range(3) if i != custodian]
            before = [self.entries(i, "recover") for i in others]
            net.stop(custodian)
            self.lose_all_but_keys(custodian)
            for place in places:
                with self.subTest(custodian=custodian, place=place):
                    self.kill_at(custodian, place)
                    if place != "recover.ended":
                        self.assertNotEqual(net.try_start(custodian).code, 0)
                        continue
                    # Whoever lost it at the very end has lost nothing but the word that it is done.
                    self.assertTrue((net.custodian_folder(custodian) / "recovery").exists())
            self.bring_back(custodian)
            mated = net.desk("verify", "--id", iin(1), *self.finger(1, take=1))
            self.assertEqual(mated.code, YES, mated)
            self.assertEqual(net.desk("identify", *self.finger(1, take=2)).json["records"], [record])
            self.expect_error(net.desk("verify", "--id", iin(2), *self.finger(2)), NOT_FOUND)
            # However often it was begun, it is one recovery.
            self.assertEqual([self.entries(i, "recover") for i in others], [count + 1 for count in before])


class BackupTest(Keeping):
    """A backup of a custodian that serves; and put back when it is old."""

    def test_an_erased_person_does_not_come_back(self):
        net = self.net
        stays, goes = self.enrol(1), self.enrol(2)
        self.assertNotEqual(stays.json["record"], goes.json["record"])
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                copy = net.folder / f"backup-{custodian}"
                answers = []
                asking = threading.Thread(target=lambda: answers.extend(
                    net.desk("verify", "--id", iin(1), *self.finger(1, take=1)) for _ in range(3)))
                asking.start()
                made = self.custodian("backup", custodian, "--out", copy)
                asking.join()
                self.assertEqual(made.code, YES, made)
                self.assertEqual({answer.code for answer in answers}, {YES}, [str(answer) for answer in answers])
                self.assertEqual(copy.stat().st_mode & 0o777, 0o600)
                again = self.custodian("backup", custodian, "--out", copy)
                self.expect_error(again, ALREADY_EXISTS)

                # Since then one has gone and one has come.
                self.assertEqual(net.desk("erase", "--id", iin(2)).code, YES)
                later = self.enrol(20 + custodian).json["record"]
                self.expect_error(self.custodian("restore", custodian, "--from", copy), BUSY)
                net.stop(custodian)
                restored = self.custodian("restore", custodian, "--from", copy)
                self.assertEqual(restored.code, YES, restored)
                # It holds the erased record again, and does not serve.
                held = net.rows(custodian, "SELECT count(*) FROM records")[0][0]
                self.assertEqual(held, 2 + custodian)
                ended = net.try_start(custodian)
                self.assertEqual(ended.code, DAMAGED, ended)
                self.assertIn("recover this custodian", ended.err)
                self.assertEqual(net.desk("verify", "--id", iin(1), *self.finger(1)).code, UNAVAILABLE)

                report = self.bring_back(custodian)
                self.assertEqual((report["database"], report["log"]), ("kept", "kept"))
                self.expect_error(net.desk("verify", "--id", iin(2), *self.finger(2, take=1)), NOT_FOUND)
                self.assertEqual(net.desk("identify", *self.finger(2, take=1)).json["candidates"], 0)
                self.assertEqual(net.desk("identify", *self.finger(20 + custodian, take=1)).json["records"], [later])
                self.assertEqual(net.desk("verify", "--id", iin(1), *self.finger(1, take=2)).code, YES)
                self.assertEqual(self.entries(custodian, "restore"), 1)
                self.assertEqual(list(net.custodian_folder(custodian).glob("*.old*")), [])
                self.enrol(2)

    def test_what_a_restore_replaces_is_destroyed(self):
        """A backup of this moment needs no recovery; the database that it replaced must not outlive it."""
        net = self.net
        self.enrol(5)
        copy = net.folder / "present"
        self.assertEqual(self.custodian("backup", 1, "--out", copy).code, YES)
        net.stop(1)
        self.assertEqual(self.custodian("restore", 1, "--from", copy).code, YES)
        self.assertNotEqual(list(net.custodian_folder(1).glob("*.old*")), [], "lost before there is another one")
        net.start(1)
        net.wait_ready()
        self.assertEqual(list(net.custodian_folder(1).glob("*.old*")), [])
        self.assertEqual(net.desk("verify", "--id", iin(5), *self.finger(5, take=1)).code, YES)
        self.assertEqual(net.desk("erase", "--id", iin(5)).code, YES)

    def test_what_is_no_backup_is_not_restored(self):
        net = self.net
        net.stop(1)
        before = net.rows(1, "SELECT count(*) FROM operations")
        nonsense = net.folder / "nonsense"
        nonsense.write_bytes(os.urandom(20000))
        self.expect_error(self.custodian("restore", 1, "--from", nonsense), DAMAGED, "nonsense")
        self.expect_error(self.custodian("restore", 1, "--from", net.folder / "nothing"), NOT_FOUND)
        self.assertEqual(net.rows(1, "SELECT count(*) FROM operations"), before)
        net.start(1)
        net.wait_ready()


if __name__ == "__main__":
    unittest.main()
