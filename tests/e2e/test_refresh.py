"""New shares for everyone, and new keys for custodians, while they serve."""

import json
import shutil
import sqlite3
import subprocess
import unittest

from logs import read_log
from support import DAMAGED, LOOK, NO, REFUSED, UNAVAILABLE, YES, NetworkTest, iin, run_program, wait_until


def rebuild(net, first, second):
    """The templates that two folders' databases give together; nothing where they do not fit."""
    done = subprocess.run([LOOK, "rebuild", net.state / "network.json", first, second], capture_output=True, text=True,
                          timeout=60)
    return done.stdout.split() if done.returncode == 0 else None


class Refreshing(NetworkTest):
    """The frame of the classes below."""

    def refresh(self, *words):
        folder = self.net.custodian_folder(0)
        return run_program("custodian", "refresh", "--dir", folder, "--network", self.net.state / "network.json",
                           "--json", *words)

    def epochs(self):
        """Of each record, in order; the same at all three."""
        at_each = [self.net.rows(i, "SELECT seq, epoch FROM records ORDER BY seq") for i in range(3)]
        self.assertEqual(at_each[0], at_each[1])
        self.assertEqual(at_each[0], at_each[2])
        return [epoch for _, epoch in at_each[0]]

    def staged(self):
        return [self.net.rows(i, "SELECT count(*) FROM staged")[0][0] for i in range(3)]

    def expect_known(self, person):
        answer = self.net.desk("verify", "--id", iin(person), *self.finger(person, take=1))
        self.assertEqual(answer.code, YES, answer)

    def rotate(self, custodian, kind):
        new = self.net.folder / "rotated.json"
        new.unlink(missing_ok=True)
        done = run_program("custodian", "rotate", f"--{kind}", "--dir", self.net.custodian_folder(custodian), "--network",
                           self.net.state / "network.json", "--out", new, "--json")
        self.assertEqual(done.code, YES, done)
        # With the old network file the custodian still runs; with the new one it has the new key.
        self.net.restart(custodian)
        self.expect_known(0)
        shutil.copy(new, self.net.state / "network.json")
        for each in range(3):
            self.net.stop(each)
        self.net.start_all()


class RefreshTest(Refreshing):
    def test_everyone_has_new_shares_and_answers_stay(self):
        for person in range(4):
            self.enrol(person)
        self.assertEqual(self.net.desk("erase", "--id", iin(3)).code, YES)
        done = self.refresh()
        self.assertEqual(done.code, YES, done)
        self.assertEqual((done.json["people"], done.json["done"], done.json["under_way"]), (3, 3, False))
        self.assertEqual(self.epochs(), [done.json["epoch"]] * 3)
        self.assertEqual(self.staged(), [0, 0, 0])
        for person in range(3):
            self.expect_known(person)
        other = self.net.desk("verify", "--id", iin(0), *self.finger(1, take=1))
        self.assertEqual(other.code, NO, other)
        self.assertEqual(self.net.desk("identify", *self.finger(2, take=1)).json["candidates"], 1)
        # Each log tells of it once.
        for custodian in range(3):
            wait_until(lambda: [entry["epoch"] for entry in read_log(self.net, custodian) if entry["event"] == "refresh"]
                       == list(range(1, done.json["epoch"] + 1)), f"the entry of custodian {custodian}")
        # It is not the person's record alone that went on: a lock, an erasure and a start find the new shares.
        self.net.restart(1)
        self.expect_known(0)
        self.assertEqual(self.net.desk("erase", "--id", iin(2)).code, YES)
        for person in range(2):
            self.assertEqual(self.net.desk("erase", "--id", iin(person)).code, YES)


class OldCopyTest(Refreshing):
    """A copy of a custodian's file from before a refresh fits no other file of after."""

    def test_old_and_new_files(self):
        net = self.net
        for person in range(3):
            self.enrol(person)
        for custodian in range(3):
            net.stop(custodian)
        folders = [net.custodian_folder(i) for i in range(3)]
        old = []
        for custodian, folder in enumerate(folders):
            old.append(net.folder / f"old-{custodian}")
            shutil.copytree(folder, old[-1])
        templates = rebuild(net, folders[0], folders[1])
        self.assertEqual(len(templates), 3)
        net.start_all()
        self.assertEqual(self.refresh().code, YES)
        for custodian in range(3):
            net.stop(custodian)
        for a in range(3):
            for b in range(3):
                if a == b:
                    continue
                # Two of the same time fit, as they must; and these are the same templates.
                self.assertEqual(rebuild(net, folders[a], folders[b]), templates)
                self.assertEqual(rebuild(net, old[a], old[b]), templates)
                self.assertIsNone(rebuild(net, old[a], folders[b]), f"old {a} with new {b}")
        # Nothing of the old files' sealed shares is left in the new ones.
        for custodian, folder in enumerate(folders):
            with sqlite3.connect(old[custodian] / "custodian.sqlite") as connection:
                sealed = [row[0] for row in connection.execute("SELECT sealed FROM shares")]
            connection.close()
            self.assertEqual(len(sealed), 3)
            content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
            for share in sealed:
                self.assertNotIn(bytes(share[100:132]), content)
        net.start_all()
        for person in range(3):
            self.expect_known(person)


