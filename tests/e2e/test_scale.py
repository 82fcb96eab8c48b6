"""Many searches at once, deadlines, progress, cancelling, and what may go wrong in the middle of a search."""

import json
import signal
import sqlite3
import subprocess
import time
import unittest

from support import (BUSY, DAMAGED, INVALID_INPUT, NOT_FOUND, REFUSED, TIMEOUT, UNAVAILABLE, UNDECIDED, YES, Network,
                     NetworkTest, iin, request_id, wait_until)

INTERRUPTED = 130
# limits.h: lane_step_timeout_ms, after which a partner that says nothing is taken for dead, and as much again for
# telling the others on a busy machine.
SILENCE_NOTICED_S = 25


class SearchCase(NetworkTest):
    """The frame of the classes below: searches that can be held in the middle."""

    faulty = True

    def setUp(self):
        super().setUp()
        if not hasattr(type(self), "record"):
            type(self).record = self.enrol(1).json["record"]

    def tearDown(self):
        self.go_on()

    def hold(self, custodian=0):
        """From now on every search stands still at this custodian."""
        self.net.fault_file(custodian).write_text("hold run")

    def go_on(self):
        for custodian in range(3):
            self.net.fault_file(custodian).unlink(missing_ok=True)

    def begin_search(self, *words, take=1):
        running = self.net.begin("identify", *self.finger(1, take), *words)
        self.addCleanup(lambda: (running.kill(), running.communicate()))
        return running

    def phases(self, chosen):
        """The state of a request at each custodian (store.h), None where there is none."""
        found = []
        for custodian in range(3):
            rows = self.net.rows(custodian, f"SELECT state FROM requests WHERE request_id = x'{chosen}'")
            found.append(rows[0][0] if rows else None)
        return found

    def wait_running(self, chosen):
        """Until all three have voted for the search, so that it runs."""
        wait_until(lambda: self.phases(chosen) == [1, 1, 1], "the search's votes")
        time.sleep(0.2)

    def end(self, running, timeout_s=60):
        out, err = running.communicate(timeout=timeout_s)
        return running.returncode, out, err

    def check_search(self):
        found = self.net.desk("identify", *self.finger(1, take=9))
        self.assertEqual(found.code, YES, found)
        self.assertEqual(found.json["records"], [self.record], found)

    def check_nothing_lingers(self):
        for custodian in range(3):
            wait_until(lambda: self.net.unfinished(custodian) == 0, f"the last requests of custodian {custodian}")


class ProgressTest(SearchCase):
    def test_running_and_waiting_are_told(self):
        self.hold()
        first, second = request_id(), request_id()
        running = self.begin_search("--progress=json", "--request-id", first)
        self.wait_running(first)
        waiting = self.begin_search("--progress=json", "--request-id", second)
        self.wait_running(second)
        time.sleep(1)
        self.go_on()
        ends = [self.end(running), self.end(waiting)]
        for code, out, err in ends:
            self.assertEqual(code, YES, out + err)
            self.assertEqual(json.loads(out)["records"], [self.record])
        lines = [[json.loads(line)["progress"] for line in err.splitlines()] for _, _, err in ends]
        self.assertIn("running", [line["state"] for line in lines[0]], lines)
        for line in lines[0]:
            if line["state"] == "running":
                self.assertEqual(line["pairs_all"], 1)
                self.assertLessEqual(line["pairs_done"], 1)
        self.assertIn({"state": "waiting", "before": 1}, lines[1])

    def test_in_words_where_it_is_asked_for(self):
        self.hold()
        chosen = request_id()
        running = self.begin_search("--progress", "--request-id", chosen)
        self.wait_running(chosen)
        time.sleep(0.6)
        self.go_on()
        code, out, err = self.end(running)
        self.assertEqual(code, YES, err)
        self.assertIn("comparing", err)

    def test_nothing_in_a_pipe_otherwise(self):
        found = self.net.desk("identify", *self.finger(1, take=1))
        self.assertEqual((found.code, found.err), (YES, ""), found)


