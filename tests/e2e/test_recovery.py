"""A custodian comes back from the two others also after everyone's shares, or somebody's keys, have changed."""

import unittest

from support import NOT_FOUND, UNAVAILABLE, YES, iin, run_program, wait_until
from test_keeping import Keeping
from test_refresh import Refreshing


class RecoverAfterChangesTest(Keeping, Refreshing):
    def lose_and_bring_back(self, custodian):
        self.net.stop(custodian)
        self.lose_all_but_keys(custodian)
        report = self.bring_back(custodian)
        self.assertEqual((report["log"], report["database"]), ("recovered", "recovered"), report)

    def check(self, record):
        """A comparison of each kind: the shares of all three fit."""
        self.expect_known(0)
        found = self.net.desk("identify", *self.finger(0, take=2))
        self.assertEqual(found.json["records"], [record], found)
        self.expect_error(self.net.desk("verify", "--id", iin(3), *self.finger(3)), NOT_FOUND)

    def test_new_keys_and_new_shares(self):
        net = self.net
        stays, goes, gone = self.enrol(0), self.enrol(1), self.enrol(3)
        self.assertEqual(net.desk("erase", *net.holder(gone)).code, YES)
        record = stays.json["record"]
        for custodian, kind in ((1, "log"), (2, "tls")):
            self.rotate(custodian, kind)
        # Whose keys have changed, and one whose have not.
        for custodian in (1, 2, 0):
            with self.subTest("new keys", custodian=custodian):
                self.lose_and_bring_back(custodian)
                self.check(record)
        for custodian in (2, 0, 1):
            with self.subTest("new shares", custodian=custodian):
                done = self.refresh()
                self.assertEqual((done.code, done.json["done"]), (YES, 2), done)
                self.lose_and_bring_back(custodian)
                self.check(record)
        followed = run_program("log", "follow", "--network", net.state / "network.json", "--state",
                               net.folder / "follower", "--once")
        self.assertEqual(followed.code, YES, followed)
        traced = net.desk("trace", *net.holder(goes))
        self.assertEqual(traced.code, YES, traced)
        self.assertEqual((traced.json["missing"], traced.json["differing"]), ([], []), traced)
        self.assertEqual(net.desk("erase", *net.holder(goes)).code, YES)
        self.expect_error(net.desk("verify", "--id", iin(1), *self.finger(1)), NOT_FOUND)
        self.check(record)


class RecoverDuringRefreshTest(Keeping, Refreshing):
    """A custodian dies in the middle of a refresh and loses all it has: it comes back, and the refresh ends."""

    faulty = True

    def test_each_place(self):
        net = self.net
        record = self.enrol(0).json["record"]
        for custodian, place in ((1, "refresh.staged"), (2, "apply.before"), (1, "apply.after"), (2, "refresh.made")):
            with self.subTest(custodian=custodian, place=place):
                process = net.processes[custodian]
                net.fault_file(custodian).write_text(place)
                begun = self.refresh("--no-wait")
                self.assertIn(begun.code, (YES, UNAVAILABLE), begun)
                wait_until(lambda: process.poll() is not None, f"the end of custodian {custodian} at {place}")
                net.processes[custodian] = None
                self.lose_all_but_keys(custodian)
                self.bring_back(custodian)
                self.expect_known(0)
                done = self.refresh()
                self.assertEqual((done.code, done.json["done"], done.json["under_way"]), (YES, 1, False), done)
                self.expect_known(0)
                found = net.desk("identify", *self.finger(0, take=2))
                self.assertEqual(found.json["records"], [record], found)
                net.stop(custodian)
                net.start(custodian, faulty=True)
                net.wait_ready()


if __name__ == "__main__":
    unittest.main(verbosity=2)