class RefreshKillTest(Refreshing):
    """A custodian is killed at each place of a refresh, and started again: the refresh goes on to its end."""

    faulty = True
    OTHERS = ["refresh.made", "refresh.stage", "refresh.staged", "apply.before", "apply.after"]
    COORDINATOR = ["refresh.stage", "refresh.staged", "refresh.agreed", "decide.before", "apply.before", "apply.after",
                   "decide.after"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        helper = cls()
        helper.files = 0
        for person in range(3):
            helper.enrol(person)

    def kill_at_each(self, custodian):
        net = self.net
        for place in self.COORDINATOR if custodian == 0 else self.OTHERS:
            with self.subTest(custodian=custodian, place=place):
                before = max(self.epochs())
                process = net.processes[custodian]
                net.fault_file(custodian).write_text(place)
                begun = self.refresh("--no-wait")
                self.assertIn(begun.code, (YES, UNAVAILABLE), begun)
                wait_until(lambda: process.poll() is not None, f"the end of custodian {custodian} at {place}")
                self.assertEqual(process.returncode, -9)
                net.processes[custodian] = None
                net.start(custodian, faulty=True)
                net.wait_ready()
                self.wait_done()
                epochs = self.epochs()
                self.assertEqual(len(set(epochs)), 1)
                # Decided and not remembered, a batch is refreshed once more.
                self.assertIn(epochs[0], (before + 1, before + 2))
                self.assertEqual(self.staged(), [0, 0, 0])
                for person in range(3):
                    self.expect_known(person)

    def wait_done(self):
        """Until the refresh under way is done; asking for the state begins none while it is."""

        def done():
            plan = self.net.rows(0, "SELECT text FROM notes WHERE name = CAST('refresh plan' AS BLOB)")
            return plan and b'"ended_ms":0' not in plan[0][0]

        wait_until(done, "the end of the refresh")

    def test_coordinator(self):
        self.kill_at_each(0)

    def test_custodian_1(self):
        self.kill_at_each(1)

    def test_custodian_2(self):
        self.kill_at_each(2)


class RotateTest(Refreshing):
    """A custodian gets new keys within its network; what was proven by the old ones stays proven."""

    def test_a_foreign_policy_is_not_signed(self):
        """A change of keys signs the policy anew, but only one that this custodian had signed."""
        net = self.net
        policy = net.custodian_folder(2) / "policy"
        own = policy.read_text()
        out = net.folder / "never.json"
        for name, text, code in (("changed", own.replace('"trial-court+', '"other-court+', 1), DAMAGED),
                                 ("another's", (net.custodian_folder(1) / "policy").read_text(), REFUSED)):
            with self.subTest(name):
                self.assertNotEqual(text, own)
                policy.write_text(text)
                done = run_program("custodian", "rotate", "--log", "--dir", policy.parent, "--network",
                                   net.state / "network.json", "--out", out, "--json")
                self.expect_error(done, code)
                self.assertEqual(policy.read_text(), text)
                self.assertFalse(out.exists())
                self.assertEqual(list(policy.parent.glob("sign.key.n*")), [])
        policy.write_text(own)

    def test_keys_change_and_nothing_is_lost(self):
        net = self.net
        receipt = net.folder / "receipt.json"
        enrolled = self.enrol(0, *self.finger(0), "--receipt", receipt)
        old = net.vkey(1)
        for custodian, kind in ((1, "log"), (2, "tls"), (0, "log"), (1, "log")):
            with self.subTest(custodian=custodian, kind=kind):
                self.rotate(custodian, kind)
                self.expect_known(0)
                wait_until(lambda: [e["kind"] for e in read_log(net, custodian) if e["event"] == "rotate"][-1:] == [kind],
                           f"the entry of custodian {custodian}")
                verified = run_program("receipt", "verify", receipt, "--network", net.state / "network.json")
                self.assertEqual(verified.code, YES, verified)
                traced = net.desk("trace", *net.holder(enrolled))
                self.assertEqual(traced.code, YES, traced)
        self.assertNotEqual(net.vkey(1), old)
        # The newest receipt holds as well.
        second = net.folder / "second.json"
        self.enrol(1, *self.finger(1), "--receipt", second)
        verified = run_program("receipt", "verify", second, "--network", net.state / "network.json")
        self.assertEqual(verified.code, YES, verified)

        # A network file that leaves a change out, or forges one, is not taken.
        whole = net.network()
        for change in (lambda file: file["rotations"].pop(), lambda file: file["rotations"].reverse(),
                       lambda file: file["custodians"][1].update(sign_key="ab" * 32)):
            forged = net.network()
            change(forged)
            path = net.folder / "forged.json"
            path.write_text(json.dumps(forged))
            net.stop(1)
            refused = net.try_start(1, network=path)
            self.assertEqual(refused.code, DAMAGED, refused)
        self.assertEqual(len(whole["rotations"]), 4)
        net.start(1)
        net.wait_ready()


if __name__ == "__main__":
    unittest.main(verbosity=2)
