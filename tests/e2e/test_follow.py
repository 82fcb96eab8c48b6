"""Who follows the logs finds out every lie, and keeps evidence that convinces others who know nothing but it."""

import datetime
import json
import unittest

import subject
from liar import Liar
from logs import read_log, second
from support import DAMAGED, INVALID_INPUT, YES, NetworkTest, iin, run_program, utc

LATER_S = 700  # beyond the time that custodians have to log the same (limits.h: log_audit_grace_s)


class LyingLogTest(NetworkTest):
    """Custodian 1 lies, custodian 2 cosigns it; custodian 0 is honest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        helper = cls("test_an_honest_log")
        cls.enrolled = helper.enrol(1)
        cls.asked = [cls.net.desk("verify", "--id", iin(1), *helper.finger(1, take=take)) for take in range(3)]
        assert {one.code for one in cls.asked} == {YES}, cls.asked
        cls.logs = [cls.entries_of(custodian) for custodian in range(3)]
        cls.entries = cls.logs[1]

    @classmethod
    def entries_of(cls, custodian):
        size = len(read_log(cls.net, custodian))
        return second.read_entries(cls.net.folder / f"read-{custodian}", size)

    def setUp(self):
        super().setUp()
        name = self.id().rpartition(".")[2]
        self.watch = self.net.folder / f"watch-{name}"
        self.liar = self.new_liar(1, 2)

    def new_liar(self, custodian, accomplice):
        liar = Liar(self.net, custodian, accomplice, self.net.folder / f"liar-{custodian}-{self.watch.name}")
        self.addCleanup(liar.close)
        return liar

    def follow(self, *logs):
        keys = [word for i in range(3) for word in ("--cosigner", self.net.vkey(i, cosigner=True))]
        named = [word for log in logs or (self.liar.log(),) for word in ("--log", log)]
        return run_program("log", "follow", *named, *keys, "--state", self.watch, "--once", "--json")

    def follow_honest(self):
        """So that there is something that the log can contradict."""
        self.liar.publish(self.entries)
        answer = self.follow()
        self.assertEqual(answer.code, YES, answer)
        self.assertEqual(list(self.watch.glob("evidence-*")), [])

    def caught(self, kind, *logs, proven):
        """The one alarm, by its evidence alone."""
        answer = self.follow(*logs)
        self.assertEqual(answer.code, DAMAGED, answer)
        self.assertIn("ALARM", answer.err)
        alarms = [json.loads(line) for line in answer.out.splitlines() if '"alarm"' in line]
        self.assertEqual([alarm["alarm"] for alarm in alarms], [kind], answer)
        self.assertEqual(alarms[0]["log"], self.net.origin(1))
        path = self.net.folder / "handed-over.json"
        path.write_text((self.watch / alarms[0]["evidence"]).read_text())
        verified = run_program("log", "verify", path, "--json")
        self.assertEqual(verified.code, YES, verified)
        said = verified.json
        self.assertEqual((said["kind"], said["log"], said["proven"]), (kind, self.net.vkey(1), proven), said)
        self.assertTrue(said["proves"], said)
        self.assertEqual(run_program("log", "verify", path, "--key", self.net.vkey(1)).code, YES)
        self.assertNotIn(run_program("log", "verify", path, "--key", self.net.vkey(0)).code, (YES, 1))
        self.check_signed_parts_count(path, said)
        return path

    def check_signed_parts_count(self, path, said):
        """Evidence whose checkpoint was changed convinces nobody."""
        evidence = json.loads(path.read_text())
        for place, whole in enumerate(evidence.get("checkpoints", [])):
            size = whole.split("\n")[1]
            evidence["checkpoints"][place] = whole.replace(f"\n{size}\n", f"\n{int(size) + 1}\n", 1)
            changed = self.net.folder / "changed.json"
            changed.write_text(subject.canonical(evidence) + "\n")
            verified = run_program("log", "verify", changed, "--json")
            self.assertTrue(verified.code in (INVALID_INPUT, DAMAGED) or verified.json["proves"] != said["proves"],
                            verified)
            evidence["checkpoints"][place] = whole

    def test_an_honest_log(self):
        """Made by the liar's own means: what is caught below is the lie and nothing else."""
        self.follow_honest()
        self.liar.publish(self.entries + self.entries[-1:])
        self.assertEqual(self.follow().code, YES)

    def test_forged(self):
        """An entry that is served is not the one that was signed."""
        forged = self.changed_use()
        self.liar.publish(self.entries)
        self.liar.write_bundles(forged)
        self.caught("forged-entry", proven=False)

    def test_reordered(self):
        self.liar.publish(self.entries)
        self.liar.write_bundles(self.entries[:-2] + [self.entries[-1], self.entries[-2]])
        self.caught("reordered", proven=False)

    def test_truncated(self):
        """A log that is shorter than it was, whole in itself and rightly signed."""
        self.follow_honest()
        self.liar.publish(self.entries[:-1])
        self.caught("rolled-back", proven=False)

    def test_cut_short(self):
        """The checkpoint stands, entries of it are no longer served."""
        self.liar.publish(self.entries)
        self.liar.write(second.tile_path("entries", 0, len(self.entries)), b"\0\5")
        self.caught("forged-entry", proven=False)

    def test_forked_at_the_same_size(self):
        self.follow_honest()
        self.liar.publish(self.changed_use())
        self.caught("forked", proven=True)

    def test_forked_and_grown(self):
        self.follow_honest()
        self.liar.publish(self.changed_use() + [self.entries[-1]])
        self.caught("forked", proven=True)

    def test_not_cosigned(self):
        self.liar.publish(self.entries, cosigned=False)
        self.caught("missing-cosignature", proven=False)

    def test_a_use_that_is_not_logged(self):
        """A custodian that computed without logging: the two others' logs and the watch show it."""
        chosen = self.asked[1].json["request_id"].encode()
        others = [self.new_liar(0, 2), self.new_liar(2, 0)]
        # What they logged, a while ago, and something since.
        told = [[self.at(entry, -LATER_S) for entry in log] + [log[0]] for log in self.logs]
        self.assertEqual([sum(chosen in entry for entry in log) for log in told], [1, 1, 1])
        for other in others:
            other.publish(told[other.custodian])
        self.liar.publish(told[1])
        logs = [liar.log() for liar in (others[0], self.liar, others[1])]
        self.assertEqual(self.follow(*logs).code, YES)
        self.watch = self.watch.with_name(self.watch.name + "-new")
        self.liar.publish([entry for entry in told[1] if chosen not in entry])
        path = self.caught("missing-use", *logs, proven=False)
        shown = path.read_text()
        self.assertIn(chosen.decode(), shown)
        for named in (iin(1), self.enrolled.json["record"], self.enrolled.json["handle"]):
            self.assertNotIn(named, shown)

    @staticmethod
    def at(entry, later_s):
        """The same entry, written at another time."""
        changed = json.loads(entry)
        then_s = datetime.datetime.strptime(changed["time"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
        return subject.canonical({**changed, "time": utc(then_s + later_s)}).encode()

    def changed_use(self):
        """The log's entries, with another party for one of the uses."""
        forged = list(self.entries)
        forged[-1] = forged[-1].replace(b'"party":"trial-office"', b'"party":"other-office"')
        self.assertNotEqual(forged, self.entries)
        return forged


if __name__ == "__main__":
    unittest.main(verbosity=2)
