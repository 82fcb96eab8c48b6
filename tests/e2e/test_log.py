"""The custodians' logs: nothing is answered that is not in all three, whatever is killed or set back."""

import json
import random
import shutil
import signal
import threading
import time
import unittest

from logs import AGREED, entries_of, fetch, fsck, read_logs, second
from support import (ALREADY_EXISTS, CODE_NAMES, DAMAGED, INVALID_INPUT, NO, NOT_FOUND, REFUSED, TIMEOUT, UNAVAILABLE,
                     UNDECIDED, YES, Network, NetworkTest, iin, request_id, run_program, wait_until)


class EveryAnswerTest(NetworkTest):
    def events_of(self, chosen):
        """Of one request in the three logs, which must say the same."""
        told = [entries_of(log, chosen) for log in read_logs(self.net)]
        self.assertEqual(told, [told[0]] * 3)
        return told[0]

    def test_each_kind(self):
        enrolled = self.enrol(1)
        holder = self.net.holder(enrolled)
        steps = [("enrol", enrolled, ["enrol"]),
                 ("verify", self.net.desk("verify", "--id", iin(1), *self.finger(1, take=1)), ["verify"]),
                 ("verify", self.net.desk("verify", "--id", iin(1), *self.finger("nobody")), ["verify"]),
                 ("identify", self.net.desk("identify", *self.finger(1, take=2)), ["identify"]),
                 ("lock", self.net.desk("lock", *holder), ["lock"]),
                 ("unlock", self.net.desk("unlock", *holder), ["unlock"]),
                 ("withdraw", self.net.desk("consent", "withdraw", *holder), ["withdraw"]),
                 ("erase", self.net.desk("erase", *holder), ["erase", "erased"])]
        for name, answer, events in steps:
            with self.subTest(name):
                self.assertIn(answer.code, (YES, NO), answer)
                self.assertEqual(self.events_of(answer.json["request_id"]), events)

    def test_who_is_enrolled_is_not_told_without_an_entry(self):
        """Each way in which a desk can learn it, at each custodian that says so; and the person sees who tried."""
        enrolled = self.enrol(77)
        held, nobody = ["--id", iin(77)], ["--id", iin(78)]
        cases = [("enrol", ALREADY_EXISTS, [*held, *self.finger("another")]),
                 ("verify", NOT_FOUND, [*held, *self.finger(77, name="left-thumb")]),
                 ("verify", NOT_FOUND, [*nobody, *self.finger(77)]), ("erase", NOT_FOUND, nobody)]
        for command, code, words in cases:
            with self.subTest(command=command, words=words[1]):
                chosen = request_id()
                self.expect_error(self.net.desk(command, *words, "--request-id", chosen), code)
                # The first that says so is enough for the desk; the others log it as well, a moment later.
                wait_until(lambda: all(entries_of(log, chosen) for log in read_logs(self.net)), "three refusals")
                for log in read_logs(self.net):
                    entries = [entry for entry in log if entry.get("request") == chosen]
                    self.assertEqual([(one["event"], one["reason"]) for one in entries],
                                     [("refused", CODE_NAMES[code])])
                    self.assertEqual(len(entries[0]["tag"]), 64)
        before = [len(log) for log in read_logs(self.net)]
        self.expect_error(self.net.desk("prove-absence", *held, "--operator", "Mallory"), REFUSED, "held")
        self.assertEqual(self.net.desk("prove-absence", *nobody).code, YES)
        self.expect_error(self.net.desk("prove-absence", *nobody, "--operator", ""), INVALID_INPUT)
        for log, size in zip(read_logs(self.net), before):
            self.assertEqual([entry["event"] for entry in log[size:]], ["absence", "absence"])
        told = self.net.desk("trace", *self.net.holder(enrolled))
        self.assertEqual(told.code, YES, told)
        tried = [(use["event"], use.get("reason")) for use in told.json["uses"]]
        self.assertEqual(sorted(tried, key=str), [("absence", None), ("enrol", None), ("refused", "already_exists"),
                                                  ("refused", "not_found")])
        for use in told.json["uses"]:
            self.assertEqual(len(use["proven_by"]), 3, use)
            self.assertEqual(use["operator"] == "Mallory", use["event"] == "absence")
        followed = run_program("log", "follow", "--network", self.net.state / "network.json", "--state",
                               self.net.folder / "followed", "--once", "--json")
        self.assertEqual(followed.code, YES, followed)

    def test_entries_name_nobody(self):
        enrolled = self.enrol(2, *self.finger(2), "--operator", "Zylikha Operator")
        logs = json.dumps(read_logs(self.net))
        for named in (iin(2), "Zylikha", enrolled.json["record"], enrolled.json["handle"]):
            self.assertNotIn(named, logs)
        tags = {entry["tag"] for log in read_logs(self.net) for entry in log
                if entry.get("request") == enrolled.json["request_id"]}
        self.assertEqual(len(tags), 3)

    def test_whole_by_the_programs_own_check(self):
        self.enrol(3)
        for custodian in range(3):
            self.assertEqual(self.net.stop(custodian), 0)
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                checked = fsck(self.net, custodian)
                self.assertEqual(checked.code, YES, checked)
                self.assertTrue(checked.json["whole"])
                self.check_finds_a_changed_byte(custodian)
        self.net.start_all()

    def check_finds_a_changed_byte(self, custodian):
        copy = self.net.folder / f"ledger-{custodian}"
        shutil.copytree(self.net.log_folder(custodian), copy)
        bundle = next(path for path in sorted(copy.rglob("tile/entries/*"), reverse=True) if path.is_dir())
        bundle = next(path for path in sorted(bundle.iterdir(), key=lambda path: -int(path.name)))
        content = bytearray(bundle.read_bytes())
        content[len(content) // 2] ^= 1
        bundle.write_bytes(content)
        checked = fsck(self.net, custodian, copy)
        self.assertEqual(checked.code, DAMAGED, checked)

    def test_what_is_served_beside_the_log(self):
        """Nothing else of the custodian's folder."""
        for path in ("journal", "lock", "../custodian.sqlite", "..%2fcustodian.sqlite", "../policy", "tile/", "%00", ""):
            with self.subTest(path=path):
                with self.assertRaises(Exception) as refused:
                    fetch(self.net.log_url(0, path))
                self.assertIn(getattr(refused.exception, "code", None), (400, 404), refused.exception)


class KilledAgainAndAgainTest(NetworkTest):
    """Custodians are killed while requests run, for some seconds; then everything that was answered is in the logs."""

    seconds = 15

    def test_nothing_answered_is_lost(self):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        self.answered, self.asked, self.wrong, self.ends = {}, 0, [], time.monotonic() + self.seconds
        known = self.enrol(0)
        self.shown = [[], [], []]
        workers = [threading.Thread(target=self.work, args=(worker, known)) for worker in range(2)]
        for worker in workers:
            worker.start()
        kills = 0
        while time.monotonic() < self.ends:
            time.sleep(chance.uniform(0.2, 1.2))
            custodian = chance.randrange(3)
            self.show(custodian)
            self.net.stop(custodian, signal.SIGKILL)
            kills += 1
            self.net.start(custodian)
            wait_until(lambda: self.net.processes[custodian].poll() is not None or self.is_up(custodian), "its start")
        for worker in workers:
            worker.join()
        self.net.wait_ready()
        self.assertEqual(self.wrong, [])
        print(f"{kills} kills, {self.asked} requests, {len(self.answered)} answered", flush=True)
        self.assertGreater(len(self.answered), 0)
        self.check_logs(read_logs(self.net))
        # And it goes on.
        self.assertEqual(self.net.desk("verify", "--id", iin(0), *self.finger(0, take=1)).code, YES)
        for custodian in range(3):
            wait_until(lambda: self.net.unfinished(custodian) == 0, f"custodian {custodian}'s last requests")
        for custodian in range(3):
            self.assertEqual(self.net.stop(custodian), 0)
        for custodian in range(3):
            checked = fsck(self.net, custodian)
            self.assertEqual(checked.code, YES, checked)
        self.net.start_all()

    def is_up(self, custodian):
        return "error" not in self.net.status()[custodian]

    def show(self, custodian):
        """Keeps the checkpoint that a reader sees now."""
        try:
            whole = fetch(self.net.log_url(custodian)).decode()
        except OSError:
            return
        cosigners = [second.Key(self.net.vkey(i, cosigner=True)) for i in range(3) if i != custodian]
        self.shown[custodian].append(
            second.open_checkpoint(whole, second.Key(self.net.vkey(custodian)), cosigners, 1))

    def work(self, worker, known):
        number = 0
        while time.monotonic() < self.ends:
            number += 1
            person = 100 + 1000 * worker + number
            for kind, words in (("enrol", ["enrol", "--id", iin(person), *self.finger(person)]),
                                ("verify", ["verify", "--id", iin(0), *self.finger(0, take=number)]),
                                ("erase", ["erase", "--id", iin(person)])):
                chosen = request_id()
                answer = self.net.desk(*words, "--request-id", chosen)
                self.asked += 1
                if answer.code in (YES, NO):
                    self.answered[chosen] = kind
                elif answer.code not in (NOT_FOUND, UNAVAILABLE, TIMEOUT, UNDECIDED):
                    self.wrong.append(str(answer))

    def check_logs(self, logs):
        for custodian, log in enumerate(logs):
            lines = [second.leaf_hash(entry.encode()) for entry in self.raw(custodian)]
            self.assertEqual(len(lines), len(log))
            for size, root in self.shown[custodian]:
                # What was shown before is a beginning of what is shown now: no fork, nothing taken back.
                self.assertLessEqual(size, len(lines))
                self.assertEqual(second.root_of_leaves(lines[:size]), root)
            for chosen, kind in self.answered.items():
                events = entries_of(log, chosen)
                self.assertEqual(events[:1], [kind], f"custodian {custodian}, request {chosen}: {events}")
                self.assertNotIn("aborted", events)
                self.assertLessEqual(len(events), 2, events)
        for chosen in {entry["request"] for log in logs for entry in log if "request" in entry}:
            self.check_ends_agree(logs, chosen)

    def raw(self, custodian):
        folder = self.net.folder / f"read-{custodian}"
        size = int((folder / "checkpoint").read_text().split("\n")[1])
        return [entry.decode() for entry in second.read_entries(folder, size)]

    def check_ends_agree(self, logs, chosen):
        """What one log says was done, all three say was agreed to; each agreement once."""
        events = [entries_of(log, chosen) for log in logs]
        for one in events:
            self.assertLessEqual(sum(event in AGREED for event in one), 1, events)
        if any("erased" in one for one in events):
            self.assertEqual(events, [["erase", "erased"]] * 3)


class LogSetBackTest(unittest.TestCase):
    """A part of a custodian's folder was set back to an older copy. (The whole folder: test_custodians.py.)"""

    @classmethod
    def setUpClass(cls):
        cls.net = Network()
        cls.addClassCleanup(cls.net.close)
        cls.net.start_all()
        cls.helper = NetworkTest()
        cls.helper.net = cls.net
        cls.enrol(1)
        for custodian in range(3):
            cls.net.stop(custodian)
        cls.old = cls.net.folder / "old"
        shutil.copytree(cls.net.custodian_folder(1), cls.old)
        cls.net.start_all()
        cls.enrol(2)
        for custodian in range(3):
            cls.net.stop(custodian)

    @classmethod
    def enrol(cls, person):
        enrolled = cls.net.desk("enrol", "--id", iin(person), *cls.helper.finger(person))
        assert enrolled.code == YES, enrolled

    def setUp(self):
        self.folder, self.new = self.net.custodian_folder(1), self.net.folder / "new"
        shutil.copytree(self.folder, self.new)

    def tearDown(self):
        for custodian in range(3):
            self.net.stop(custodian)
        shutil.rmtree(self.folder)
        self.new.rename(self.folder)

    def test_the_database(self):
        shutil.copy(self.old / "custodian.sqlite", self.folder / "custodian.sqlite")
        ended = self.net.try_start(1)
        self.assertEqual(ended.code, DAMAGED, ended)
        self.assertIn("custodian 1", ended.err, ended)
        self.assertIn("set back", ended.err, ended)

    def put_back(self, name):
        shutil.rmtree(self.folder / name)
        shutil.copytree(self.old / name, self.folder / name)

    def caught(self):
        """At its start, or at the first request; who it is about is said. Gives what was said."""
        (self.folder / "log").write_text("")
        self.net.start(1)
        process = self.net.processes[1]
        wait_until(lambda: process.poll() is not None or "listens" in self.net.log(1), "its start or its end")
        if process.poll() is not None:
            self.net.processes[1] = None
            self.assertEqual(process.returncode, DAMAGED, self.net.log(1))
            self.assertRegex(self.net.log(1), "custodian[ -]1")
            return self.net.log(1)
        self.net.start(0)
        self.net.start(2)
        wait_until(lambda: "error" not in str(self.net.status()), "all three")
        answer = self.net.desk("verify", "--id", iin(1), *self.helper.finger(1, take=1))
        self.assertIn(answer.code, (DAMAGED, UNAVAILABLE, TIMEOUT), answer)
        self.assertIn("custodian 1", answer.err, answer)
        return answer.err

    def test_the_log(self):
        self.put_back("ledger")
        self.assertIn("set back", self.caught())

    def test_what_it_has_cosigned(self):
        """It would cosign a log's other past; the others go on with the one that they were shown."""
        self.put_back("witness")
        self.net.start_all()
        answer = self.net.desk("verify", "--id", iin(1), *self.helper.finger(1, take=2))
        self.assertEqual(answer.code, YES, answer)
        for log in read_logs(self.net):
            self.assertIn("verify", entries_of(log, answer.json["request_id"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
