"""A custodian is killed (SIGKILL) at each place of each kind of request, and started again.

Afterwards: the desk's command has ended with an answer or a clear error; repeating the request under its id gives one
definite end; the three custodians agree, and none keeps anything half-done."""

import re
import time
import unittest
from pathlib import Path

from support import (ALREADY_EXISTS, BUSY, NO, STALE, TIMEOUT, UNAVAILABLE, UNDECIDED, YES, Network, NetworkTest, iin,
                     request_id, run_program, wait_until)

PREPARE = ["prepare.before", "prepare.after"]
# Written down for the log, then put into it; a kill between the two must lose neither.
ENTER = ["enter.before", "enter.after"]
LOG = ["log.before", "log.after"]
VOTE = ENTER + LOG + ["vote.before", "vote.after"]
APPLY = ["apply.before", "apply.after"]
RESULT = ["result.before", "result.after"]
COMMIT = ["commit.before", "commit.after"]
ABORT = ["abort.before", "abort.after"]
# The entry that says that the record is gone is the second of an erasure.
ERASED = ["log.before 2", "log.after 2"]

# What custodian 0 passes, and what the others do.
CHANGE = (PREPARE + VOTE + ["agreed", "decide.before"] + APPLY + ["decide.after"], PREPARE + VOTE + APPLY)
COMPARISON = (PREPARE + VOTE + ["agreed", "snapshot", "run"] + RESULT + ["ran"] + COMMIT + ["committed"],
              PREPARE + VOTE + ["run"] + RESULT + COMMIT)
ERASURE = (CHANGE[0] + ERASED, CHANGE[1] + ERASED)
REFUSAL = (PREPARE + ABORT, PREPARE + ABORT)

# From there on the coordinator has decided.
DECIDED = {"apply.after", "decide.after", "commit.after", "committed", *ERASED}

# Longer than any deadline of a desk (limits.h: verify_timeout_ms + connect_timeout_ms, contact_timeout_ms), and some
# more on a busy machine.
ANSWER_WITHIN_S = 40


class KillCase(NetworkTest):
    """The frame of the classes below."""

    faulty = True
    places = ((), ())

    def command(self, case):
        """The request of a case, as words."""
        raise NotImplementedError

    def expected(self):
        """The exit code where it succeeds."""
        return YES

    def cases(self, custodian):
        return self.places[0 if custodian == 0 else 1]

    def kill_at_each(self, custodian):
        for place in self.cases(custodian):
            with self.subTest(custodian=custodian, place=place):
                began = time.monotonic()
                self.kill_at(custodian, place)
                print(f"custodian {custodian}, {place}: {time.monotonic() - began:.1f} s", flush=True)

    def kill_at(self, custodian, place):
        net, words, chosen = self.net, self.command(place), request_id()
        words = words + ["--request-id", chosen]
        net.fault_file(custodian).write_text(place)
        began = time.monotonic()
        running = net.begin(*words)
        process = net.processes[custodian]
        wait_until(lambda: process.poll() is not None, f"the end of custodian {custodian} at {place}")
        self.assertEqual(process.returncode, -9)
        self.assertFalse(net.fault_file(custodian).exists())
        net.processes[custodian] = None
        net.start(custodian, faulty=True)
        out, err = running.communicate(timeout=ANSWER_WITHIN_S)
        self.assertLess(time.monotonic() - began, ANSWER_WITHIN_S)
        first = f"{running.returncode} {out} {err}"
        self.check_first(running.returncode, out, err, custodian, place)
        net.wait_ready()

        # The repetition's end is definite: never undecided.
        again = net.desk(*words)
        if running.returncode == self.expected():
            self.check_repeated(again, first)
        else:
            self.assertIn(again.code, self.ends(), f"{first}\n{again}")
        if custodian == 0 and place in DECIDED:
            self.check_decided(running.returncode, again, first)
        self.check_nothing_half_done()
        self.check_state(again.code)

    def ends(self):
        return (self.expected(), UNAVAILABLE)

    def check_first(self, code, out, err, custodian, place):
        """An answer, or an error that names a custodian."""
        said = f"{code} {out} {err}"
        self.assertIn(code, (*self.ends(), TIMEOUT, UNDECIDED), said)
        self.assertNotIn("Traceback", said)
        if code not in (YES, NO, ALREADY_EXISTS):
            self.assertRegex(err, r"custodians? \d", said)
        if code == UNDECIDED:
            self.assertIn("--request-id", err)

    def check_repeated(self, again, first):
        self.assertEqual(again.code, self.expected(), f"{first}\n{again}")

    def check_decided(self, first_code, again, first):
        self.assertEqual(first_code, self.expected(), f"{first}\n{again}")

    def check_nothing_half_done(self):
        for custodian in range(3):
            wait_until(lambda: self.net.unfinished(custodian) == 0, f"the last requests of custodian {custodian}")

    def check_state(self, code):
        """All three agree, and serve on."""
        self.net.wait_ready()
        known = self.net.desk("verify", "--id", iin(0), *self.finger("anna", take=2))
        self.assertEqual(known.code, YES, known)
        found = self.net.desk("identify", *self.finger("anna", take=3))
        self.assertEqual(found.json["records"], [self.record], found)

    def setUp(self):
        if not hasattr(type(self), "record"):
            type(self).record = self.enrol(0, *self.finger("anna")).json["record"]
            type(self).person = 0


