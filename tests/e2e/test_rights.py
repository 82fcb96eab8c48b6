"""What people can do by right, through the command line: receipts, traces, locking, consent, erasure with proof."""

import json
import os
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

import subject
from logs import entries_of, read_logs
from support import (ALREADY_EXISTS, BUSY, INVALID_INPUT, NO, NOT_FOUND, REFUSED, STALE, TIMEOUT, UNAVAILABLE, UNDECIDED,
                     WRONG_NETWORK, YES, Network, NetworkTest, iin, request_id, run_program)

LANGUAGES = ("kk", "ru", "en")
NAMES = ["First custodian", "Second custodian", "Third custodian"]
CUSTODIAN = r"custodian \d"


class Holder(NetworkTest):
    """The frame of the classes below: people who hold receipts."""

    people = 0

    def new_person(self, *words, **options):
        """Enrols somebody new; gives the number in the tests, and the answer."""
        type(self).people += 1
        return self.people, self.net.desk("enrol", "--id", iin(self.people), *self.finger(self.people), *words, **options)

    def holder(self):
        person, enrolled = self.new_person()
        self.assertEqual(enrolled.code, YES, enrolled)
        return person, enrolled

    def verify(self, person, take=1, *words):
        return self.net.desk("verify", "--id", iin(person), *self.finger(person, take), *words)

    def by_right(self, enrolled, *command, **options):
        return self.net.desk(command[0], *command[1:], *self.net.holder(enrolled), **options)

    def paper(self, name):
        return self.net.folder / f"{name}-{os.urandom(3).hex()}"

    def check_paper(self, command, path, *words, code=YES, stdin=""):
        answer = run_program(command, "verify", path, "--network", self.net.state / "network.json", *words, "--json",
                             stdin=stdin)
        self.assertEqual(answer.code, code, answer)
        return answer

    def erase(self, enrolled, *words, code=YES):
        """Gives the certificate's content."""
        path = self.paper("certificate").with_suffix(".json")
        erased = self.by_right(enrolled, "erase", *words, "--certificate", path)
        self.assertEqual(erased.code, code, erased)
        self.check_paper("certificate", path)
        return json.loads(path.read_text())


class ReceiptTest(Holder):
    def test_every_form_and_language(self):
        for language in LANGUAGES:
            for form in ("txt", "json", "pdf"):
                with self.subTest(language=language, form=form):
                    path = self.paper("receipt").with_suffix(f".{form}")
                    _, enrolled = self.new_person("--receipt", path, "--lang", language)
                    self.assertEqual(enrolled.code, YES, enrolled)
                    self.assertEqual(path.stat().st_mode & 0o777, 0o600)
                    if form == "pdf":
                        self.check_pdf(path, enrolled)
                    else:
                        self.check_proofs(path, enrolled)

    def check_proofs(self, path, enrolled):
        secret = enrolled.json["secret"]
        proven = self.check_paper("receipt", path, "--secret", "-", stdin=secret + "\n")
        self.assertTrue(proven.json["valid"])
        self.assertTrue(proven.json["proven"] and proven.json["not_proven"], proven)
        self.assertNotIn(secret, proven.out)
        other = self.holder()[1].json["secret"]
        wrong = run_program("receipt", "verify", path, "--secret", "-", "--json", stdin=other + "\n")
        self.assertNotIn(wrong.code, (YES, NO), wrong)
        # One changed digit of its handle, in the first place where it stands.
        text = path.read_text()
        handle = enrolled.json["handle"] if path.suffix == ".txt" else enrolled.json["record"]
        self.assertIn(handle, text)
        changed = path.with_name("changed" + path.suffix)
        changed.write_text(text.replace(handle, handle[:-1] + ("0" if handle[-1] != "0" else "1"), 1))
        wrong = run_program("receipt", "verify", changed, "--json")
        self.assertNotIn(wrong.code, (YES, NO), wrong)

    def check_pdf(self, path, enrolled):
        self.assertTrue(path.read_bytes().startswith(b"%PDF-"))
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
        self.assertIn(enrolled.json["handle"], text)
        self.assertIn(enrolled.json["secret"], text)

    def test_another_networks_receipt(self):
        path = self.paper("receipt").with_suffix(".json")
        _, enrolled = self.new_person("--receipt", path)
        self.assertEqual(enrolled.code, YES, enrolled)
        other = Network()
        self.addCleanup(other.close)
        wrong = run_program("receipt", "verify", path, "--network", other.state / "network.json", "--json")
        self.expect_error(wrong, WRONG_NETWORK, "network")

    def test_a_secret_stands_on_paper_or_on_the_screen_not_on_both(self):
        path = self.paper("receipt").with_suffix(".txt")
        type(self).people += 1
        words = ["enrol", "--id", iin(self.people), *self.finger(self.people), "--state", self.net.state]
        answer = run_program(*words, "--receipt", path)
        self.assertEqual(answer.code, YES, answer)
        lines = [line.split()[-1] for line in path.read_text().splitlines() if line.count("-") == 6]
        self.assertTrue(lines)
        for line in lines:
            self.assertNotIn(line, answer.out + answer.err)

    def test_a_file_that_cannot_be_written(self):
        """Said before anyone is enrolled: afterwards the secret would be lost."""
        there = self.paper("receipt").with_suffix(".txt")
        there.write_text("kept\n")
        before = self.net.people()
        for path, code in ((there, ALREADY_EXISTS), (self.paper("receipt").with_suffix(".doc"), INVALID_INPUT),
                           (self.net.folder / "none" / "receipt.txt", None)):
            with self.subTest(path=path):
                _, answer = self.new_person("--receipt", path)
                self.assertNotIn(answer.code, (YES, NO), answer)
                if code:
                    self.expect_error(answer, code, str(path))
                self.assertEqual(self.net.people(), before)
        self.assertEqual(there.read_text(), "kept\n")


