"""Purposes, policies and warrants: each custodian judges by its own copy, says no by itself, and says so in its log."""

import hashlib
import hmac
import json
import shutil
import time
import unittest
from pathlib import Path

from logs import entries_of, read_log, read_logs
from support import (BUSY, DAMAGED, INVALID_INPUT, NO, REFUSED, STALE, WRONG_NETWORK, YES, Network, NetworkTest, iin,
                     request_id, run_program, utc, wait_until)

PURPOSES = Path(__file__).parents[2] / "content" / "purposes"


class Judged(NetworkTest):
    """The frame of the classes below."""

    def refused_by(self, answer, custodian, *mentions, code=REFUSED):
        """Refused by that custodian, or by any where it is None; gives which one."""
        error = self.expect_error(answer, code, *mentions)
        self.assertRegex(error["where"], r"custodian \d", answer)
        named = int(error["where"].split("custodian ")[1][0])
        if custodian is not None:
            self.assertEqual(named, custodian, answer)
        return named

    def check_refusal_logged(self, chosen, custodian):
        """By the one that said no; those that had agreed say that it came to nothing."""
        self.assertEqual(entries_of(read_log(self.net, custodian), chosen), ["refused"])
        for other in range(3):
            if other != custodian:
                # They may hear of it before they are asked, or may be of the same opinion.
                wait_until(lambda: entries_of(read_log(self.net, other), chosen) in
                           ([], ["refused"], ["verify", "aborted"], ["identify", "aborted"]), "the others' entries")


    def set_clock(self, custodian, ahead_ms):
        if ahead_ms:
            self.addCleanup(self.set_clock, custodian, 0)
        path = self.net.clock_file(custodian)
        new = path.with_suffix(".new")
        new.write_text(str(ahead_ms))
        new.rename(path)


