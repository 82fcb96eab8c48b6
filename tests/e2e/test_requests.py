"""What the product is for: enrol, verify, identify, erase, status, over TLS, with three real processes."""

import unittest

from support import (ALREADY_EXISTS, NO, NOT_FOUND, YES, Network, NetworkTest, iin, run_program)


class OnePersonTest(NetworkTest):
    """The whole way of one person and of what it leaves behind."""

    def test_a_person_comes_and_goes(self):
        net = self.net
        # Nobody is there.
        empty = net.desk("identify", *self.finger("a"))
        self.assertEqual(empty.code, NO, empty)
        self.assertEqual((empty.json["candidates"], empty.json["records"], empty.json["compared"]), (0, [], 0))
        self.expect_error(net.desk("verify", "--id", iin(1), *self.finger("a")), NOT_FOUND)
        self.expect_error(net.desk("erase", "--id", iin(1)), NOT_FOUND)

        enrolled = self.enrol(1, *self.finger("a"))
        self.assertEqual(len(enrolled.json["record"]), 32)
        self.assertTrue(enrolled.json["enrolled"])
        mated = net.desk("verify", "--id", iin(1), *self.finger("a", take=1))
        self.assertEqual(mated.code, YES, mated)
        self.assertTrue(mated.json["same_person"])
        other = net.desk("verify", "--id", iin(1), *self.finger("b"))
        self.assertEqual(other.code, NO, other)
        self.assertFalse(other.json["same_person"])
        found = net.desk("identify", *self.finger("a", take=2))
        self.assertEqual(found.code, YES, found)
        self.assertEqual(found.json["records"], [enrolled.json["record"]])
        self.assertEqual((found.json["candidates"], found.json["compared"]), (1, 1))

        erased = net.desk("erase", "--id", iin(1))
        self.assertEqual(erased.code, YES, erased)
        self.assertTrue(erased.json["erased"])
        self.expect_error(net.desk("verify", "--id", iin(1), *self.finger("a", take=1)), NOT_FOUND)
        self.assertEqual(net.desk("identify", *self.finger("a", take=1)).json["candidates"], 0)
        self.expect_error(net.desk("erase", "--id", iin(1)), NOT_FOUND)

        again = self.enrol(1, *self.finger("a", take=3))
        self.assertNotEqual(again.json["record"], enrolled.json["record"])
        self.assertEqual(net.desk("identify", *self.finger("a", take=1)).json["records"], [again.json["record"]])
        self.assertEqual(self.net.people(), {1})

    def test_words_for_people(self):
        """Without --json: a sentence, and errors on standard error alone."""
        net = self.net
        words = ["--state", net.state]
        self.enrol(2)
        yes = run_program("verify", "--id", iin(2), *self.finger(2, take=1), *words)
        self.assertEqual((yes.code, yes.err), (YES, ""), yes)
        self.assertIn("Yes", yes.out)
        no = run_program("verify", "--id", iin(2), *self.finger("nobody"), *words)
        self.assertEqual(no.code, NO, no)
        self.assertIn("No", no.out)
        nobody = run_program("verify", "--id", iin(3), *self.finger(2), *words)
        self.assertEqual((nobody.code, nobody.out), (NOT_FOUND, ""), nobody)
        self.assertTrue(nobody.err.startswith("qorgan: "), nobody)
        status = run_program("status", *words)
        self.assertEqual(status.code, YES, status)
        self.assertEqual(status.out.count("127.0.0.1:"), 3)
        number = run_program("verify", "--id", "-", *self.finger(2, take=2), *words, stdin=iin(2) + "\n")
        self.assertEqual(number.code, YES, number)
        self.assertEqual(run_program("erase", "--id", iin(2), *words).code, YES)