class CancelTest(SearchCase):
    def check_cancelled(self, running, chosen):
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        code, out, err = self.end(running)
        took = time.monotonic() - began
        self.assertEqual(code, INTERRUPTED, out + err)
        self.assertIn("cancelled", err)
        self.assertLess(took, 5)
        print(f"cancelled after {took:.2f} s", flush=True)
        wait_until(lambda: self.phases(chosen) == [4, 4, 4], "the record of the abort", timeout_s=5)
        return took

    def test_in_the_middle_of_a_search(self):
        """Wherever the search stands still, the desk has its answer soon, and the next search runs."""
        took = []
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                self.hold(custodian)
                chosen = request_id()
                running = self.begin_search("--request-id", chosen)
                self.wait_running(chosen)
                took.append(self.check_cancelled(running, chosen))
                self.go_on()
                # Asked again, the same request gives the same end.
                again = self.net.desk("identify", *self.finger(1, take=1), "--request-id", chosen)
                self.expect_error(again, REFUSED, "cancelled")
                self.check_search()
        self.assertLess(min(took), 1.5, took)

    def test_while_it_waits(self):
        self.hold()
        first, second = request_id(), request_id()
        running = self.begin_search("--request-id", first)
        self.wait_running(first)
        waiting = self.begin_search("--request-id", second)
        self.wait_running(second)
        self.check_cancelled(waiting, second)
        self.assertIsNone(running.poll())
        self.go_on()
        self.assertEqual(self.end(running)[0], YES)

    def test_a_desk_that_goes_without_a_word(self):
        """Its search goes on, and the answer waits for it."""
        self.hold()
        chosen = request_id()
        words = ["--request-id", chosen]
        running = self.begin_search(*words)
        self.wait_running(chosen)
        running.kill()
        running.communicate()
        self.go_on()
        wait_until(lambda: self.phases(chosen) == [3, 3, 3], "the search's end")
        answer = self.net.desk("identify", *self.finger(1, take=1), *words)
        self.assertEqual(answer.json["records"], [self.record], answer)


class DeadlineTest(SearchCase):
    def test_a_search_that_does_not_end_in_time(self):
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                self.hold(custodian)
                chosen = request_id()
                began = time.monotonic()
                answer = self.net.desk("identify", *self.finger(1), "--request-id", chosen, "--timeout-ms", 1500)
                self.expect_error(answer, TIMEOUT, "time")
                self.assertLess(time.monotonic() - began, 8, answer)
                wait_until(lambda: self.phases(chosen) == [4, 4, 4], "the record of the abort", timeout_s=10)
                self.go_on()
                self.check_search()

    def test_a_search_that_cannot_begin_in_time(self):
        self.hold()
        first, second = request_id(), request_id()
        running = self.begin_search("--request-id", first)
        self.wait_running(first)
        late = self.net.desk("identify", *self.finger(1), "--request-id", second, "--timeout-ms", 1000)
        self.expect_error(late, TIMEOUT, "time")
        wait_until(lambda: self.phases(second) == [4, 4, 4], "the record of the abort", timeout_s=10)
        self.go_on()
        self.assertEqual(self.end(running)[0], YES)
        self.check_nothing_lingers()

    def test_a_time_that_is_none(self):
        for wrong in (0, -1, 600001, "soon"):
            answer = self.net.desk("identify", *self.finger(1), "--timeout-ms", wrong)
            self.assertEqual(answer.code, INVALID_INPUT, answer)


