"""The demonstration, as someone new would run it."""

import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import INVALID_INPUT, PROGRAM, READY_TIMEOUT_S, run_program, wait_until


def children_of(folder):
    """Processes whose arguments name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if str(folder).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass
    return found


class DemoTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="qorgan-demo-")
        self.addCleanup(self.folder.cleanup)
        self.env = {**os.environ, "TMPDIR": self.folder.name}

    def nothing_is_left(self):
        self.assertEqual(os.listdir(self.folder.name), [])
        self.assertEqual(children_of(self.folder.name), [])

    def check_tour(self, out):
        for said in ("Enrolled 8 people", "Same person? Yes.", "Same person? No.", "1 candidate(s): person 4",
                     "0 candidate(s).", "against 8 people", "against 7 people"):
            self.assertIn(said, out)

    def test_a_tour_that_ends_by_itself(self):
        done = run_program("demo", "--people", 8, "--leave", timeout_s=120, env={"TMPDIR": self.folder.name})
        self.assertEqual((done.code, done.err), (0, ""), done)
        self.check_tour(done.out.replace("all 8 people", "8 people"))
        self.nothing_is_left()

    def begin(self):
        demo = subprocess.Popen([PROGRAM, "demo", "--people", "8"], env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(demo.stdout.close)
        self.addCleanup(demo.stderr.close)
        self.addCleanup(demo.kill)
        return demo

    def test_a_tour_until_ctrl_c(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                demo = self.begin()
                said, words = "", {}
                for line in demo.stdout:
                    said += line
                    parts = line.split()
                    if "export" in parts:
                        words["state"] = parts[-1].split("=", 1)[1]
                    if parts[1:2] in (["status"], ["verify"], ["identify"], ["enrol"], ["erase"]):
                        words[parts[1]] = parts[1:]
                    if "Ctrl-C" in line:
                        break
                self.check_tour(said.replace("all 8 people", "8 people"))
                # What it suggests works as it stands there.
                env = {"QORGAN_STATE": words["state"]}
                for command in ("status", "verify", "identify", "enrol", "erase"):
                    tried = run_program(*words[command], env=env)
                    self.assertEqual(tried.code, 0, tried)
                self.assertEqual(len(children_of(self.folder.name)), 3)
                demo.send_signal(number)
                out, err = demo.communicate(timeout=READY_TIMEOUT_S)
                self.assertEqual((demo.returncode, err), (0, ""), out)
                self.nothing_is_left()

    def test_ctrl_c_while_people_are_enrolled(self):
        demo = self.begin()
        wait_until(lambda: "Enrolling" in demo.stdout.readline(), "the first enrolments")
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=READY_TIMEOUT_S)
        self.nothing_is_left()

    def test_too_few_people(self):
        self.assertEqual(run_program("demo", "--people", 2, timeout_s=60).code, INVALID_INPUT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
