"""What a desk is given may be wrong in any way: each gives a clear error, and nothing is stored or lost."""

import json
import os
import random
import shutil
import threading
import unittest

from support import (ALREADY_EXISTS, BUSY, DAMAGED, INVALID_INPUT, LOW_QUALITY, NO, NOT_FOUND, REFUSED, STALE,
                     UNAVAILABLE, UNDECIDED, VERSION_MISMATCH, WRONG_NETWORK, YES, Network, NetworkTest, iin,
                     request_id, run_program, wait_until)


def grey_picture(width, height, grey):
    return b"P5\n%d %d\n255\n" % (width, height) + bytes([grey]) * (width * height)


class BadPrintTest(NetworkTest):
    """Pictures, records and names of fingers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        out = cls.net.folder / "pictures"
        made = run_program("lab", "synth", "--people", 1, "--impressions", 1, "--seed", 5, "--out", out)
        assert made.code == 0, made
        cls.picture = out / "101_1.png"

    def file(self, name, content):
        path = self.net.folder / name
        path.write_bytes(content)
        return path

    def refuse(self, path, code, *mentions, more=()):
        """Neither an enrolment nor a search takes it, and both say where it lies."""
        before = self.net.people()
        for command in (["enrol", "--id", iin(1)], ["identify"]):
            answer = self.net.desk(*command, "--finger", f"right-index={path}", *more)
            error = self.expect_error(answer, code, *mentions)
            self.assertIn(str(path), error["where"], answer)
            self.assertIn("right-index", error["where"], answer)
        self.assertEqual(self.net.people(), before)

    def test_no_such_file(self):
        self.refuse(self.net.folder / "nothing.png", NOT_FOUND)

    def test_a_folder(self):
        self.refuse(self.net.state, INVALID_INPUT)

    def test_an_empty_file(self):
        self.refuse(self.file("empty.png", b""), INVALID_INPUT, "empty")

    def test_not_a_picture(self):
        self.refuse(self.file("letter.png", b"Dear Sir or Madam, this is no picture at all.\n" * 20), INVALID_INPUT)

    def test_random_bytes(self):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {seed}")
        self.refuse(self.file("random.png", random.Random(seed).randbytes(20000)), INVALID_INPUT)

    def test_a_picture_cut_short(self):
        whole = self.picture.read_bytes()
        for size in (8, 33, len(whole) // 2, len(whole) - 20):
            with self.subTest(size=size):
                self.refuse(self.file(f"cut-{size}.png", whole[:size]), INVALID_INPUT)

    def test_a_white_picture(self):
        self.refuse(self.file("white.pgm", grey_picture(300, 400, 255)), INVALID_INPUT, "brightness")

    def test_noise(self):
        seed = random.SystemRandom().randrange(1 << 32)
        print(f"seed {seed}")
        noise = random.Random(seed).randbytes(300 * 400)
        self.refuse(self.file("noise.pgm", b"P5\n300 400\n255\n" + noise), LOW_QUALITY)

    def test_too_few_minutiae(self):
        self.refuse(self.file("few.txt", b"100 100 20 80\n200 220 200 70\n150 160 100 60\n"), LOW_QUALITY, "3")

    def test_a_wrong_resolution(self):
        for dpi in (0, 72, 20000, -500):
            with self.subTest(dpi=dpi):
                before = self.net.people()
                answer = self.net.desk("enrol", "--id", iin(1), "--finger", f"right-index={self.picture}", "--dpi", dpi)
                self.assertEqual(answer.code, INVALID_INPUT, answer)
                self.assertIn("dpi", answer.err)
                self.assertEqual(self.net.people(), before)
        # A picture of 500 dots an inch that says it has 1000 is half a finger: not the same one.
        self.enrol(30, "--finger", f"right-index={self.picture}")
        half = self.net.desk("verify", "--id", iin(30), "--finger", f"right-index={self.picture}", "--dpi", 1000)
        self.assertIn(half.code, (NO, LOW_QUALITY, INVALID_INPUT), half)
        self.assertEqual(self.net.desk("erase", "--id", iin(30)).code, YES)

    def test_a_minutia_that_is_none(self):
        for line in ("1 2 3", "1 2 3 4 5", "1 2 400 50", "-1 2 3 50", "1 2 3 101", "1e999 2 3 50", "nan 2 3 4"):
            with self.subTest(line=line):
                path = self.file("line.txt", b"# print\n100 100 20 80\n" + line.encode() + b"\n")
                self.refuse(path, INVALID_INPUT)

    def test_a_finger_named_twice(self):
        before = self.net.people()
        answer = self.net.desk("enrol", "--id", iin(1), *self.finger(1), *self.finger(2))
        self.expect_error(answer, INVALID_INPUT, "twice", "right-index")
        self.assertEqual(self.net.people(), before)

    def test_a_finger_that_nobody_has(self):
        for name in ("sixth-finger", "", "right index", "RIGHT-INDEX", "0", "11"):
            with self.subTest(name=name):
                answer = self.net.desk("enrol", "--id", iin(1), *self.finger(1, name=name))
                self.expect_error(answer, INVALID_INPUT, "right-index", "left-little")
        self.expect_error(self.net.desk("identify", "--finger", self.print_file(1)), INVALID_INPUT)

    def test_no_finger(self):
        answer = self.net.desk("identify")
        self.assertEqual(answer.code, INVALID_INPUT, answer)
        self.assertIn("--finger", answer.err)


class BadNumberTest(NetworkTest):
    """ID numbers. No error repeats one."""

    def test_each_is_refused_and_not_repeated(self):
        good = iin(7)
        check = str((int(good[-1]) + 1) % 10)
        bad = {"eleven digits": good[:-1], "thirteen digits": good + "0", "a wrong check digit": good[:-1] + check,
               "letters": good[:6] + "ABCDEF", "a space": good[:5] + " " + good[6:], "a sign": "+" + good[1:],
               "the thirteenth month": good[:2] + "13" + good[4:], "other digits": "٠" * 12, "nothing": ""}
        for what, number in bad.items():
            with self.subTest(what):
                for command in (["enrol", "--id", number, *self.finger(1)], ["erase", "--id", number],
                                ["verify", "--id", number, *self.finger(1)]):
                    answer = self.net.desk(*command)
                    self.assertEqual(answer.code, INVALID_INPUT, answer)
                    if number.strip():
                        self.assertNotIn(number, answer.out + answer.err)
                        self.assertNotIn(number[:6], answer.out + answer.err)
        self.assertEqual(self.net.people(), {0})
        for custodian in range(3):
            self.assertNotIn(good[:6], self.net.log(custodian))

    def test_from_standard_input(self):
        for text in (iin(7)[:-1] + "\n", "", "\n", "x" * 100000):
            answer = self.net.desk("erase", "--id", "-", stdin=text)
            self.expect_error(answer, INVALID_INPUT)
            if text.strip():
                self.assertNotIn(text.strip()[:6], answer.out + answer.err)


class BadPersonTest(NetworkTest):
    """People who are there, or not."""

    def test_enrolled_twice(self):
        first = self.enrol(1)
        again = self.net.desk("enrol", "--id", iin(1), *self.finger("another"))
        self.expect_error(again, ALREADY_EXISTS, "enrolled already")
        self.assertEqual(self.net.people(), {1})
        found = self.net.desk("identify", *self.finger(1, take=1))
        self.assertEqual(found.json["records"], [first.json["record"]])
        self.assertEqual(self.net.desk("identify", *self.finger("another", take=1)).code, NO)

    def test_unknown(self):
        for command in (["verify", "--id", iin(99), *self.finger(1)], ["erase", "--id", iin(99)]):
            self.expect_error(self.net.desk(*command), NOT_FOUND, "ID number")


class BadRequestTest(NetworkTest):
    """Requests that are old, early, or repeated with something changed."""

    def setUp(self):
        super().setUp()
        self.before = self.net.people()

    def tearDown(self):
        for custodian in range(3):
            self.assertEqual(self.net.unfinished(custodian), 0)

    def enrol_as(self, person, chosen, *words, state=None):
        words = ["enrol", "--id", iin(person), *(words or self.finger(person)), "--request-id", chosen]
        return run_program(*words, "--state", state or self.net.state, "--json")

    def test_an_old_request(self):
        for age_s in (301, 3600, 10 * 365 * 86400):
            answer = self.enrol_as(1, request_id(age_s * 1000))
            self.expect_error(answer, STALE, "too old")
        self.assertEqual(self.net.people(), self.before)

    def test_a_request_from_the_future(self):
        self.expect_error(self.enrol_as(1, request_id(-75_000)), STALE, "future", "clock")
        self.expect_error(self.enrol_as(1, "f" * 32), STALE, "future")
        self.assertEqual(self.net.people(), self.before)

    def test_clocks_that_differ_a_little(self):
        for person, age_ms in ((31, 240_000), (32, -45_000)):
            answer = self.enrol_as(person, request_id(age_ms))
            self.assertEqual(answer.code, YES, answer)
            self.assertEqual(self.net.desk("erase", "--id", iin(person)).code, YES)

    def test_an_id_that_is_none(self):
        for text in ("123", "g" * 32, request_id() + "00", "é" * 16):
            self.expect_error(self.enrol_as(1, text), INVALID_INPUT, "request id")
        self.assertEqual(self.net.people(), self.before)

    def test_the_same_request_again(self):
        chosen = request_id()
        first = self.enrol_as(2, chosen)
        self.assertEqual(first.code, YES, first)
        self.assertEqual(first.json["request_id"], chosen)
        self.check_not_repeated(2, chosen)
        self.assertEqual(self.net.people(), {next(iter(self.before)) + 1})
        asked = request_id()
        words = ["verify", "--id", iin(2), *self.finger(2, take=1), "--request-id", asked]
        answers = [self.net.desk(*words) for _ in range(3)]
        self.assertEqual([answer.code for answer in answers], [YES] * 3)
        self.assertEqual(answers[0].json["work"], answers[2].json["work"])
        self.assertEqual(self.net.desk("erase", "--id", iin(2)).code, YES)
        # It was done, and is not done again.
        self.check_not_repeated(2, chosen)
        self.assertEqual(self.net.people(), self.before)

    def check_not_repeated(self, person, chosen):
        """Once the secret is handed over no desk knows it any more, so that it cannot be given a second time."""
        for _ in range(2):
            self.expect_error(self.enrol_as(person, chosen), ALREADY_EXISTS, "has enrolled the person", "receipt")
        self.assertEqual(list((self.net.state / "desk" / "pending").iterdir()), [])

    def test_a_desk_that_is_killed_before_the_answer(self):
        """The same request gives the same record, and the secret that the custodians were told of."""
        chosen = request_id()
        words = ["enrol", "--id", iin(9), *self.finger(9), "--request-id", chosen]
        before = next(iter(self.before))
        running = self.net.begin(*words)
        wait_until(lambda: any(self.net.unfinished(one) for one in range(3)) or running.poll() is not None,
                   "the request's arrival")
        running.kill()
        if YES == running.wait():
            self.skipTest("the desk was quicker")
        running.communicate()
        again = self.net.desk(*words)
        self.assertIn(again.code, (YES, UNAVAILABLE), again)
        if again.code == YES:
            self.assertEqual(self.net.desk("trace", *self.net.holder(again)).code, YES)
            self.assertEqual(self.net.people(), {before + 1})
            self.assertEqual(self.net.desk("erase", "--id", iin(9)).code, YES)
        # Nothing of the secret is left at the desk.
        self.assertEqual(list((self.net.state / "desk" / "pending").iterdir()), [])

    def test_the_same_id_with_other_content(self):
        chosen = request_id()
        self.assertEqual(self.enrol_as(3, chosen).code, YES)
        other = [
            self.enrol_as(4, chosen),
            self.net.desk("verify", "--id", iin(3), *self.finger(3), "--request-id", chosen),
            self.net.desk("identify", *self.finger(3), "--request-id", chosen),
            self.net.desk("erase", "--id", iin(3), "--request-id", chosen),
        ]
        for answer in other:
            self.expect_error(answer, STALE, "other content")
        # Their own enrolment, whatever else is different: done once, and not done again.
        own = [
            self.enrol_as(3, chosen, *self.finger(3, name="left-index")),
            self.net.desk("enrol", "--id", iin(3), *self.finger(3), "--request-id", chosen, "--operator", "Mallory"),
            self.net.desk("enrol", "--id", iin(3), *self.finger(3), "--request-id", chosen, "--purpose", "curiosity"),
        ]
        for answer in own:
            self.expect_error(answer, ALREADY_EXISTS, "has enrolled the person")
        self.assertEqual(self.net.desk("verify", "--id", iin(3), *self.finger(3, take=1)).code, YES)
        self.assertEqual(self.net.desk("erase", "--id", iin(3)).code, YES)

    def test_names_that_forge_a_log(self):
        for words in (["--operator", "a\nb"], ["--purpose", "\x1b[2J"], ["--operator", "x" * 201], ["--operator", ""]):
            answer = self.net.desk("enrol", "--id", iin(1), *self.finger(1), *words)
            self.expect_error(answer, INVALID_INPUT)
        self.assertEqual(self.net.people(), self.before)


class TwoDesksTest(NetworkTest):
    """Another desk of the same network."""

    @classmethod
    def setUpClass(cls):
        cls.net = Network()
        cls.addClassCleanup(cls.net.close)
        # Another network's desk, let in here by its key.
        cls.other = Network()
        cls.addClassCleanup(cls.other.close)
        shutil.copytree(cls.other.state / "desk", cls.net.state / "desk-2")
        guest = json.loads((cls.other.state / "network.json").read_text())["desks"][0]
        path = cls.net.state / "network.json"
        network = json.loads(path.read_text())
        network["desks"].append({**guest, "name": "desk two"})
        path.write_text(json.dumps(network))
        for custodian in range(3):
            cls.net.change_policy(custodian, lambda rules: rules["parties"][0]["desks"].append("desk two"))
        cls.net.start_all()

    def second(self, *words):
        return self.net.desk(*words, "--desk", self.net.state / "desk-2")

    def test_both_work_on_the_same_people(self):
        record = self.enrol(1).json["record"]
        found = self.second("identify", *self.finger(1, take=1))
        self.assertEqual(found.json["records"], [record], found)
        self.expect_error(self.second("enrol", "--id", iin(1), *self.finger(1)), ALREADY_EXISTS)

    def test_a_request_of_another_desk_is_not_repeated(self):
        chosen = request_id()
        words = ["enrol", "--id", iin(2), *self.finger(2), "--request-id", chosen]
        self.assertEqual(self.net.desk(*words).code, YES)
        self.expect_error(self.second(*words), STALE, "other content")
        asked = ["identify", *self.finger(2, take=1), "--request-id", request_id()]
        self.assertEqual(self.net.desk(*asked).code, YES)
        self.expect_error(self.second(*asked), STALE, "other content")

    def enrol_at_once(self, persons):
        """Both desks at the same moment; gives the exit codes of each pair."""
        results = {}

        def work(ask, person, who):
            results[person, who] = ask("enrol", "--id", iin(person), *self.finger(person))

        threads = [threading.Thread(target=work, args=(ask, person, who)) for person in persons
                   for who, ask in enumerate((self.net.desk, self.second))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_one_person_at_two_desks_at_once(self):
        people = next(iter(self.net.people()))
        for person in (40, 41, 42):
            results = self.enrol_at_once([person])
            codes = sorted(answer.code for answer in results.values())
            said = "\n".join(map(str, results.values()))
            self.assertEqual(codes[0], YES, said)
            self.assertIn(codes[1], (ALREADY_EXISTS, BUSY), said)
            people += 1
            self.assertEqual(self.net.people(), {people})


class StrangersTest(NetworkTest):
    """Whoever does not belong to the network, and custodians that are not who they should be."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = Network()
        cls.addClassCleanup(cls.other.close)
        cls.enrolled = cls.net.desk("enrol", "--id", iin(1), *cls("test_a_desk_of_another_network").finger(1))

    def copy_of_network_file(self, name, change):
        network = json.loads((self.net.state / "network.json").read_text())
        change(network)
        path = self.net.folder / name
        path.write_text(json.dumps(network))
        return path

    def test_a_desk_of_another_network(self):
        """Its key is not in the file that it has."""
        answer = self.net.desk("identify", *self.finger(1), "--desk", self.other.state / "desk")
        self.expect_error(answer, WRONG_NETWORK, "desk")

    def test_a_desk_that_enters_itself(self):
        """Its key is in its own copy of the network file, and in nobody else's."""
        guest = json.loads((self.other.state / "network.json").read_text())["desks"][0]
        path = self.copy_of_network_file("mine.json", lambda network: network.update(desks=[guest]))
        for command in (["identify", *self.finger(1)], ["erase", "--id", iin(1)]):
            answer = self.net.desk(*command, "--network", path, "--desk", self.other.state / "desk")
            self.expect_error(answer, REFUSED, "custodian", "key")
        self.assertEqual(self.net.people(), {1})
        self.assertIn("turned away", self.net.log(0))

    def test_a_network_file_of_another_network(self):
        def redirect(network):
            network["custodians"] = json.loads((self.net.state / "network.json").read_text())["custodians"]

        answer = run_program("identify", *self.finger(1), "--state", self.other.state, "--json")
        self.expect_error(answer, UNAVAILABLE, "custodian")
        mixed = json.loads((self.other.state / "network.json").read_text())
        for custodian, entry in enumerate(mixed["custodians"]):
            entry["port"] = self.net.port + custodian
        path = self.net.folder / "mixed.json"
        path.write_text(json.dumps(mixed))
        answer = run_program("identify", *self.finger(1), "--state", self.other.state, "--network", path, "--json")
        self.expect_error(answer, WRONG_NETWORK, "custodian")

    def test_a_changed_network_file(self):
        """Another key in the file is noticed before anyone is asked."""
        other = json.loads((self.other.state / "network.json").read_text())

        def swap(network):
            network["custodians"][1]["tls_pin"] = other["custodians"][1]["tls_pin"]

        answer = self.net.desk("identify", *self.finger(1), "--network", self.copy_of_network_file("swapped.json", swap))
        self.expect_error(answer, DAMAGED, "network_id")

    def test_a_network_file_that_is_none(self):
        whole = (self.net.state / "network.json").read_bytes()
        for name, content in (("empty", b""), ("cut", whole[: len(whole) // 2]), ("text", b"hello"), ("list", b"[]"),
                              ("twice", whole[:-2].rstrip(b"}") + b',"desks":[]}'),
                              ("deep", b'{"a":' * 50 + b"1" + b"}" * 50)):
            with self.subTest(name):
                path = self.net.folder / f"{name}.json"
                path.write_bytes(content)
                answer = self.net.desk("status", "--network", path)
                self.expect_error(answer, INVALID_INPUT, str(path))
        self.expect_error(self.net.desk("status", "--network", self.net.folder / "none.json"), NOT_FOUND)
        newer = self.copy_of_network_file("newer.json", lambda network: network.update(qorgan_network=2))
        self.expect_error(self.net.desk("status", "--network", newer), VERSION_MISMATCH, str(newer))

    def test_a_port_that_is_none(self):
        for port in (0, -1, 65536, 1.5, "7310", None):
            path = self.copy_of_network_file("port.json", lambda network: network["custodians"][2].update(port=port))
            self.expect_error(self.net.desk("status", "--network", path), INVALID_INPUT, "port")

    def test_key_files_that_others_can_read(self):
        for name in ("tls.pem", "desk.key"):
            with self.subTest(name):
                folder = self.net.folder / f"open-{name}"
                shutil.copytree(self.net.state / "desk", folder)
                (folder / name).chmod(0o644)
                self.expect_error(self.net.desk("status", "--desk", folder), REFUSED, name, "600")

    def test_damaged_key_files(self):
        for name, content in (("tls.pem", b"no key"), ("tls.pem", b""), ("desk.key", b"short"), ("desk.key", b"x" * 31)):
            with self.subTest(name=name, content=content):
                folder = self.net.folder / f"bad-{name}-{len(content)}"
                shutil.copytree(self.net.state / "desk", folder)
                (folder / name).write_bytes(content)
                answer = self.net.desk("status", "--desk", folder)
                self.expect_error(answer, DAMAGED, name)
        self.expect_error(self.net.desk("status", "--desk", self.net.folder / "nowhere"), NOT_FOUND)


if __name__ == "__main__":
    unittest.main(verbosity=2)