class TraceTest(Holder):
    def trace(self, enrolled, *words, code=YES):
        answer = self.by_right(enrolled, "trace", *words)
        self.assertEqual(answer.code, code, answer)
        return answer.json

    def test_every_use_newest_first(self):
        person, enrolled = self.holder()
        asked = [self.verify(person, 1, "--operator", "Aigerim")]
        asked.append(self.net.desk("verify", "--id", iin(person), *self.finger("somebody else"), "--operator", "Bolat"))
        self.assertEqual([answer.code for answer in asked], [YES, NO])
        # A refused one is told too: somebody asked about this person.
        refused_request = request_id()
        refused = self.verify(person, 2, "--purpose", "curiosity", "--operator", "Chingiz", "--request-id",
                              refused_request)
        self.assertEqual(refused.code, REFUSED, refused)
        told = self.trace(enrolled)
        # The times are in seconds, so that two of one second may stand in either order.
        self.assertEqual([use["time"] for use in told["uses"]],
                         sorted((use["time"] for use in told["uses"]), reverse=True))
        self.assertEqual({use["request"]: (use["event"], use["operator"]) for use in told["uses"]},
                         {enrolled.json["request_id"]: ("enrol", os.environ.get("USER") or "unnamed"),
                          asked[0].json["request_id"]: ("verify", "Aigerim"),
                          asked[1].json["request_id"]: ("verify", "Bolat"),
                          refused_request: ("refused", "Chingiz")})
        for use in told["uses"]:
            self.assertEqual(use["proven_by"], NAMES)
            self.assertEqual((use["desk"], use["party"]), ("desk", {"id": "trial-office", "name": "Trial office"}))
            self.assertEqual(set(use["purpose"]["words"]), set(LANGUAGES))
        # The day of enrolment is the first use.
        self.assertEqual(told["uses"][-1]["event"], "enrol")
        self.assertEqual((told["fingers"], told["locked"], told["withdrawn"], told["missing"]), ([2], False, False, []))

    def test_searches_stand_apart(self):
        before = self.net.desk("identify", *self.finger("nobody"))
        _, enrolled = self.holder()
        search = self.net.desk("identify", *self.finger("nobody", take=1))
        told = self.trace(enrolled)
        searched = {one["request"] for one in told["searches"]}
        self.assertIn(search.json["request_id"], searched)
        self.assertNotIn(before.json["request_id"], searched)
        # Who searched is the court's to tell; that somebody did, and for what, is public.
        for one in told["searches"]:
            self.assertEqual((one["operator"], one["purpose"]["id"], one["proven_by"]), ("", "identification", NAMES))

    def searched_and_used(self):
        """A person with five uses, the enrolment among them, and three searches."""
        person, enrolled = self.holder()
        for take in (1, 2, 3):
            self.assertEqual(self.verify(person, take).code, YES)
            self.net.desk("identify", *self.finger("nobody", take))
        self.assertEqual(self.verify(person, 4, "--purpose", "curiosity").code, REFUSED)
        return enrolled

    def test_pages_of_every_size_are_the_whole(self):
        enrolled = self.searched_and_used()
        whole = self.trace(enrolled)
        self.assertEqual((len(whole["uses"]), len(whole["searches"])), (5, 3))
        for page in (1, 2, 3, 5, 1000):
            with self.subTest(page=page):
                self.assertEqual(self.trace(enrolled, "--page", page), whole)
        for most in (1, 2, 3, 9):
            for page in ([], ["--page", "1"]):
                with self.subTest(most=most, page=page):
                    newest = self.trace(enrolled, "--max", most, *page)
                    # What was refused is told beside them, and counts as no use.
                    used = [use for use in whole["uses"] if use["event"] != "refused"][:most]
                    self.assertEqual([use for use in newest["uses"] if use["event"] != "refused"], used)
                    self.assertEqual(newest["searches"], whole["searches"][:most])
                    self.assertEqual((newest["missing"], newest["unreached"]), ([], []))
        oldest = whole["uses"][-1]["time"]
        self.assertEqual(self.trace(enrolled, "--since", oldest, "--page", 2), whole)
        self.assertEqual(self.trace(enrolled, "--since", oldest[:10]), whole)
        later = self.trace(enrolled, "--since", "2100-01-01")
        self.assertEqual((later["uses"], later["searches"], later["missing"]), ([], [], []))

    def test_pages_by_an_independent_client(self):
        enrolled = self.searched_and_used()
        for custodian in range(3):
            whole = self.page(enrolled, custodian)
            self.assertNotIn("uses_before", whole)
            self.assertNotIn("searches_before", whole)
            for most in (1, 2, 5):
                with self.subTest(custodian=custodian, most=most):
                    uses, searches = self.follow(enrolled, custodian, most)
                    self.assertEqual((uses, searches), (self.leaves(whole["uses"]), self.leaves(whole["searches"])))

    def page(self, enrolled, custodian, **more):
        body = subject.signed_request(self.net, enrolled.json, "trace", **more)
        status, text = subject.ask_right(self.net, custodian, "trace", body)
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def leaves(self, entries):
        return [entry["leaf"] for entry in entries]

    def follow(self, enrolled, custodian, most):
        """The leaves of both lists, page after page, as the answers say where they go on."""
        uses, searches, more = [], [], {}
        while True:
            page = self.page(enrolled, custodian, entries_max=most, **more)
            self.assertLessEqual(len(page["uses"]), most)
            self.assertLessEqual(len(page["searches"]), most)
            uses += self.leaves(page["uses"])
            searches += self.leaves(page["searches"])
            more = {name: page.get(name, 0) for name in ("uses_before", "searches_before")}
            if not any(more.values()):
                return uses, searches

    def test_what_is_no_page(self):
        _, enrolled = self.holder()
        for words in (["--max", "0"], ["--max", "-1"], ["--max", "many"], ["--max", "1.5"], ["--max", ""],
                      ["--page", "0"], ["--page", "-1"], ["--page", "1001"], ["--page", "all"], ["--page", ""]):
            with self.subTest(words=words):
                answer = self.by_right(enrolled, "trace", *words)
                self.assertEqual((answer.code, answer.out), (INVALID_INPUT, ""), answer)
                self.assertIn(words[0], answer.err)
        for since in ("", "yesterday", "2026-02-30", "2026-13-01", "1969-12-31", "2026-11-23T04:06:49", "23.11.2026",
                      "2026-11-23 04:06:49Z", "1795406809", "2026-11-2\u0663"):
            with self.subTest(since=since):
                self.expect_error(self.by_right(enrolled, "trace", "--since", since), INVALID_INPUT, "--since")

    def test_words_in_each_language(self):
        person, enrolled = self.holder()
        self.verify(person)
        said = set()
        for language in LANGUAGES:
            told = run_program("trace", *self.net.holder(enrolled), "--lang", language, "--state", self.net.state)
            self.assertEqual((told.code, told.err), (YES, ""), told)
            self.assertEqual(told.out.count("First custodian"), 2, told)
            said.add(told.out)
        self.assertEqual(len(said), 3)

    def test_from_standard_input_and_as_people_write_it(self):
        _, enrolled = self.holder()
        secret = enrolled.json["secret"].lower().replace("-", " ").replace("0", "o").replace("1", "l")
        words = ["trace", "--handle", enrolled.json["handle"].lower(), "--secret", "-"]
        self.assertEqual(self.net.desk(*words, stdin=secret + "\n").code, YES)

    def test_a_secret_that_stands_in_the_command_is_refused(self):
        _, enrolled = self.holder()
        secret = enrolled.json["secret"]
        answer = self.net.desk("trace", "--handle", enrolled.json["handle"], "--secret", secret)
        self.expect_error(answer, INVALID_INPUT, "standard input")
        self.assertNotIn(secret, answer.out + answer.err)

    def test_what_is_not_a_receipts(self):
        _, mine = self.holder()
        _, other = self.holder()
        last = mine.json["secret"][-1]
        wrong = mine.json["secret"][:-1] + ("0" if last != "0" else "1")
        answer = self.net.desk("trace", "--handle", mine.json["handle"], "--secret",
                               self.net.secret_file(wrong))
        self.expect_error(answer, INVALID_INPUT, "secret")
        self.assertNotIn(wrong, answer.out + answer.err)
        for command in (["trace"], ["lock"], ["consent", "withdraw"], ["erase"]):
            with self.subTest(command=command):
                words = [*command, "--handle", mine.json["handle"],
                         "--secret", self.net.secret_file(other.json["secret"])]
                answer = self.net.desk(*words)
                self.expect_error(answer, NOT_FOUND, "handle and secret")
                self.assertNotIn(other.json["secret"], answer.out + answer.err)

    def test_one_custodian_down(self):
        """The two others tell what they know; the third is named."""
        person, enrolled = self.holder()
        self.verify(person)
        self.net.stop(1)
        answer = self.by_right(enrolled, "trace")
        self.net.start(1)
        self.net.wait_ready()
        self.assertEqual(answer.code, UNAVAILABLE, answer)
        self.assertEqual([one["custodian"] for one in answer.json["unreached"]], [1])
        for use in answer.json["uses"]:
            self.assertEqual(use["proven_by"], [NAMES[0], NAMES[2]])