class GoneInMidSearchTest(SearchCase):
    """A custodian stops or dies in the middle of a search: a clear error, nothing released, and all goes on after."""

    def search_and(self, custodian, harm):
        # Another one stands still, so that the search is in its middle.
        self.hold((custodian + 1) % 3)
        chosen = request_id()
        running = self.begin_search("--request-id", chosen)
        self.wait_running(chosen)
        began = time.monotonic()
        harm()
        self.go_on()
        code, out, err = self.end(running)
        took = time.monotonic() - began
        print(f"custodian {custodian}: exit code {code} after {took:.1f} s: {err.strip()}", flush=True)
        self.assertIn(code, (UNAVAILABLE, TIMEOUT), out + err)
        self.assertRegex(err, r"custodians? \d")
        self.assertLess(took, SILENCE_NOTICED_S)
        return chosen

    def check_nothing_released(self, chosen):
        self.check_nothing_lingers()
        self.assertEqual(self.phases(chosen), [4, 4, 4])

    def test_killed(self):
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                chosen = self.search_and(custodian, lambda: self.net.stop(custodian, signal.SIGKILL))
                self.net.start(custodian, faulty=True)
                self.net.wait_ready()
                self.check_nothing_released(chosen)
                self.check_search()

    def test_stopped(self):
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                chosen = self.search_and(custodian, lambda: self.net.send(custodian, signal.SIGSTOP))
                self.net.send(custodian, signal.SIGCONT)
                self.net.wait_ready()
                self.check_nothing_released(chosen)
                self.check_search()

    def test_shut_down_while_searches_run_and_wait(self):
        """A custodian that is told to stop does so at once, whatever is under way."""
        for custodian in range(3):
            with self.subTest(custodian=custodian):
                self.hold()
                chosen = [request_id() for _ in range(3)]
                running = []
                for one in chosen:
                    running.append(self.begin_search("--request-id", one))
                    self.wait_running(one)
                began = time.monotonic()
                self.assertEqual(self.net.stop(custodian), 0, self.net.log(custodian)[-2000:])
                self.assertLess(time.monotonic() - began, 10)
                self.go_on()
                self.net.start(custodian, faulty=True)
                for one in running:
                    code, out, err = self.end(one)
                    self.assertIn(code, (YES, UNAVAILABLE, TIMEOUT, UNDECIDED), out + err)
                self.net.wait_ready()
                self.check_search()


class SnapshotTest(SearchCase):
    def test_people_come_and_go_during_a_search(self):
        """The search answers by who was enrolled when it began, the next one by who is now."""
        self.hold()
        chosen = request_id()
        gone = self.enrol(2, *self.finger(1, take=5)).json["record"]
        running = self.begin_search("--request-id", chosen)
        self.wait_running(chosen)
        came = self.enrol(3, *self.finger(1, take=6)).json["record"]
        erased = self.net.desk("erase", "--id", iin(2))
        self.assertEqual(erased.code, YES, erased)
        self.go_on()
        code, out, err = self.end(running)
        self.assertEqual(code, YES, err)
        self.assertEqual((json.loads(out)["records"], json.loads(out)["compared"]), ([self.record, gone], 2))
        after = self.net.desk("identify", *self.finger(1, take=7))
        self.assertEqual((after.json["records"], after.json["compared"]), ([self.record, came], 2), after)
        self.assertEqual(self.net.desk("erase", "--id", iin(3)).code, YES)


class FullQueueTest(SearchCase):
    def test_more_searches_than_wait(self):
        """A desk's searches beyond the bound are told so at once; those that wait are all served."""
        self.hold()
        limit = 32  # limits.h: searches_of_desk_max
        chosen = [request_id() for _ in range(limit)]
        running = []
        for one in chosen:
            running.append(self.begin_search("--request-id", one))
            if len(running) % 4 == 0:
                wait_until(lambda: self.net.unfinished(0) == len(running), "the searches' arrival")
        began = time.monotonic()
        more = request_id()
        answer = self.net.desk("identify", *self.finger(1), "--request-id", more)
        self.expect_error(answer, BUSY, "searches", "Try again")
        self.assertLess(time.monotonic() - began, 4, answer)
        # Nothing of it was kept, and other kinds of request go on.
        self.assertEqual(self.phases(more), [None, None, None])
        self.enrol(2)
        self.go_on()
        for one in running:
            code, out, err = self.end(one)
            self.assertEqual(code, YES, out + err)
        self.check_nothing_lingers()
        self.check_search()