class ManyTest(NetworkTest):
    """Several people with several fingers."""

    people = 12
    names = ["right-thumb", "right-index", "left-index"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.records = {}
        instance = cls()
        for person in range(cls.people):
            words = [word for name in cls.names for word in instance.finger(f"{person} {name}", name=name)]
            enrolled = cls.net.desk("enrol", "--id", iin(person), *words)
            assert enrolled.code == YES, enrolled
            cls.records[person] = enrolled.json["record"]

    def fingers(self, person, names, take=1):
        return [word for name in names for word in self.finger(f"{person} {name}", take, name)]

    def test_status_is_the_same_everywhere(self):
        for one in self.net.status():
            self.assertEqual((one["people"], one["fingers"], one["sequence"]),
                             (self.people, 3 * self.people, self.people))
            self.assertEqual(one["version"], "0.1.0")
            self.assertGreater(one["resident_bytes"], 1 << 20)
        self.assertEqual([one["custodian"] for one in self.net.status()], [0, 1, 2])
        self.assertEqual(len({one["name"] for one in self.net.status()}), 3)

    def test_everyone_is_told_apart(self):
        for person in range(0, self.people, 4):
            for names in (self.names, self.names[1:2], ["left-index", "right-thumb"]):
                found = self.net.desk("identify", *self.fingers(person, names))
                self.assertEqual(found.json["records"], [self.records[person]], found)
                self.assertEqual(found.json["compared"], self.people)

    def test_one_finger_of_those_enrolled_is_enough(self):
        for name in self.names:
            asked = self.net.desk("verify", "--id", iin(3), *self.fingers(3, [name]))
            self.assertEqual(asked.code, YES, asked)
            self.assertEqual([work["finger_pairs"] for work in asked.json["work"]], [1, 1, 1])
        other = self.net.desk("verify", "--id", iin(4), *self.fingers(3, self.names))
        self.assertEqual(other.code, NO, other)
        self.assertEqual([work["finger_pairs"] for work in other.json["work"]], [3, 3, 3])

    def test_a_finger_that_is_not_enrolled(self):
        asked = self.net.desk("verify", "--id", iin(3), *self.finger("3 left-thumb", name="left-thumb"))
        self.expect_error(asked, NOT_FOUND, "fingers")
        searched = self.net.desk("identify", *self.finger("3 left-thumb", name="left-thumb"))
        self.assertEqual((searched.code, searched.json["compared"]), (NO, 0), searched)

    def test_a_finger_beside_one_that_is_not_enrolled(self):
        words = self.fingers(5, ["right-index"]) + self.finger("5 left-ring", name="left-ring")
        asked = self.net.desk("verify", "--id", iin(5), *words)
        self.assertEqual(asked.code, YES, asked)
        self.assertEqual([work["finger_pairs"] for work in asked.json["work"]], [1, 1, 1])

    def test_the_wrong_finger_of_the_right_person(self):
        asked = self.net.desk("verify", "--id", iin(6), *self.finger("6 left-index", 1, "right-index"))
        self.assertEqual(asked.code, NO, asked)

    def test_the_same_number_of_bytes_whatever_the_answer(self):
        """What each custodian sends depends on how many were compared, and on nothing that is secret."""
        self.expect_equal_traffic(
            lambda words: self.net.desk("verify", "--id", iin(7), *words),
            [(self.fingers(7, ["right-index"]), YES), (self.fingers(8, ["right-index"]), NO)])
        sparse = self.net.folder / "sparse.txt"
        lines = self.print_file("sparse").read_text().splitlines()
        sparse.write_text("\n".join(lines[:16]) + "\n")
        self.expect_equal_traffic(
            lambda words: self.net.desk("identify", *words),
            [(self.fingers(7, ["right-index"]), YES), (self.finger("nobody at all"), NO),
             (["--finger", f"right-index={sparse}"], NO)])

    def expect_equal_traffic(self, ask, probes):
        """The custodians take turns in their roles, batch by batch; after three times three each has had all."""
        seen = []
        for words, code in probes:
            sums = [0, 0, 0]
            for _ in range(3):
                answer = ask(words)
                self.assertEqual(answer.code, code, answer)
                sums = [total + work["bytes_sent"] for total, work in zip(sums, answer.json["work"])]
            seen.append(sums)
        self.assertTrue(all(total > 1000 for total in seen[0]), seen)
        for sums in seen[1:]:
            self.assertEqual(sums, seen[0])


class ManyCandidatesTest(NetworkTest):
    """More candidates than are named: one finger enrolled under many numbers."""

    def test_the_first_ten_are_named_and_all_are_counted(self):
        records = []
        for person in range(12):
            records.append(self.enrol(person, *self.finger("twin", take=person)).json["record"])
        found = self.net.desk("identify", *self.finger("twin", take=99))
        self.assertEqual(found.code, YES, found)
        self.assertEqual((found.json["candidates"], found.json["compared"]), (12, 12))
        self.assertEqual(found.json["records"], records[:10])
        words = run_program("identify", *self.finger("twin", take=99), "--warrant", self.net.warrant, "--state",
                            self.net.state)
        self.assertIn("and 2 more", words.out)


class PictureTest(NetworkTest):
    """From pictures, as from a reader."""

    def test_enrol_and_find_from_pictures(self):
        out = self.net.folder / "pictures"
        made = run_program("lab", "synth", "--people", 2, "--impressions", 2, "--seed", 11, "--out", out)
        self.assertEqual(made.code, 0, made)
        one, other = "101", "111"
        picture = lambda number, take: ["--finger", f"right-thumb={out}/{number}_{take}.png"]
        enrolled = self.enrol(20, *picture(one, 1))
        self.enrol(21, *picture(other, 1))
        mated = self.net.desk("verify", "--id", iin(20), *picture(one, 2))
        self.assertEqual(mated.code, YES, mated)
        stranger = self.net.desk("verify", "--id", iin(20), *picture(other, 2))
        self.assertEqual(stranger.code, NO, stranger)
        found = self.net.desk("identify", *picture(one, 2))
        self.assertEqual(found.json["records"], [enrolled.json["record"]], found)


class RestartTest(NetworkTest):
    """What was enrolled is there after all three stop and start, in whatever order."""

    def test_everything_is_there_after_a_restart(self):
        record = self.enrol(1).json["record"]
        self.enrol(2)
        self.enrol(3)
        self.assertEqual(self.net.desk("erase", "--id", iin(2)).code, YES)
        for custodian in (2, 0, 1):
            self.assertEqual(self.net.stop(custodian), 0, self.net.log(custodian))
        for custodian in (1, 2, 0):
            self.net.start(custodian)
        self.net.wait_ready()
        self.assertEqual(self.net.people(), {2})
        self.assertEqual(self.net.desk("identify", *self.finger(1, take=1)).json["records"], [record])
        self.expect_error(self.net.desk("verify", "--id", iin(2), *self.finger(2)), NOT_FOUND)
        self.expect_error(self.net.desk("enrol", "--id", iin(3), *self.finger(3)), ALREADY_EXISTS)


class NoNetworkTest(unittest.TestCase):
    """Without any custodian."""

    def test_no_arguments_print_help(self):
        bare = run_program()
        self.assertIn(bare.code, (0, 2), bare)
        self.assertIn("Usage", bare.out + bare.err)
        for command in ("network", "custodian", "enrol", "verify", "identify", "erase", "prove-absence", "notices",
                        "status", "trace", "lock", "unlock", "consent", "receipt", "certificate", "log", "policy",
                        "warrant", "demo", "lab"):
            self.assertIn(command, bare.out + bare.err)
            self.assertEqual(run_program(command, "--help").code, 0)

    def test_a_network_is_not_made_over_another(self):
        net = Network()
        try:
            again = run_program("network", "init", "--out", net.state, "--json")
            self.assertEqual(again.code, ALREADY_EXISTS, again)
            self.assertIn(str(net.state), again.error["where"])
            for custodian in range(3):
                for name in ("storage.key", "pseudonym.key", "sign.key", "tls.pem"):
                    mode = (net.custodian_folder(custodian) / name).stat().st_mode & 0o777
                    self.assertEqual(mode, 0o600, name)
        finally:
            net.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
