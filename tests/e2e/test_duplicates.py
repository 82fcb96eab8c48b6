"""Who is enrolled twice is caught before the second enrolment, and nobody is told more than that."""

import json
import shutil
import unittest
from pathlib import Path

from logs import read_log
from support import (ALREADY_EXISTS, DUPLICATE, NO, NOT_FOUND, REFUSED, YES, NetworkTest, iin, request_id, run_program)

PURPOSES = Path(__file__).parents[2] / "content" / "purposes"


class DuplicateTest(NetworkTest):
    """Operators are many, as the purpose allows each of them five questions a minute."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        enrolled = cls.net.desk("enrol", "--id", iin(1), *cls("test_who_is_enrolled_is_caught").finger(1))
        assert enrolled.code == YES, enrolled

    def check(self, *words, operator, **options):
        return run_program("identify", *words, "--purpose", "deduplication", "--operator", operator, "--state",
                           self.net.state, "--json", **options)

    def enrol_checked(self, person, *words, operator, chosen=None):
        return self.net.desk("enrol", "--id", iin(person), *words, "--check-duplicates", "--operator", operator,
                             *(["--request-id", chosen] if chosen else []))

    def test_who_is_enrolled_is_caught(self):
        people = self.net.people()
        refused = self.enrol_checked(2, *self.finger(1, take=1), operator="caught")
        self.assertEqual(refused.code, DUPLICATE, refused)
        self.assertEqual({name: refused.json[name] for name in ("enrolled", "duplicate")},
                         {"enrolled": False, "duplicate": True})
        self.assertEqual(self.net.people(), people)
        # In the three logs it is a search for that purpose; no enrolment was asked for.
        checked = refused.json["check_request_id"]
        for custodian in range(3):
            entries = [one for one in read_log(self.net, custodian) if one.get("request") == checked]
            self.assertEqual([(one["event"], one["purpose"], one["v"]) for one in entries],
                             [("identify", "deduplication", 1)])
            self.assertNotIn("warrant", entries[0])
        self.assertEqual(self.net.desk("verify", "--id", iin(2), *self.finger(1, take=2)).code, NOT_FOUND)

    def test_who_is_new_is_enrolled_and_not_caught_by_a_repetition(self):
        """The check that was made for an enrolment stays what it was: the person is not found as their own double."""
        chosen = request_id()
        first = self.enrol_checked(3, *self.finger(3), operator="new", chosen=chosen)
        self.assertEqual(first.code, YES, first)
        again = self.enrol_checked(3, *self.finger(3), operator="new", chosen=chosen)
        self.expect_error(again, ALREADY_EXISTS, "receipt")
        twice = self.enrol_checked(3, *self.finger(3, take=1), operator="new")
        self.assertEqual(twice.code, DUPLICATE, twice)

    def test_yes_or_no_and_never_who(self):
        yes, no = (self.check(*self.finger(seed, take=4), operator="asks") for seed in (1, "nobody"))
        self.assertEqual((yes.code, no.code), (YES, NO), (str(yes), str(no)))
        for answer, found in ((yes, True), (no, False)):
            self.assertEqual(set(answer.json), {"found", "compared", "request_id"}, answer)
            self.assertIs(answer.json["found"], found)
        # The same, where a custodian has started anew and knows the request from its file alone.
        self.net.restart(1)
        again = self.check(*self.finger(1, take=4), "--request-id", yes.json["request_id"], operator="asks")
        self.assertEqual((again.code, again.json), (YES, yes.json), again)

    def test_without_json(self):
        said = run_program("identify", *self.finger(1, take=5), "--purpose", "deduplication", "--operator", "plain",
                           "--state", self.net.state)
        self.assertEqual(said.code, YES, said)
        self.assertRegex(said.out, r"^Yes: somebody alike is enrolled among \d+ people\.\n$")

    def test_policies_that_differ(self):
        """Whichever custodian alone has the search answer one bit: it ends, and whose policies differ is said."""
        purposes = self.net.folder / "purposes"
        shutil.copytree(PURPOSES, purposes)
        path = purposes / "deduplication.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "one_bit": False, "needs_warrant": True}))
        # All want a warrant, one tells one bit all the same.
        one_bit = self.net.folder / "one-bit"
        shutil.copytree(purposes, one_bit)
        path = one_bit / "deduplication.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "one_bit": True}))
        self.addCleanup(self.change_purposes, [PURPOSES] * 3)
        for told in (0, 1, 2):
            with self.subTest(told=told):
                self.change_purposes([one_bit if i == told else purposes for i in range(3)])
                warrant = self.net.make_warrant(f"differs-{told}", "--purpose", "deduplication")
                chosen = request_id()
                answer = self.check(*self.finger(1, take=6), "--warrant", warrant, "--request-id", chosen,
                                    operator="differs")
                error = self.expect_error(answer, REFUSED, "policies differ", "one bit", "deduplication")
                self.assertIn(f"custodian {told or 1}", error["where"])
    def change_purposes(self, folders):
        for custodian, folder in enumerate(folders):
            self.net.stop(custodian)
            self.net.change_policy(custodian, lambda rules: None, purposes=folder)
        self.net.start_all()


if __name__ == "__main__":
    unittest.main(verbosity=2)