class LockTest(Holder):
    def test_lock_and_unlock(self):
        person, enrolled = self.holder()
        self.assertEqual(self.by_right(enrolled, "lock").code, YES)
        self.expect_error_from_a_custodian(self.verify(person), "locked")
        self.assertTrue(self.by_right(enrolled, "trace").json["locked"])
        # Enrolled as before: nobody takes the place.
        self.expect_error(self.net.desk("enrol", "--id", iin(person), *self.finger(person)), ALREADY_EXISTS)
        self.assertEqual(self.by_right(enrolled, "unlock").code, YES)
        self.assertEqual(self.verify(person).code, YES)
        told = self.by_right(enrolled, "trace").json
        self.assertFalse(told["locked"])
        self.assertEqual(sorted(use["event"] for use in told["uses"]), ["enrol", "lock", "refused", "refused", "unlock", "verify"])

    def expect_error_from_a_custodian(self, answer, *mentions):
        error = self.expect_error(answer, REFUSED, *mentions)
        self.assertRegex(error["where"], CUSTODIAN, answer)

    def test_a_desk_that_asks_too_often_takes_nothing_of_the_person(self):
        """However often it is refused: it must wait, and its refusals do not fill the logs; the person need not."""
        person, enrolled = self.holder()
        self.assertEqual(self.by_right(enrolled, "lock").code, YES)
        codes = set()
        for _ in range(30):
            answer = self.verify(person)
            codes.add(answer.code)
            if answer.code == BUSY:
                break
        self.assertEqual(codes, {REFUSED, BUSY})
        self.assertIn("too", answer.error["what"])
        for command in (["unlock"], ["lock"], ["trace"]):
            allowed = self.by_right(enrolled, *command)
            self.assertEqual(allowed.code, YES, allowed)
        refused = [use for use in allowed.json["uses"] if use["event"] == "refused"]
        self.assertLess(len({use["request"] for use in refused}), 30)
        self.erase(enrolled)

    def test_a_lock_outlives_a_restart(self):
        person, enrolled = self.holder()
        self.assertEqual(self.by_right(enrolled, "lock").code, YES)
        for custodian in range(3):
            self.net.stop(custodian)
        self.net.start_all()
        self.expect_error_from_a_custodian(self.verify(person), "locked")

    def test_withdrawn_consent(self):
        person, enrolled = self.holder()
        self.assertEqual(self.verify(person).code, YES)
        self.assertEqual(self.by_right(enrolled, "consent", "withdraw").code, YES)
        self.expect_error_from_a_custodian(self.verify(person), "consent")
        self.assertTrue(self.by_right(enrolled, "trace").json["withdrawn"])
        self.erase(enrolled)

    def test_the_same_request_again(self):
        person, enrolled = self.holder()
        words = ["--request-id", request_id()]
        for _ in range(2):
            self.assertEqual(self.by_right(enrolled, "lock", *words).code, YES)
        self.expect_error(self.by_right(enrolled, "unlock", *words), STALE, "other content")
        self.expect_error_from_a_custodian(self.verify(person), "locked")

    def test_the_logs_name_nobody(self):
        _, enrolled = self.holder()
        chosen = request_id()
        self.assertEqual(self.by_right(enrolled, "lock", "--request-id", chosen).code, YES)
        for log in read_logs(self.net):
            self.assertEqual(entries_of(log, chosen), ["lock"])
            entry = next(one for one in log if one.get("request") == chosen)
            self.assertEqual(entry["purpose"], "own-request")
            self.assertNotIn(enrolled.json["record"], json.dumps(log))


