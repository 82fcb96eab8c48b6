"""Custodians that are down, hang, or must not start."""

import json
import os
import random
import resource
import shutil
import signal
import time
import unittest
from pathlib import Path

from logs import entries_of, read_logs
from support import (ALREADY_EXISTS, BUSY, DAMAGED, FAULTY, INVALID_INPUT, NO, NOT_FOUND, PROGRAM, REFUSED, STALE,
                     STORAGE_FULL, TIMEOUT, UNAVAILABLE, UNDECIDED, VERSION_MISMATCH, WRONG_NETWORK, YES, Network,
                     NetworkTest, iin,
                     request_id, run_program, wait_until)


class DownTest(NetworkTest):
    """One custodian is not there: nothing is answered or stored, and all goes on when it is back."""

    def test_each_custodian_down(self):
        self.enrol(1)
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                name = f"custodian {custodian}"
                self.assertEqual(self.net.stop(custodian), 0)
                for words in (["enrol", "--id", iin(2), *self.finger(2)], ["verify", "--id", iin(1), *self.finger(1)],
                              ["identify", *self.finger(1)], ["erase", "--id", iin(1)]):
                    answer = self.net.desk(*words)
                    self.expect_error(answer, UNAVAILABLE, name, str(self.net.port + custodian))
                    self.assertLess(answer.seconds, 10, answer)
                status = self.net.desk("status")
                self.assertEqual(status.code, UNAVAILABLE, status)
                for one in status.json["custodians"]:
                    self.assertEqual("error" in one, one["custodian"] == custodian, status)
                self.net.start(custodian)
                self.net.wait_ready()
                self.assertEqual(self.net.people(), {1})
                self.assertEqual(self.net.desk("verify", "--id", iin(1), *self.finger(1, take=1)).code, YES)
                found = self.net.desk("identify", *self.finger(1, take=2))
                self.assertEqual(found.json["compared"], 1, found)

    def test_all_down(self):
        for custodian in range(3):
            self.net.stop(custodian)
        self.expect_error(self.net.desk("identify", *self.finger(1)), UNAVAILABLE, "custodian")
        self.net.start_all()


class HangTest(NetworkTest):
    """One custodian answers nothing (SIGSTOP): a clear error within the deadline, and all goes on afterwards."""

    def test_each_custodian_hangs(self):
        self.enrol(1)
        before = self.net.people()
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                self.net.send(custodian, signal.SIGSTOP)
                began = time.monotonic()
                running = [self.net.begin(*words) for words in (
                    ["verify", "--id", iin(1), *self.finger(1, take=1)], ["identify", *self.finger(1, take=1)],
                    ["enrol", "--id", iin(2), *self.finger(2)])]
                for command in running:
                    out, err = command.communicate(timeout=30)
                    self.assertEqual(command.returncode, TIMEOUT, out + err)
                    self.assertIn(f"custodian {custodian}", err)
                self.assertLess(time.monotonic() - began, 20)
                self.net.send(custodian, signal.SIGCONT)
                self.net.wait_ready()
                self.assertEqual(self.net.people(), before)
                self.assertEqual(self.net.desk("verify", "--id", iin(1), *self.finger(1, take=1)).code, YES)
                self.assertEqual(self.net.desk("identify", *self.finger(1, take=2)).code, YES)

    def test_a_custodian_hangs_in_the_middle_of_an_enrolment(self):
        """From the moment at which the request is there at all three."""
        for custodian, person in ((1, 11), (2, 12), (0, 10)):
            with self.subTest(custodian=custodian):
                before = next(iter(self.net.people()))
                chosen = request_id()
                words = ["enrol", "--id", iin(person), *self.finger(person), "--request-id", chosen]
                running = self.net.begin(*words)
                wait_until(lambda: any(self.net.unfinished(one) for one in range(3)) or running.poll() is not None,
                           "the request's arrival")
                self.net.send(custodian, signal.SIGSTOP)
                out, err = running.communicate(timeout=40)
                self.net.send(custodian, signal.SIGCONT)
                self.net.wait_ready()
                again = self.net.desk(*words)
                self.assertIn(again.code, (YES, UNAVAILABLE, TIMEOUT, ALREADY_EXISTS), f"{out} {err}\n{again}")
                if running.returncode == YES:
                    self.assertEqual(again.code, ALREADY_EXISTS)
                for one in range(3):
                    wait_until(lambda: self.net.unfinished(one) == 0, f"custodian {one}'s last requests")
                self.assertEqual(self.net.people(), {before + (YES in (running.returncode, again.code))})