class KillEnrol(KillCase):
    places = CHANGE

    def command(self, case):
        type(self).person += 1
        return ["enrol", "--id", iin(self.person), *self.finger(self.person)]

    # A desk that was told the end has forgotten the secret, so that the same request cannot be made again.
    def ends(self):
        return (YES, UNAVAILABLE, ALREADY_EXISTS)

    def check_repeated(self, again, first):
        self.expect_error(again, ALREADY_EXISTS, "receipt")
        self.check_found()

    def check_decided(self, first_code, again, first):
        self.assertEqual(first_code, YES, f"{first}\n{again}")

    def check_state(self, code):
        super().check_state(code)
        if code != YES and self.net.people() == {self.person}:
            self.enrol(self.person)
        self.check_found()
        self.assertEqual(self.net.people(), {self.person + 1})

    def check_found(self):
        found = self.net.desk("verify", "--id", iin(self.person), *self.finger(self.person, take=1))
        self.assertEqual(found.code, YES, found)


class KillErase(KillCase):
    places = ERASURE

    def command(self, case):
        if self.net.desk("verify", "--id", iin(1), *self.finger(1, take=1)).code != YES:
            self.enrol(1)
        return ["erase", "--id", iin(1)]

    def check_state(self, code):
        super().check_state(code)
        self.assertEqual(self.net.people(), {1 if code == YES else 2})
        for custodian in range(3):
            rows = self.net.rows(custodian, "SELECT (SELECT count(*) FROM records), (SELECT count(*) FROM record_keys), "
                                            "(SELECT count(*) FROM shares)")
            self.assertEqual(set(rows[0]), self.net.people(), rows)


class KillEraseByHolder(KillErase):
    """The same, asked for with the receipt over HTTPS."""

    def command(self, case):
        if self.net.people() == {1}:
            type(self).held = self.enrol(1)
        return ["erase", *self.net.holder(self.held)]


class KillVerify(KillCase):
    places = COMPARISON

    def command(self, case):
        return ["verify", "--id", iin(0), *self.finger("anna", take=1)]