class HostileRequestTest(Holder):
    """What comes to the custodians' HTTPS from elsewhere than this program."""

    def setUp(self):
        super().setUp()
        self.person, enrolled = self.holder()
        self.mine = enrolled.json

    def refuse(self, status, code, right, body, custodian=0):
        got, text = subject.ask_right(self.net, custodian, right, body)
        self.assertEqual((got, json.loads(text)["error"]["code"]), (status, code), text)

    def test_an_independent_client(self):
        chosen = request_id()
        body = subject.signed_request(self.net, self.mine, "trace", chosen=chosen)
        for custodian in range(3):
            status, text = subject.ask_right(self.net, custodian, "trace", body)
            self.assertEqual(status, 200, text)
            self.assertEqual(len(json.loads(text)["uses"]), 1)

    def test_one_request_many_times_over(self):
        """Whoever repeats a request that waits does not take every thread: looking goes on, more are turned away."""
        self.net.stop(2)
        body = subject.signed_request(self.net, self.mine, "lock")
        try:
            with ThreadPoolExecutor(12) as pool:
                asked = [pool.submit(subject.ask_right, self.net, 1, "lock", body) for _ in range(12)]
                trace = subject.signed_request(self.net, self.mine, "trace")
                self.assertEqual(subject.ask_right(self.net, 1, "trace", trace)[0], 200)
                looked_while = [one for one in asked if not one.done()]
                statuses = [one.result()[0] for one in asked]
        finally:
            self.net.start(2)
            self.net.wait_ready()
        self.assertGreater(len(looked_while), 0)
        self.assertGreaterEqual(statuses.count(429), 12 - 2, statuses)

    def test_for_another_network(self):
        body = subject.signed_request(self.net, self.mine, "erase", network="ab" * 32)
        self.refuse(400, "wrong_network", "erase", body)

    def test_old_and_early(self):
        for age_ms, chosen in ((301_000, request_id(301_000)), (-75_000, request_id(-75_000))):
            for right in ("trace", "lock"):
                body = subject.signed_request(self.net, self.mine, right, chosen=chosen)
                self.refuse(409, "stale", right, body, custodian=2)

    def test_another_persons_handle(self):
        _, other = self.holder()
        body = subject.signed_request(self.net, self.mine, "erase", handle=subject.decode(other.json["handle"]))
        self.refuse(404, "not_found", "erase", body, custodian=1)

    def test_a_handle_that_nobody_has(self):
        for right in ("trace", "erase", "lock"):
            body = subject.signed_request(self.net, self.mine, right, handle=os.urandom(16))
            self.refuse(404, "not_found", right, body)

    def test_pages_that_cannot_be(self):
        for name in ("uses_before", "searches_before", "entries_max"):
            for value in (-1, 1 << 63, 1 << 200, 1.5, "7", None, True, [1], {}):
                with self.subTest(name=name, value=value):
                    body = subject.signed_request(self.net, self.mine, "trace", **{name: value})
                    self.refuse(400, "invalid_input", "trace", body)
            body = subject.signed_request(self.net, self.mine, "lock", **{name: 7})
            self.refuse(400, "invalid_input", "lock", body)
        for value in (0, 1001):
            body = subject.signed_request(self.net, self.mine, "trace", entries_max=value)
            self.refuse(400, "invalid_input", "trace", body)

    def test_a_signature_of_another_right(self):
        """What was signed to lock does not erase."""
        body = subject.signed_request(self.net, self.mine, "lock")
        self.refuse(400, "invalid_input", "erase", body)
        self.refuse(404, "not_found", "erase", body.replace("lock", "erase"))

    def test_what_is_no_request(self):
        good = subject.signed_request(self.net, self.mine, "lock")
        for body in ("", "{}", "[]", good[:-1], good + " ", good.replace('":"', '": "', 1), "x" * 100, "\0" * 10,
                     good.replace('"request"', '"Request"')):
            with self.subTest(body=body[:40]):
                self.refuse(400, "invalid_input", "lock", body)
        status, _ = subject.ask(self.net, 0, "/rights/1/lock", method="GET")
        self.assertEqual(status, 405)
        try:
            status, _ = subject.ask(self.net, 0, "/rights/1/lock", "x" * 1_000_000)
            self.assertIn(status, (400, 413))
        except OSError:
            pass  # the custodian hangs up in the middle of it
        for path in ("/rights/1/reveal", "/rights/2/lock", "/../custodian.sqlite", "/journal", "/policy", "/tls.pem"):
            status, _ = subject.ask(self.net, 0, path, good)
            self.assertIn(status, (400, 404, 405), path)

    def tearDown(self):
        self.assertEqual(self.verify(self.person, 2).code, YES)