class LostRecordsTest(unittest.TestCase):
    """A record that is damaged, half-written or gone, and a file that is gone: said at the start, never answered."""

    def test_one_record(self):
        net = Network()
        self.addCleanup(net.close)
        net.start_all()
        helper = NetworkTest()
        helper.net = net
        records = []
        for person in range(3):
            enrolled = net.desk("enrol", "--id", iin(person), *helper.finger(person))
            self.assertEqual(enrolled.code, YES, enrolled)
            records.append(enrolled.json["record"])
        self.assertEqual(net.desk("erase", "--id", iin(0)).code, YES)
        for custodian in range(3):
            self.assertEqual(net.stop(custodian), 0)
        path = net.database(1)
        whole = path.read_bytes()
        seq = 2  # of the second person, whose record is harmed
        flip = lambda blob: blob[:len(blob) // 2] + bytes([blob[len(blob) // 2] ^ 1]) + blob[len(blob) // 2 + 1:]
        harms = {
            "share": lambda db: self.change(db, "shares", "sealed", seq, flip),
            "half a share": lambda db: self.change(db, "shares", "sealed", seq, lambda blob: blob[:len(blob) // 2]),
            "key": lambda db: self.change(db, "record_keys", "wrapped", seq, flip),
            "half a key": lambda db: self.change(db, "record_keys", "wrapped", seq, lambda blob: blob[:8]),
            "no share": lambda db: db.execute("DELETE FROM shares WHERE seq = ?", (seq,)),
            "no key": lambda db: db.execute("DELETE FROM record_keys WHERE seq = ?", (seq,)),
            "erased again": lambda db: db.execute("DELETE FROM tombstones"),
        }
        for name, harm in harms.items():
            with self.subTest(name):
                path.write_bytes(whole)
                db = sqlite3.connect(path)
                with db:
                    harm(db)
                db.close()
                ended = net.try_start(1)
                self.assertEqual(ended.code, DAMAGED, ended)
                self.assertIn(str(path), ended.err)
                # Without its key row a record is not taken apart far enough to name it; the file is named.
                if name not in ("no key", "erased again"):
                    self.assertIn(records[1], ended.err, f"{name}: {ended}")
        path.write_bytes(whole)
        net.start_all()
        found = net.desk("identify", *helper.finger(1, take=1))
        self.assertEqual(found.json["records"], [records[1]], found)

    def change(self, db, table, column, seq, how):
        blob = db.execute(f"SELECT {column} FROM {table} WHERE seq = ?", (seq,)).fetchone()[0]
        db.execute(f"UPDATE {table} SET {column} = ? WHERE seq = ?", (how(blob), seq))

    def test_a_file_that_is_gone(self):
        net = Network()
        self.addCleanup(net.close)
        for custodian in range(3):
            self.assertEqual(net.database(custodian).stat().st_mode & 0o777, 0o600)
        net.database(1).unlink()
        ended = net.try_start(1)
        self.assertEqual(ended.code, NOT_FOUND, ended)
        self.assertIn("custodian.sqlite", ended.err)
        self.assertFalse(net.database(1).exists())


class ConnectionsTest(NetworkTest):
    """One desk's idle connections never keep out the other custodians."""

    def test_a_desk_with_too_many_connections(self):
        self.enrol(1)
        crowd = []
        try:
            for _ in range(120):
                crowd.append(subprocess.Popen(
                    ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{self.net.port}",
                     "-cert", str(self.net.state / "desk" / "tls.pem"), "-key", str(self.net.state / "desk" / "tls.pem")],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
                crowd[-1].stdin.write(self.hello())
                crowd[-1].stdin.flush()
            said = [one.stdout.read1(4096) for one in crowd]
            turned_away = [text for text in said if b"as many connections as it may" in text]
            self.assertEqual(len(turned_away), 120 - 104, said[-1])  # limits.h: desk_connections_max
            refused = self.net.desk("identify", *self.finger(1, take=1))
            self.expect_error(refused, BUSY, "connections")
        finally:
            for one in crowd:
                one.kill()
                one.communicate()
        wait_until(lambda: self.net.desk("status").code == YES, "room")
        found = self.net.desk("identify", *self.finger(1, take=1))
        self.assertEqual(found.code, YES, found)

    def hello(self):
        network = json.loads((self.net.state / "network.json").read_text())
        head = json.dumps({"hello": {"version": 1, "network": network["network_id"], "role": "desk",
                                     "name": network["desks"][0]["name"], "purpose": "control"}}).encode()
        return len(head).to_bytes(4, "big") + bytes(4) + head


del SearchCase

if __name__ == "__main__":
    unittest.main(verbosity=2)