class KillIdentify(KillCase):
    places = COMPARISON

    def command(self, case):
        return ["identify", *self.finger("anna", take=1)]

    # The order of the people, which candidates are looked up in, is kept in memory alone.
    def ends(self):
        return (YES, UNAVAILABLE, STALE)

    def check_repeated(self, again, first):
        self.assertEqual(again.code, YES, f"{first}\n{again}")
        self.assertEqual(again.json["records"], [self.record])

    def check_decided(self, first_code, again, first):
        self.assertIn(again.code, (YES, STALE), f"{first}\n{again}")
        if again.code == STALE:
            self.assertIn("Identify again", again.err)

    def check_first(self, code, out, err, custodian, place):
        if code in (YES, NO):
            self.assertIn(self.record, out)
        super().check_first(code, out, err, custodian, place)


class KillRefusal(KillCase):
    """A request that the custodians refuse."""

    places = REFUSAL

    def command(self, case):
        return ["enrol", "--id", iin(0), *self.finger("anna", take=4)]

    def expected(self):
        return ALREADY_EXISTS

    # As with KillEnrol: whoever was told the end cannot ask the same again.
    def ends(self):
        return (ALREADY_EXISTS, UNAVAILABLE, STALE)

    def check_repeated(self, again, first):
        self.assertIn(again.code, (ALREADY_EXISTS, STALE), f"{first}\n{again}")

    def check_state(self, code):
        super().check_state(code)
        self.assertEqual(self.net.people(), {1})


class KillEnrolCoordinatorTest(KillEnrol):
    def test_custodian_0(self):
        self.kill_at_each(0)


class KillEnrolFirstTest(KillEnrol):
    def test_custodian_1(self):
        self.kill_at_each(1)


class KillEnrolSecondTest(KillEnrol):
    def test_custodian_2(self):
        self.kill_at_each(2)


class KillEraseCoordinatorTest(KillErase):
    def test_custodian_0(self):
        self.kill_at_each(0)


class KillEraseFirstTest(KillErase):
    def test_custodian_1(self):
        self.kill_at_each(1)


class KillEraseSecondTest(KillErase):
    def test_custodian_2(self):
        self.kill_at_each(2)


class KillEraseByHolderCoordinatorTest(KillEraseByHolder):
    def test_custodian_0(self):
        self.kill_at_each(0)


class KillEraseByHolderFirstTest(KillEraseByHolder):
    def test_custodian_1(self):
        self.kill_at_each(1)


class KillVerifyCoordinatorTest(KillVerify):
    def test_custodian_0(self):
        self.kill_at_each(0)


class KillVerifyFirstTest(KillVerify):
    def test_custodian_1(self):
        self.kill_at_each(1)


class KillVerifySecondTest(KillVerify):
    def test_custodian_2(self):
        self.kill_at_each(2)


class KillIdentifyCoordinatorTest(KillIdentify):
    def test_custodian_0(self):
        self.kill_at_each(0)


class KillIdentifyFirstTest(KillIdentify):
    def test_custodian_1(self):
        self.kill_at_each(1)


class KillIdentifySecondTest(KillIdentify):
    def test_custodian_2(self):
        self.kill_at_each(2)


class KillRefusalTest(KillRefusal):
    def test_custodian_0(self):
        self.kill_at_each(0)

    def test_custodian_1(self):
        self.kill_at_each(1)

    def test_custodian_2(self):
        self.kill_at_each(2)


class FaultPlacesTest(unittest.TestCase):
    def test_every_place_of_the_source_is_tried(self):
        source = Path(__file__).parents[2] / "src" / "custodian"
        there = set()
        for file in source.glob("*.cpp"):
            there |= set(re.findall(r'fault_point\("([^"]+)"\)', file.read_text()))
        tried = {place for places in (CHANGE, COMPARISON, REFUSAL) for one in places for place in one}
        # What custodians do among themselves is tried there.
        elsewhere = "".join(Path(__file__).with_name(name).read_text() for name in ("test_keeping.py", "test_refresh.py"))
        tried |= {place for place in there if f'"{place}"' in elsewhere}
        self.assertEqual(there, tried)


del KillCase, KillEnrol, KillErase, KillEraseByHolder, KillVerify, KillIdentify, KillRefusal

if __name__ == "__main__":
    unittest.main(verbosity=2)