class EraseTest(Holder):
    def test_with_proof(self):
        person, enrolled = self.holder()
        before = next(iter(self.net.people()))
        chosen = request_id()
        for form in ("json", "txt", "pdf"):
            with self.subTest(form):
                # The same request again gives the certificate again.
                path = self.paper("certificate").with_suffix(f".{form}")
                erased = self.by_right(enrolled, "erase", "--request-id", chosen, "--certificate", path, "--lang", "kk")
                self.assertEqual(erased.code, YES, erased)
                self.assertTrue(erased.json["erased"])
                if form == "pdf":
                    self.assertTrue(path.read_bytes().startswith(b"%PDF-"))
                    continue
                proven = self.check_paper("certificate", path, "--secret", "-", stdin=enrolled.json["secret"] + "\n")
                self.assertTrue(proven.json["valid"])
        self.assertEqual(self.net.people(), {before - 1})
        self.expect_error(self.by_right(enrolled, "trace"), NOT_FOUND, "erased")
        self.expect_error(self.by_right(enrolled, "lock"), NOT_FOUND)
        self.expect_error(self.verify(person), NOT_FOUND)
        for log in read_logs(self.net):
            self.assertEqual(entries_of(log, chosen), ["erase", "erased"])
        self.check_absence(person)
        # Another request for it finds nothing, and makes no certificate.
        again = self.by_right(enrolled, "erase", "--certificate", self.paper("none").with_suffix(".json"))
        self.expect_error(again, NOT_FOUND)

    def check_absence(self, person):
        for form, language in (("json", "kk"), ("txt", "ru"), ("txt", "en")):
            path = self.paper("absence").with_suffix(f".{form}")
            proven = self.net.desk("prove-absence", "--id", iin(person), "--out", path, "--lang", language)
            self.assertEqual(proven.code, YES, proven)
            self.check_paper("absence", path)

    def test_who_is_there_is_not_said_to_be_absent(self):
        person, _ = self.holder()
        answer = self.net.desk("prove-absence", "--id", iin(person))
        self.expect_error(answer, REFUSED, "held")
        self.assertRegex(answer.error["where"], CUSTODIAN)

    def test_the_same_certificate_again(self):
        _, enrolled = self.holder()
        chosen = ["--request-id", request_id()]
        first, second = self.erase(enrolled, *chosen), self.erase(enrolled, *chosen)
        self.assertEqual(self.leaves(first), self.leaves(second))
        self.assertEqual(first["handle"], second["handle"])

    def leaves(self, certificate):
        return [one["evidence"]["leaf"] for one in certificate["custodians"]]

    def test_relying_parties_hear_of_it(self):
        person, enrolled = self.holder()
        answered = [self.verify(person, 1), self.net.desk("verify", "--id", iin(person), *self.finger("stranger"))]
        self.assertEqual(self.verify(person, 2, "--purpose", "curiosity").code, REFUSED)
        chosen = request_id()
        first = self.erase(enrolled, "--request-id", chosen)
        record = enrolled.json["record"]
        # What was not fetched cannot be acknowledged.
        self.expect_error(self.net.desk("notices", "--acknowledge", record), REFUSED, "not yet told")
        listed = {one["record"]: one for one in self.net.desk("notices").json["notices"]}
        self.assertEqual(listed[record]["request"], chosen)
        self.assertEqual(set(listed[record]["answered"]), {one.json["request_id"] for one in answered})
        done = self.net.desk("notices", "--acknowledge", record)
        self.assertEqual(done.code, YES, done)
        self.assertNotIn(record, {one["record"] for one in self.net.desk("notices").json["notices"]})
        self.expect_error(self.net.desk("notices", "--acknowledge", "0" * 32), NOT_FOUND)
        # The certificate says so from then on.
        again = self.erase(enrolled, "--request-id", chosen)
        self.assertEqual([set(one) for one in self.parties(first)], [{"id", "name"}])
        self.assertEqual([set(one) for one in self.parties(again)], [{"id", "name", "told", "acknowledged"}])

    def parties(self, certificate):
        """Whom a custodian was to tell, by its signed statement."""
        return json.loads(certificate["told"]["statement"].split("\n")[1])["parties"]

    def test_nobody_to_be_told(self):
        _, enrolled = self.holder()
        self.assertEqual(self.parties(self.erase(enrolled)), [])
        self.assertNotIn(enrolled.json["record"], {one["record"] for one in self.net.desk("notices").json["notices"]})

    def test_by_the_desk(self):
        person, enrolled = self.holder()
        path = self.paper("certificate").with_suffix(".txt")
        erased = self.net.desk("erase", "--id", iin(person), "--certificate", path)
        self.assertEqual(erased.code, YES, erased)
        self.check_paper("certificate", path, "--secret", "-", stdin=enrolled.json["secret"] + "\n")

    def test_while_one_custodian_is_down(self):
        """Nothing half-done; and when it is back, the same request is done, or said to be given up."""
        for down in (2, 0):
            with self.subTest(down=down):
                person, enrolled = self.holder()
                before = next(iter(self.net.people()))
                chosen = request_id()
                self.net.stop(down)
                answer = self.by_right(enrolled, "erase", "--request-id", chosen)
                self.net.start(down)
                self.net.wait_ready()
                self.assertIn(answer.code, (UNAVAILABLE, TIMEOUT, UNDECIDED), answer)
                self.assertIn(f"custodian {down}", answer.err, answer)
                again = self.by_right(enrolled, "erase", "--request-id", chosen)
                if answer.code == UNDECIDED:
                    self.assertIn(chosen, answer.error["remedy"], answer)
                # Done now, or given up at all three because one never had it: then a new one is done.
                self.assertIn(again.code, (YES, UNAVAILABLE), f"{answer}\n{again}")
                if again.code != YES:
                    self.assertEqual(self.net.people(), {before})
                    self.assertEqual(self.verify(person).code, YES)
                    self.erase(enrolled)
                self.assertEqual(self.net.people(), {before - 1})
                self.expect_error(self.verify(person), NOT_FOUND)


del Holder

if __name__ == "__main__":
    unittest.main(verbosity=2)