class RefuseToStartTest(unittest.TestCase):
    """A custodian that must not start ends at once and says why."""

    @classmethod
    def setUpClass(cls):
        cls.net = Network()
        cls.addClassCleanup(cls.net.close)
        cls.other = Network()
        cls.addClassCleanup(cls.other.close)
        cls.net.start_all()
        helper = NetworkTest()
        helper.net = cls.net
        for person in range(4):
            enrolled = cls.net.desk("enrol", "--id", iin(person), *helper.finger(person))
            assert enrolled.code == YES, enrolled
        for custodian in range(3):
            cls.net.stop(custodian)

    def setUp(self):
        """Each test works on a copy of custodian 1's folder."""
        self.original = self.net.custodian_folder(1)
        self.kept = self.net.folder / "kept"
        shutil.copytree(self.original, self.kept)

    def tearDown(self):
        self.net.stop(1)
        self.other.stop(0)
        self.other.stop(1)
        shutil.rmtree(self.original)
        self.kept.rename(self.original)

    def refuse(self, code, *mentions, network=None):
        ended = self.net.try_start(1, network=network)
        self.assertEqual(ended.code, code, ended)
        for mention in mentions:
            self.assertIn(str(mention), ended.err, ended)
        self.assertNotIn("terminate called", ended.err)
        return ended

    def test_a_database_cut_short(self):
        path = self.net.database(1)
        whole = path.read_bytes()
        for size in (1, 100, 4096, len(whole) // 2, len(whole) - 4096):
            with self.subTest(size=size):
                path.write_bytes(whole[:size])
                self.refuse(DAMAGED, path)

    def test_an_empty_database(self):
        self.net.database(1).write_bytes(b"")
        self.refuse(DAMAGED, self.net.database(1))

    def test_flipped_bits(self):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {seed}")
        chance = random.Random(seed)
        path = self.net.database(1)
        whole = path.read_bytes()
        # Most of a small database is free space, which is zero.
        used = [at for at, byte in enumerate(whole) if byte]
        for places, count, refused_min in ((range(len(whole)), 12, 0), (used, 6, 4)):
            refused = 0
            for _ in range(count):
                changed = bytearray(whole)
                changed[chance.choice(places)] ^= 1 << chance.randrange(8)
                path.write_bytes(changed)
                if self.starts_well():
                    # Free space in a page may change; nobody's record may.
                    continue
                refused += 1
            self.assertGreaterEqual(refused, refused_min)

    def start(self, net, custodian):
        """Returns when it listens or has ended."""
        (net.custodian_folder(custodian) / "log").write_text("")
        net.start(custodian)
        process = net.processes[custodian]
        wait_until(lambda: process.poll() is not None or "listens" in net.log(custodian), "a custodian's start or end")
        return process

    def starts_well(self):
        """True where the custodian starts with all its people; otherwise it must have said what is damaged."""
        process = self.start(self.net, 1)
        if process.poll() is None:
            self.assertIn("4 people enrolled", self.net.log(1))
            self.net.stop(1)
            return True
        self.net.processes[1] = None
        self.assertIn(process.returncode, (DAMAGED, WRONG_NETWORK, VERSION_MISMATCH, REFUSED), self.net.log(1))
        self.assertIn("custodian.sqlite", self.net.log(1))
        return False

    def test_another_custodians_database(self):
        shutil.copy(self.net.database(2), self.net.database(1))
        self.refuse(WRONG_NETWORK, self.net.database(1))

    def test_another_networks_database(self):
        self.start(self.other, 1)
        self.other.stop(1)
        shutil.copy(self.other.database(1), self.net.database(1))
        self.refuse(WRONG_NETWORK, self.net.database(1))

    def test_another_network_file(self):
        self.refuse(WRONG_NETWORK, "tls.pem", network=self.other.state / "network.json")

    def test_another_custodians_keys(self):
        for name in ("tls.pem", "pseudonym.key", "storage.key", "sign.key"):
            with self.subTest(name):
                mine = self.original / name
                keep = mine.read_bytes()
                shutil.copy(self.net.custodian_folder(2) / name, mine)
                code = {"tls.pem": WRONG_NETWORK, "pseudonym.key": DAMAGED, "storage.key": REFUSED,
                        "sign.key": WRONG_NETWORK}[name]
                try:
                    self.refuse(code)
                finally:
                    mine.write_bytes(keep)

    def test_keys_that_are_missing_or_cut(self):
        for name in ("tls.pem", "pseudonym.key", "storage.key", "sign.key"):
            with self.subTest(name):
                path = self.original / name
                keep = path.read_bytes()
                path.unlink()
                self.refuse(NOT_FOUND, path)
                path.write_bytes(keep[:20])
                path.chmod(0o600)
                self.refuse(DAMAGED, path)
                path.write_bytes(keep)

    def test_keys_that_others_can_read(self):
        for name in ("tls.pem", "pseudonym.key", "storage.key", "sign.key"):
            with self.subTest(name):
                path = self.original / name
                path.chmod(0o640)
                self.refuse(REFUSED, path, "600")
                path.chmod(0o600)

    def test_another_policy_than_its_own(self):
        policy = self.original / "policy"
        text = policy.read_text()
        cases = {"none": (None, NOT_FOUND), "empty": ("", INVALID_INPUT),
                 "another custodian's": ((self.net.custodian_folder(2) / "policy").read_text(), REFUSED),
                 "another network's": ((self.other.custodian_folder(1) / "policy").read_text(), REFUSED),
                 "changed": (text.replace('"desk_per_minute":6000', '"desk_per_minute":6001', 1), DAMAGED),
                 "unsigned": (text[:text.index("\n\n") + 1], INVALID_INPUT)}
        for name, (content, code) in cases.items():
            with self.subTest(name):
                policy.unlink(missing_ok=True)
                if content is not None:
                    policy.write_text(content)
                self.refuse(code, policy)

    def test_another_log_than_its_own(self):
        """A custodian without its log must not begin another one."""
        log = self.original / "ledger"
        shutil.rmtree(log)
        self.refuse(NOT_FOUND, log)
        for name, other in (("another custodian's", self.net.custodian_folder(2)),
                            ("another network's", self.other.custodian_folder(1))):
            with self.subTest(name):
                shutil.rmtree(log, ignore_errors=True)
                shutil.copytree(other / "ledger", log)
                self.refuse(WRONG_NETWORK, "another log")

    def test_a_database_that_others_can_read(self):
        self.net.database(1).chmod(0o644)
        self.refuse(REFUSED, self.net.database(1))

    def test_a_second_process_on_one_folder(self):
        self.start(self.net, 1)
        self.refuse(BUSY, self.original)
        self.assertEqual(self.net.stop(1), 0)

    def test_a_port_that_is_taken(self):
        self.start(self.other, 0)
        moved = json.loads((self.net.state / "network.json").read_text())
        moved["custodians"][1]["port"] = self.other.port
        path = self.net.folder / "moved.json"
        path.write_text(json.dumps(moved))
        self.refuse(UNAVAILABLE, f"127.0.0.1:{self.other.port}", network=path)

    def test_no_folder(self):
        ended = run_program("custodian", "--dir", self.net.folder / "none", "--network", self.net.state / "network.json")
        self.assertEqual(ended.code, NOT_FOUND, ended)
        self.assertIn("none", ended.err)


class WrongCustodianTest(NetworkTest):
    """Something else listens in a custodian's place."""

    def impersonate(self, custodian, **change):
        """Starts a custodian of another network at this one's address."""
        other = Network()
        self.addCleanup(other.close)
        path = other.state / "network.json"
        network = json.loads(path.read_text())
        network["custodians"][custodian]["port"] = self.net.port + custodian
        path.write_text(json.dumps(network))
        other.start(custodian, **change)
        wait_until(lambda: "listens" in other.log(custodian), "the impostor")
        return other

    def test_another_certificate(self):
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                self.net.stop(custodian)
                impostor = self.impersonate(custodian)
                for words in (["enrol", "--id", iin(1), *self.finger(1)], ["identify", *self.finger(1)]):
                    self.expect_error(self.net.desk(*words), WRONG_NETWORK, f"custodian {custodian}")
                impostor.stop(custodian)
                self.net.start(custodian)
                self.net.wait_ready()
                self.assertEqual(self.net.people(), {0})

    def test_another_version(self):
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                self.net.stop(custodian)
                self.net.start(custodian, faulty=True, env={"QORGAN_TEST_PROTOCOL": "7"})
                wait_until(lambda: "version" in str(self.net.status()[custodian].get("error")), "the other version")
                answer = self.net.desk("enrol", "--id", iin(1), *self.finger(1))
                self.expect_error(answer, VERSION_MISMATCH, f"custodian {custodian}", "7", "1")
                self.net.restart(custodian)
                self.assertEqual(self.net.people(), {0})


class FullDiskTest(NetworkTest):
    """A custodian has no room left: a clear error, reads go on, and with room again all is as before."""

    def fill(self, custodian, first, **options):
        """Enrols until it is full. Gives the person who found no room, and how many are in."""
        self.net.restart(custodian, **options)
        for person in range(first, first + 60):
            chosen = request_id()
            words = ["enrol", "--id", iin(person), *self.finger(person), "--request-id", chosen]
            answer = self.net.desk(*words)
            if answer.code != YES:
                return person, words, answer
            self.answered.append(chosen)
        raise AssertionError("it was never full")

    def check_full(self, custodian, first, **options):
        self.answered = []
        before = next(iter(self.net.people()))
        person, words, answer = self.fill(custodian, first, **options)
        self.assertIn(answer.code, (STORAGE_FULL, UNDECIDED), answer)
        self.assertIn(f"custodian {custodian}", answer.err, answer)
        if answer.code == STORAGE_FULL:
            self.expect_error(answer, STORAGE_FULL)
        print(f"custodian {custodian} full after {person - first} people: {answer.error['code']}, {answer.seconds:.1f} s")
        if answer.code == STORAGE_FULL:
            self.assertEqual({one.get("people") for one in self.net.status()}, {before + person - first})
        self.assertEqual(self.net.desk("status").code, YES)
        self.net.stop(custodian)
        self.net.start(custodian)
        self.net.wait_ready()
        again = self.net.desk(*words)
        # Where it was decided before the room was gone, it is done now; where not, it was given up at the start.
        self.assertIn(again.code, (YES, UNAVAILABLE) if answer.code == UNDECIDED else (STORAGE_FULL, STALE),
                      f"{answer}\n{again}")
        for log in read_logs(self.net):
            for done in self.answered:
                self.assertEqual(entries_of(log, done), ["enrol"])
        if again.code != YES:
            self.enrol(person)
        self.assertEqual(self.net.people(), {before + person - first + 1})
        self.assertEqual(self.net.desk("verify", "--id", iin(person), *self.finger(person, take=1)).code, YES)
        for one in range(3):
            wait_until(lambda: self.net.unfinished(one) == 0, f"custodian {one}'s last requests")

    def test_a_full_database(self):
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                pages = self.net.rows(custodian, "PRAGMA page_count")[0][0]
                self.check_full(custodian, 100 + 100 * custodian, faulty=True,
                                env={"QORGAN_TEST_PAGES": str(pages + 12)})

    def test_a_file_size_limit(self):
        """ulimit -f; SIGXFSZ must not end the process."""
        for custodian in (0, 1):
            with self.subTest(custodian=custodian):
                size = self.net.database(custodian).stat().st_size + 60000
                limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
                self.check_full(custodian, 400 + 100 * custodian, preexec=limit)


class SetBackTest(NetworkTest):
    """A custodian whose file was set back to an older copy must not be worked with."""

    def test_each(self):
        self.enrol(1)
        for custodian in range(3):
            self.net.stop(custodian)
        old = self.net.folder / "old"
        for custodian in range(3):
            shutil.copytree(self.net.custodian_folder(custodian), old / str(custodian))
        self.net.start_all()
        self.enrol(2)
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                self.net.stop(custodian)
                folder, new = self.net.custodian_folder(custodian), self.net.folder / f"new-{custodian}"
                folder.rename(new)
                shutil.copytree(old / str(custodian), folder)
                self.net.start(custodian)
                wait_until(lambda: "error" not in str(self.net.status()), "all three")
                for words in (["enrol", "--id", iin(3), *self.finger(3)], ["identify", *self.finger(1)]):
                    answer = self.net.desk(*words)
                    self.assertIn(answer.code, (DAMAGED, UNAVAILABLE), answer)
                    self.assertIn(f"custodian {custodian}" if custodian else "custodian", answer.err)
                self.assertEqual([one["sequence"] for one in self.net.status()],
                                 [1 if one == custodian else 2 for one in range(3)])
                self.net.stop(custodian)
                shutil.rmtree(folder)
                new.rename(folder)
                self.net.start(custodian)
                self.net.wait_ready()
                self.assertEqual(self.net.people(), {2})
                self.assertEqual(self.net.desk("identify", *self.finger(2, take=1)).code, YES)


if __name__ == "__main__":
    unittest.main(verbosity=2)
