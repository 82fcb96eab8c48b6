"""A disk that is full: a clear error, nothing lost that was answered for, and when there is room again it goes on."""

import os
import random
import resource
import signal
import subprocess
import unittest

from logs import fsck, read_logs
from support import (COMMAND_TIMEOUT_S, PROGRAM, STORAGE_FULL, YES, Answer, Network, NetworkTest, iin, request_id,
                     wait_until)


def refuse_quietly():
    """A write beyond the limit of a file's size fails, as on a full disk, and ends nobody."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def no_room():
    refuse_quietly()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


class FullCustodianTest(NetworkTest):
    """The disk of one custodian while it serves."""

    @classmethod
    def setUpClass(cls):
        cls.seed = int(os.environ.get("QORGAN_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"QORGAN_TEST_SEED={cls.seed}", flush=True)
        cls.net = Network()
        cls.addClassCleanup(cls.net.close)
        cls.net.start_all(preexec=refuse_quietly)

    def limit(self, custodian, bytes_max):
        hard = resource.RLIM_INFINITY
        resource.prlimit(self.net.processes[custodian].pid, resource.RLIMIT_FSIZE, (bytes_max, hard))

    def sizes(self, custodian):
        """Just beyond the end of each file that it writes to for every request; and no room at all."""
        folder = self.net.custodian_folder(custodian)
        names = ["custodian.sqlite", "custodian.sqlite-wal", "ledger/journal", "ledger/checkpoint"]
        there = [name for name in names if (folder / name).exists()]
        return {"nothing": 0, **{name: (folder / name).stat().st_size + 20 for name in there}}

    def enrolled(self, words):
        answer = self.net.desk(*words)
        return answer if answer.code == YES else None

    def test_it_goes_on_when_there_is_room(self):
        chance, net = random.Random(self.seed), self.net
        answered, person = {}, 1
        answered[person] = self.enrol(person).json["request_id"]
        for custodian in (0, 1, 2):
            for name, bytes_max in chance.sample(sorted(self.sizes(custodian).items()), 2):
                person += 1
                with self.subTest(custodian=custodian, full=name, bytes_max=bytes_max):
                    words = ["enrol", "--id", iin(person), *self.finger(person), "--request-id", request_id()]
                    self.limit(custodian, bytes_max)
                    refused = net.desk(*words)
                    self.expect_error(refused, STORAGE_FULL, f"custodian {custodian}")
                    self.assertIsNone(net.processes[custodian].poll(), net.log(custodian))
                    self.limit(custodian, resource.RLIM_INFINITY)
                    # What was refused may have to be seen to its end before the person can be enrolled.
                    words[-1] = request_id()
                    again = wait_until(lambda: self.enrolled(words), "an enrolment when there is room")
                    answered[person] = again.json["request_id"]
        for log in read_logs(net):
            agreed = {entry["request"] for entry in log if entry["event"] == "enrol"}
            self.assertLessEqual(set(answered.values()), agreed)
        for person in answered:
            verified = net.desk("verify", "--id", iin(person), *self.finger(person, take=1))
            self.assertEqual(verified.code, YES, verified)
        for custodian in range(3):
            self.assertEqual(net.stop(custodian), 0)
            checked = fsck(net, custodian)
            self.assertEqual(checked.code, YES, checked)
        net.start_all(preexec=refuse_quietly)


class FullDeskTest(NetworkTest):
    """The disk of the desk."""

    def without_room(self, command, *words):
        full = [PROGRAM, *self.net.desk_words(command, *words)]
        done = subprocess.run(full, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, stdin=subprocess.DEVNULL,
                              preexec_fn=no_room)
        return Answer(full, done.returncode, done.stdout, done.stderr, 0)

    def test_nothing_is_asked_for_that_cannot_be_kept(self):
        """Who could not write down the secret or the paper asks nothing of any custodian."""
        stays = self.enrol(1)
        receipt, paper = self.net.folder / "receipt.json", self.net.folder / "paper.json"
        enrolment = ["--id", iin(2), *self.finger(2), "--request-id", request_id()]
        for command, words, mention, made in (
                ("enrol", enrolment, self.net.state / "desk", None),
                ("enrol", [*self.person(4), "--receipt", receipt], receipt, receipt),
                ("prove-absence", ["--id", iin(3), "--out", paper], paper, paper),
                ("erase", [*self.net.holder(stays), "--certificate", paper], paper, paper)):
            with self.subTest(command, mention=str(mention)):
                logged, people = [len(log) for log in read_logs(self.net)], self.net.people()
                full = self.without_room(command, *words)
                self.expect_error(full, STORAGE_FULL, str(mention))
                self.assertEqual([len(log) for log in read_logs(self.net)], logged)
                self.assertEqual(self.net.people(), people)
                self.assertEqual([path for path in (receipt, paper) if path.exists() and path.stat().st_size],
                                 [receipt] if made is paper else [])
                self.assertEqual(list(self.net.folder.glob(".qorgan-room*")), [])
                again = self.net.desk(command, *words)
                self.assertEqual(again.code, YES, again)
                if made:
                    self.assertTrue(made.stat().st_size)
                paper.unlink(missing_ok=True)

    def person(self, number):
        return ["--id", iin(number), *self.finger(number)]


if __name__ == "__main__":
    unittest.main(verbosity=2)
