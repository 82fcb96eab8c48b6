"""What a person's trace says when a custodian's part of it is lost, or cut."""

import unittest

from support import REFUSED, YES, iin, run_program
from test_keeping import Keeping


class RebuiltTraceTest(Keeping):
    """A custodian is rebuilt without its list of uses: the trace says so, and raises no alarm for ever."""

    def trace(self, enrolled, *words, code=YES):
        told = run_program("trace", *self.net.holder(enrolled), "--state", self.net.state, "--json", *words)
        self.assertEqual(told.code, code, told)
        return told.json

    def verify(self, person, take):
        answer = self.net.desk("verify", "--id", iin(person), *self.finger(person, take=take))
        self.assertEqual(answer.code, YES, answer)
        return answer.json["request_id"]

    def test_older_uses_are_not_missed(self):
        enrolled = self.enrol(1)
        older = [enrolled.json["request_id"], self.verify(1, 1)]
        for custodian in (1, 0):
            self.net.stop(custodian)
            self.lose_database(custodian)
            self.bring_back(custodian)
            younger = self.verify(1, 2 + custodian)
            told = self.trace(enrolled)
            self.assertEqual((told["missing"], told["differing"], told["cut"]), ([], [], []), told)
            uses = {use["request"]: use for use in told["uses"]}
            for request in older:
                self.assertEqual(len(uses[request]["proven_by"]) + len(uses[request]["rebuilt"]), 3, told)
            self.assertEqual((len(uses[younger]["proven_by"]), "rebuilt" in uses[younger]), (3, False), told)
            older.append(younger)
        text = run_program("trace", *self.net.holder(enrolled), "--state", self.net.state, "--lang", "en")
        self.assertEqual((text.code, text.err), (YES, ""), text)
        self.assertEqual(text.out.count("was rebuilt on"), 5, text)
        # Where there is more than was asked for, what was told is shown, as what it is.
        told = self.trace(enrolled, "--page", "1", "--pages", "2", code=REFUSED)
        self.assertEqual((len(told["uses"]), told["missing"], 2 in told["cut"]), (2, [], True), told)
        text = run_program("trace", *self.net.holder(enrolled), "--state", self.net.state, "--lang", "en", "--page", "1",
                           "--pages", "2")
        self.assertIn("This is not all.", text.out)
        self.assertIn("--pages", text.err)


if __name__ == "__main__":
    unittest.main()