class PurposeTest(Judged):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enrolled = cls.net.desk("enrol", "--id", iin(1), *cls("test_an_unknown_purpose").finger(1))

    def verify(self, *words, chosen=None):
        return self.net.desk("verify", "--id", iin(1), *self.finger(1, take=1), *words,
                             *(["--request-id", chosen] if chosen else []))

    def change(self, custodian, change, **options):
        """Another policy from here to the test's end."""
        before = self.net.policy(custodian)
        before["purposes"] = [one["purpose"]["id"] for one in before["purposes"]]

        def back():
            self.net.change_policy(custodian, lambda rules: rules.update(before))
            self.net.restart(custodian)

        self.addCleanup(back)
        self.net.change_policy(custodian, change, **options)
        self.net.restart(custodian)

    def test_an_unknown_purpose(self):
        chosen = request_id()
        custodian = self.refused_by(self.verify("--purpose", "curiosity", chosen=chosen), None, "purpose", "curiosity")
        self.check_refusal_logged(chosen, custodian)

    def test_a_purpose_that_is_others(self):
        for purpose in ("verification-bank", "own-request"):
            self.refused_by(self.verify("--purpose", purpose), None, "not registered for the purpose", purpose)

    def test_a_purpose_for_something_else(self):
        self.refused_by(self.verify("--purpose", "enrolment"), None)
        self.refused_by(self.net.desk("erase", "--id", iin(1), "--purpose", "verification"), None)

    def test_nobody_asks(self):
        self.expect_error(self.verify("--operator", ""), INVALID_INPUT)

    def test_one_custodian_is_stricter(self):
        """It alone says no, and its no is enough; the others' logs say that nothing came of what they agreed to."""
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                digest = self.digest(custodian)
                former = (self.net.custodian_folder(custodian) / "policy").read_text()
                self.change(custodian, lambda rules: rules["parties"][0].update(operators=["Aigerim"]))
                chosen = request_id()
                answer = self.verify("--operator", "Mallory", chosen=chosen)
                self.refused_by(answer, custodian, "operator", "Mallory")
                self.check_refusal_logged(chosen, custodian)
                self.assertEqual(self.verify("--operator", "Aigerim").code, YES)
                self.check_policy_logged(custodian, digest)
                self.check_former_is_refused(custodian, former)
                self.doCleanups()

    def check_former_is_refused(self, custodian, former):
        """A policy that was in force before is signed as well, and allows what has been forbidden since."""
        path = self.net.custodian_folder(custodian) / "policy"
        present = path.read_text()
        self.net.stop(custodian)
        path.write_text(former)
        ended = self.net.try_start(custodian)
        self.assertEqual(ended.code, REFUSED, ended)
        self.assertIn("older", ended.err)
        path.write_text(present)
        self.net.start(custodian)
        self.net.wait_ready()

    def digest(self, custodian):
        text = (self.net.custodian_folder(custodian) / "policy").read_text()
        return hashlib.sha256(text[:text.index("\n\n") + 1].encode()).hexdigest()

    def check_policy_logged(self, custodian, before):
        """Each policy from where it is in force, the newest last."""
        logged = [entry["digest"] for entry in read_log(self.net, custodian) if entry["event"] == "policy"]
        self.assertEqual(logged[-2:], [before, self.digest(custodian)])
        self.assertNotEqual(*logged[-2:])

    def test_a_purpose_withdrawn_by_one(self):
        def without(rules):
            rules["purposes"].remove("verification")
            rules["parties"][0]["purposes"].remove("verification")

        self.change(1, without)
        self.refused_by(self.verify(), 1, "purpose")

    def test_a_lock_that_one_custodian_respects(self):
        """Though the two others' policies let a warrant go on over it: whom one leaves out, all leave out."""
        purposes = self.net.folder / "strict"
        shutil.copytree(PURPOSES, purposes, dirs_exist_ok=True)
        path = purposes / "identification.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "overrides_lock": False}))
        search = ("identify", *self.finger(1, take=2))
        self.assertEqual(self.net.desk("lock", *self.net.holder(self.enrolled)).code, YES)
        self.assertEqual(self.net.desk(*search).code, YES)
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                self.change(custodian, lambda rules: None, purposes=purposes)
                found = self.net.desk(*search)
                self.assertEqual(found.code, NO, found)
                self.doCleanups()
        self.assertEqual(self.net.desk("unlock", *self.net.holder(self.enrolled)).code, YES)
        self.assertEqual(self.net.desk(*search).code, YES)

    def test_a_policy_that_is_not_yet_in_force(self):
        self.change(2, lambda rules: rules.update(valid_from=utc(time.time() + 3600)))
        self.refused_by(self.verify(), 2, "not yet in force")

    def test_a_quota(self):
        quotas = {"desk_per_minute": 2, "desk_per_day": 100, "operator_per_minute": 2, "operator_per_day": 100}
        self.change(0, lambda rules: rules["parties"][0].update(quotas=quotas))
        self.assertEqual([self.verify().code for _ in range(2)], [YES, YES])
        self.refused_by(self.verify(), 0, "more than 2 requests", code=BUSY)

    def test_a_desk_that_nobody_registered(self):
        self.change(1, lambda rules: rules["parties"][0].update(desks=["another desk"]))
        self.refused_by(self.verify(), 1, "desk")


class WarrantTest(Judged):
    """Searches, each of which takes a court's permission."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        helper = cls("test_none")
        cls.records = []
        for person in (1, 2):
            enrolled = cls.net.desk("enrol", "--id", iin(person), *helper.finger("twin", take=person))
            assert enrolled.code == YES, enrolled
            cls.records.append(enrolled.json["record"])

    def search(self, warrant, *words, take=9):
        return self.net.desk("identify", *self.finger("twin", take), "--warrant", warrant, *words)

    def refuse(self, warrant, *mentions, words=(), code=REFUSED):
        chosen = request_id()
        custodian = self.refused_by(self.search(warrant, *words, "--request-id", chosen), None, *mentions, code=code)
        self.check_refusal_logged(chosen, custodian)

    def file(self, name, content):
        path = self.net.folder / f"{name}.warrant"
        path.write_text(content)
        return path

    def test_none(self):
        self.refuse(self.file("none", ""), "warrant")

    def test_for_a_purpose_that_takes_none(self):
        self.refuse(self.net.warrant, "takes no warrant", words=["--purpose", "deduplication"])

    def test_signatures(self):
        cases = {"court": ({"court": None}, "the court"),
                 "a-court-that-is-none": ({"court": "officer-2"}, "the court"),
                 "no-officer": ({"officers": ()}, "officers of two custodians"),
                 "one-officer": ({"officers": (2,)}, "officers of two custodians")}
        for name, (changes, said) in cases.items():
            with self.subTest(name):
                self.refuse(self.net.make_warrant(name, **changes), said)
        nobody = self.net.make_warrant("nobody", court=None, officers=())
        self.refuse(nobody, "signatures", code=INVALID_INPUT)
        for officers in ((0, 2), (1, 2), (0, 1, 2)):
            warrant = self.net.make_warrant(f"officers-{len(officers)}-{officers[0]}", officers=officers)
            self.assertEqual(self.search(warrant).code, YES)

    def test_changed_afterwards(self):
        text = self.net.warrant.read_text()
        for old, new in (('"searches_max":1000', '"searches_max":999'), ('"candidates_max":10', '"candidates_max":1')):
            self.assertIn(old, text)
            self.refuse(self.file("changed", text.replace(old, new)), "signature", code=DAMAGED)
        self.refuse(self.file("cut", text[:len(text) // 2]), "warrant", code=INVALID_INPUT)
        self.refuse(self.file("text", "Search them all, I say.\n"), "warrant", code=INVALID_INPUT)

    def test_time_is_over_or_has_not_come(self):
        now = time.time()
        self.refuse(self.net.make_warrant("over", **{"from": utc(now - 7200), "until": utc(now - 3600)}), "expired")
        self.refuse(self.net.make_warrant("early", **{"from": utc(now + 3600), "until": utc(now + 7200)}), "not yet")

    def test_for_somebody_else(self):
        self.refuse(self.net.make_warrant("party", party="other-office"), "another relying party")
        self.refuse(self.net.make_warrant("purpose", purpose="verification"), "another purpose")
        self.refuse(self.net.make_warrant("desk", "--desk", "desk two"), "desk")
        self.refuse(self.net.make_warrant("operator", "--operator", "Aigerim"), "operator",
                    words=["--operator", "Mallory"])
        self.refuse(self.net.make_warrant("finger", "--finger", 1), "finger")
        own = self.net.make_warrant("own", "--desk", "desk", "--operator", "Aigerim", "--finger", 2)
        self.assertEqual(self.search(own, "--operator", "Aigerim").code, YES)

    def test_of_another_network(self):
        other = Network()
        self.addCleanup(other.close)
        self.refuse(other.warrant, "another network", code=WRONG_NETWORK)

    def test_used_up(self):
        """Each custodian counts by itself, over restarts; a search that was refused or repeated is not counted."""
        warrant = self.net.make_warrant("two", "--finger", 2, searches=2)
        self.refuse(warrant, "finger", words=self.finger("twin", 3, "left-index"))
        chosen = request_id()
        for _ in range(2):
            self.assertEqual(self.search(warrant, "--request-id", chosen).code, YES)
        self.assertEqual(self.search(warrant).code, YES)
        for custodian in range(3):
            uses = self.net.rows(custodian, "SELECT count(*) FROM warrant_uses GROUP BY warrant_id")
            self.assertIn((2,), uses, custodian)
        self.refuse(warrant, "used up")
        for custodian in range(3):
            self.net.stop(custodian)
        self.net.start_all()
        self.refuse(warrant, "used up")

    def test_candidates(self):
        one = self.search(self.net.make_warrant("one", candidates=1))
        self.assertEqual((one.code, one.json["candidates"], len(one.json["records"])), (YES, 2, 1), one)
        self.assertEqual(self.search(self.net.warrant).json["records"], self.records)

    def test_hidden_until_a_date(self):
        """Until then its entry says when it opens, and nothing else; then each custodian opens it by itself."""
        until = int(time.time()) + 6
        warrant = self.net.make_warrant("hidden", until=utc(until), hidden_until=utc(until))
        found = self.search(warrant, "--operator", "Aigerim")
        self.assertEqual(found.code, YES, found)
        chosen = found.json["request_id"]
        hidden = []
        for log in read_logs(self.net):
            index, entry = next((i, one) for i, one in enumerate(log) if one.get("request") == chosen)
            self.assertEqual(set(entry), {"details", "event", "hidden_until", "request", "time", "v"})
            self.assertEqual(entry["hidden_until"], utc(until))
            hidden.append((index, entry))
        for custodian, (index, entry) in enumerate(hidden):
            def opened():
                return next((one for one in read_log(self.net, custodian)
                             if one["event"] == "opened" and one["entry"] == index), None)

            opening = json.loads(wait_until(opened, f"custodian {custodian}'s opening")["opening"])
            self.assertGreaterEqual(time.time(), until)
            committed = hmac.digest(bytes.fromhex(opening["nonce"]),
                                    b"qorgan details v1\n" + opening["details"].encode(), "sha256")
            self.assertEqual(committed.hex(), entry["details"])
            details = json.loads(opening["details"])
            self.assertEqual((details["operator"], details["purpose"], details["party"]),
                             ("Aigerim", "identification", "trial-office"))
            self.assertEqual(len(details["warrant"]), 32)


class ClockTest(Judged):
    """One custodian's clock jumps: nothing is opened, used or served that the two others' clocks do not allow."""

    faulty = True

    def test_hidden_uses(self):
        self.enrol(1)
        hour_ms = 3_600_000
        later = utc(time.time() + 3600)
        warrant = self.net.make_warrant("hidden", until=later, hidden_until=later)
        found = self.net.desk("identify", *self.finger(1, take=1), "--warrant", warrant)
        self.assertEqual(found.code, YES, found)

        def opened(custodian):
            return any(entry["event"] == "opened" for entry in read_log(self.net, custodian))

        def stays_closed(custodian):
            return self.net.log(custodian).count("stays closed until")

        # Forward, back, and another one's: each alone, whatever the others' logs go on to say.
        for custodian in (0, 1):
            self.set_clock(custodian, 2 * hour_ms)
            wait_until(lambda: stays_closed(custodian) == 1, f"custodian {custodian} to wait for another clock")
            self.assertFalse(opened(custodian))
            if custodian == 0:
                self.set_clock(0, 0)
        # Two of the three open theirs; the third, whose clock is right, has not come to the date.
        self.set_clock(0, 2 * hour_ms)
        for custodian in (0, 1):
            wait_until(lambda: opened(custodian), f"custodian {custodian}'s opening")
        self.assertFalse(opened(2))

    def test_requests(self):
        enrolled = self.enrol(2)
        hour_ms = 3_600_000
        for ahead_ms in (2 * hour_ms, -2 * hour_ms):
            for custodian in range(3):
                with self.subTest(ahead_ms=ahead_ms, custodian=custodian):
                    self.set_clock(custodian, ahead_ms)
                    refused = self.net.desk("verify", "--id", iin(2), *self.finger(2, take=1))
                    self.expect_error(refused, STALE, "clock")
                    locked = self.net.desk("lock", *self.net.holder(enrolled))
                    self.assertNotEqual(locked.code, YES, locked)
                    self.set_clock(custodian, 0)
                    known = self.net.desk("verify", "--id", iin(2), *self.finger(2, take=1))
                    self.assertEqual(known.code, YES, known)


class RetentionTest(Judged):
    """A record whose time is over goes by itself, when all three clocks say so."""

    faulty = True

    def test_a_record_whose_time_is_over(self):
        purposes = self.net.folder / "purposes"
        shutil.copytree(PURPOSES, purposes)
        path = purposes / "enrolment.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "retention_days": 30}))
        stays = self.enrol(1).json
        for custodian in range(3):
            self.net.change_policy(custodian, lambda rules: None, purposes=purposes)
            self.net.restart(custodian, faulty=True)
        self.enrol(2)
        day_ms = 86_400_000
        # One clock that jumps destroys nothing, and does not keep people from being served.
        self.set_clock(0, 31 * day_ms)
        wait_until(lambda: "time is over, but" in self.net.log(0), "the others' refusal")
        self.set_clock(0, 0)
        self.assertEqual(self.net.people(), {2})
        known = self.net.desk("verify", "--id", iin(2), *self.finger(2, take=1))
        self.assertEqual(known.code, YES, known)
        for custodian in range(3):
            self.set_clock(custodian, 31 * day_ms)
        wait_until(lambda: self.net.people() == {1}, "the end of the record's time")
        for custodian in range(3):
            self.set_clock(custodian, 0)
        gone = [[entry["request"] for entry in log if entry["event"] == "expired"] for log in read_logs(self.net)]
        self.assertEqual([len(one) for one in gone], [1, 1, 1])
        self.assertEqual(len({one[0] for one in gone}), 1)
        # Clocks that went back do no harm either.
        self.assertEqual(self.net.desk("verify", "--id", iin(1), *self.finger(1, take=1)).code, YES)
        self.assertEqual(self.net.desk("identify", *self.finger(1, take=2)).json["records"], [stays["record"]])
        self.enrol(2)


del Judged

if __name__ == "__main__":
    unittest.main(verbosity=2)
