"""What the end-to-end tests share: a network of three real custodians, a desk's commands, artificial fingers."""

import base64
import datetime
import hashlib
import json
import math
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = os.environ["QORGAN_PROGRAM"]
FAULTY = os.environ["QORGAN_FAULTY_PROGRAM"]
LOOK = os.environ["QORGAN_LOOK_PROGRAM"]

# Exit codes, docs/exit-codes.md.
YES, NO = 0, 1
INVALID_INPUT, NOT_FOUND, ALREADY_EXISTS, LOW_QUALITY, DAMAGED, REFUSED, STALE, UNAVAILABLE = range(2, 10)
TIMEOUT, VERSION_MISMATCH, WRONG_NETWORK, STORAGE_FULL, UNDECIDED, BUSY = range(10, 16)
CODE_NAMES = {
    2: "invalid_input", 3: "not_found", 4: "already_exists", 5: "low_quality", 6: "damaged", 7: "refused", 8: "stale",
    9: "unavailable", 10: "timeout", 11: "version_mismatch", 12: "wrong_network", 13: "storage_full", 14: "undecided",
    15: "busy", 70: "internal",
}

DUPLICATE = 16  # an answer, not an error

# A desk gives up after 18 s (limits.h: verify_timeout_ms and connect_timeout_ms); a busy machine gets as much again.
COMMAND_TIMEOUT_S = 60
READY_TIMEOUT_S = 60
# cli/network.cpp: three for the custodians and desks, three for people's requests (HTTPS), three for the logs (HTTP).
PORTS = 9


def wait_until(condition, what, timeout_s=READY_TIMEOUT_S):
    """Polls until condition() is true; says what it waited for when the time is over."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(0.05)


# --- artificial people ---


def iin(number):
    """A valid ID number that nobody has, another one for each number below 70,000 (identity/iin.h)."""
    for filler in "01":
        digits = f"{number % 70:02}01011{number // 70:03}{filler}"
        for weights in (range(1, 12), [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]):
            check = sum(int(d) * w for d, w in zip(digits, weights)) % 11
            if check < 10:
                return digits + str(check)
    raise AssertionError("no check digit")


def finger(seed):
    """Minutiae of an artificial finger: x, y in pixels, direction in degrees. They keep apart as real ones do."""
    chance = random.Random(f"finger {seed}")
    points = []
    while len(points) < 40:
        x, y = chance.uniform(20, 300), chance.uniform(20, 380)
        if all(math.hypot(x - a, y - b) > 18 for a, b, _ in points):
            points.append((x, y, chance.uniform(0, 360)))
    return points


def impression(points, seed, noise_px=1.5):
    """Another impression of the finger, as text: moved, turned, unsteady."""
    chance = random.Random(f"impression {seed}")
    turn, dx, dy = math.radians(chance.uniform(-8, 8)), chance.uniform(20, 60), chance.uniform(20, 60)
    lines = ["# x y direction quality"]
    for x, y, degrees in points:
        # y points down the picture and directions count against the clock, so the turn's sign differs.
        u = 160 + (x - 160) * math.cos(turn) + (y - 200) * math.sin(turn) + dx + chance.gauss(0, noise_px)
        v = 200 - (x - 160) * math.sin(turn) + (y - 200) * math.cos(turn) + dy + chance.gauss(0, noise_px)
        direction = (degrees + math.degrees(turn) + chance.gauss(0, 2)) % 360
        lines.append(f"{max(u, 0):.1f} {max(v, 0):.1f} {direction:.1f} {chance.randint(60, 90)}")
    return "\n".join(lines) + "\n"


def request_id(age_ms=0):
    """As a desk makes one: its clock in milliseconds, then ten random bytes."""
    return f"{int(time.time() * 1000) - age_ms:012x}" + os.urandom(10).hex()


# --- running things ---


class Answer:
    """What one command gave."""

    def __init__(self, words, code, out, err, seconds):
        self.words, self.code, self.out, self.err, self.seconds = words, code, out, err, seconds

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        return self.json["error"]

    def __str__(self):
        return f"{' '.join(self.words)}\n  exit code {self.code} after {self.seconds:.1f} s\n  {self.out}\n  {self.err}"


def utc(unix_time_s):
    """As warrants and log entries write times."""
    return datetime.datetime.fromtimestamp(int(unix_time_s), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def temporary_folder():
    # In memory where the system has a folder there: the databases wait for the disk at every step.
    quick = "/dev/shm"
    parent = None if "TMPDIR" in os.environ or not os.access(quick, os.W_OK) else quick
    return Path(tempfile.mkdtemp(prefix="qorgan-e2e-", dir=parent))


def run_program(*words, timeout_s=COMMAND_TIMEOUT_S, stdin="", env=None):
    began = time.monotonic()
    done = subprocess.run([PROGRAM, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=timeout_s,
                          env={**os.environ, **(env or {})})
    return Answer(list(map(str, words)), done.returncode, done.stdout, done.stderr, time.monotonic() - began)


def free_port():
    """The first of nine free ports in a row, from a random place below the ephemeral range."""
    while True:
        base = random.SystemRandom().randrange(10000, 32000)
        taken = []
        try:
            for port in range(base, base + PORTS):
                taken.append(socket.socket())
                taken[-1].bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for one in taken:
                one.close()


class Network:
    """Three custodians in a folder of their own, each a process."""

    def __init__(self):
        self.folder = temporary_folder()
        self.state = self.folder / "state"
        self.processes = [None, None, None]
        self.port = free_port()
        made = run_program("network", "init", "--out", self.state, "--port", self.port, "--json")
        assert made.code == 0, made
        self.warrant = self.make_warrant("warrant")

    def custodian_folder(self, custodian):
        return self.state / f"custodian-{custodian}"

    def database(self, custodian):
        return self.custodian_folder(custodian) / "custodian.sqlite"

    def log(self, custodian):
        path = self.custodian_folder(custodian) / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def fault_file(self, custodian):
        return self.folder / f"fault-{custodian}"

    def clock_file(self, custodian):
        """Milliseconds by which a faulty custodian's clock is wrong (fault_clock.cpp)."""
        return self.folder / f"clock-{custodian}"

    def start_words(self, custodian, faulty=False, network=None):
        folder, network = str(self.custodian_folder(custodian)), str(network or self.state / "network.json")
        if faulty:
            return [FAULTY, folder, network]
        return [PROGRAM, "custodian", "--dir", folder, "--network", network, "--log-level", "debug"]

    def start(self, custodian, faulty=False, env=None, preexec=None):
        assert self.processes[custodian] is None
        environment = {**os.environ, **(env or {})}
        if faulty:
            environment["QORGAN_FAULT_FILE"] = str(self.fault_file(custodian))
            environment["QORGAN_CLOCK_FILE"] = str(self.clock_file(custodian))
        with open(self.custodian_folder(custodian) / "log", "ab") as log:
            self.processes[custodian] = subprocess.Popen(
                self.start_words(custodian, faulty), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment, preexec_fn=preexec)

    def start_all(self, **options):
        for custodian in range(3):
            self.start(custodian, **options)
        self.wait_ready()

    def try_start(self, custodian, network=None, timeout_s=COMMAND_TIMEOUT_S):
        """Starts a custodian that must end by itself, and gives what it said."""
        words = self.start_words(custodian, network=network)
        began = time.monotonic()
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL)
        return Answer(words, done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def send(self, custodian, number):
        self.processes[custodian].send_signal(number)
        if number != signal.SIGSTOP:
            return
        # The signal stops the process when one of its threads is next scheduled; until then the others run on.
        tasks = Path(f"/proc/{self.processes[custodian].pid}/task")

        def stopped():
            states = [(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks.iterdir()]
            return all(state == "T" for state in states)

        wait_until(stopped, f"custodian {custodian} to stand still")

    def stop(self, custodian, how=signal.SIGTERM):
        """Ends a custodian and gives its exit code."""
        process, self.processes[custodian] = self.processes[custodian], None
        if process is None:
            return None
        process.send_signal(how)
        return process.wait(timeout=COMMAND_TIMEOUT_S)

    def restart(self, custodian, **options):
        self.stop(custodian)
        self.start(custodian, **options)
        self.wait_ready()

    def close(self):
        for custodian in range(3):
            if self.processes[custodian] is not None:
                self.processes[custodian].send_signal(signal.SIGCONT)
        for custodian in range(3):
            self.stop(custodian, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what the court and the custodians' officers sign ---

    def make_warrant(self, name, *words, court="court", officers=(0, 1), sign_as="trial-court", **changes):
        """A file with a signed warrant: for many searches from an hour ago until tomorrow, where nothing else is said."""
        now = time.time()
        options = {"case": "1-17/2026", "court": "trial-court", "party": "trial-office", "searches": 1000,
                   "candidates": 10, "from": utc(now - 3600), "until": utc(now + 86400), **changes}
        path = self.folder / f"{name}.warrant"
        named = [word for option, value in options.items() for word in (f"--{option.replace('_', '-')}", value)]
        written = run_program("warrant", "write", "--network", self.state / "network.json", *named, *words, "--out", path)
        assert written.code == 0, written
        keys = self.state / "court"
        for command, signer, key in [("sign", sign_as, court)] * bool(court) + [
                ("countersign", f"officer-of-custodian-{i}", f"officer-{i}") for i in officers]:
            signed = run_program("warrant", command, path, "--name", signer, "--key-file", keys / f"{key}.key")
            assert signed.code == 0, signed
        return path

    def network(self):
        return json.loads((self.state / "network.json").read_text())

    def origin(self, custodian):
        """The name of a custodian's log, and of its key (protocol/log_keys.h)."""
        return f"qorgan/{self.network()['network_id'][:16]}/custodian-{custodian}"

    def vkey(self, custodian, cosigner=False):
        name = self.origin(custodian)
        typed = bytes([4 if cosigner else 1]) + bytes.fromhex(self.network()["custodians"][custodian]["sign_key"])
        key_id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4].hex()
        return f"{name}+{key_id}+{base64.b64encode(typed).decode()}"

    def policy(self, custodian):
        return json.loads((self.custodian_folder(custodian) / "policy").read_text().split("\n")[1])

    def change_policy(self, custodian, change, purposes=None):
        """Signs another policy for a custodian, which is in force from its next start. change() is given its rules,
        in which a purpose is its id alone; purposes is a folder of other ones than the program's own."""
        rules = self.policy(custodian)
        rules["purposes"] = [one["purpose"]["id"] for one in rules["purposes"]]
        change(rules)
        # A custodian takes no policy that is not newer than the one before.
        rules["version"] = self.policy(custodian)["version"] + 1
        plain = self.folder / f"policy-{custodian}.json"
        plain.write_text(json.dumps(rules))
        folder = self.custodian_folder(custodian)
        signed = run_program("policy", "sign", plain, "--name", self.origin(custodian), "--key-file",
                             folder / "sign.key", "--out", folder / "policy",
                             *(["--purposes", purposes] if purposes else []))
        assert signed.code == 0, signed

    # --- the desk ---

    def desk_words(self, command, *words):
        # A search takes a warrant; the one for many searches where no other is named.
        more = ["--warrant", str(self.warrant)] if command == "identify" and "--warrant" not in words else []
        return [command, *map(str, words), *more, "--state", str(self.state), "--json"]

    def desk(self, command, *words, **options):
        return run_program(*self.desk_words(command, *words), **options)

    def begin(self, command, *words):
        """A command that runs on beside the test."""
        return subprocess.Popen([PROGRAM, *self.desk_words(command, *words)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def status(self):
        return self.desk("status").json["custodians"]

    def wait_ready(self):
        """Until all three answer and have applied the same changes. A custodian that has ended fails it at once."""

        def ready():
            for custodian, process in enumerate(self.processes):
                if process is not None and process.poll() is not None:
                    raise AssertionError(f"custodian {custodian} ended: {self.log(custodian)[-2000:]}")
            all_three = self.status()
            return "error" not in str(all_three) and len({(c["sequence"], c["people"]) for c in all_three}) == 1

        try:
            wait_until(ready, "three custodians that agree")
        except AssertionError as failed:
            logs = "\n".join(f"--- custodian {i}\n{self.log(i)[-1500:]}" for i in range(3))
            raise AssertionError(f"{failed}\n{self.status()}\n{logs}") from None

    def people(self):
        return {one["people"] for one in self.status()}

    # --- the person, who holds a receipt ---

    def holder(self, enrolled):
        """The words of a command for whoever holds the receipt of an enrolment."""
        return ["--handle", enrolled.json["handle"], "--secret", self.secret_file(enrolled.json["secret"])]

    def secret_file(self, secret):
        path = self.folder / "secrets" / os.urandom(4).hex()
        path.parent.mkdir(exist_ok=True)
        path.write_text(secret + "\n")
        return str(path)

    # --- the logs ---

    def log_folder(self, custodian):
        return self.custodian_folder(custodian) / "ledger"

    def log_url(self, custodian, path="checkpoint"):
        return f"http://127.0.0.1:{self.port + 6 + custodian}/{path}"

    def rows(self, custodian, sql):
        """A query over a copy of a custodian's file, which the custodian itself keeps locked."""
        copy = self.folder / f"copy-{os.urandom(4).hex()}"
        copy.mkdir()
        try:
            for suffix in ("", "-wal"):
                source = Path(str(self.database(custodian)) + suffix)
                if source.exists():
                    shutil.copy(source, copy / ("copy" + suffix))
            with sqlite3.connect(copy / "copy") as connection:
                found = connection.execute(sql).fetchall()
            connection.close()
            return found
        finally:
            shutil.rmtree(copy)

    def unfinished(self, custodian):
        """How many requests are neither committed (3) nor aborted (4)."""
        return self.rows(custodian, "SELECT count(*) FROM requests WHERE state < 3")[0][0]


class NetworkTest(unittest.TestCase):
    """A class of tests on one network, whose people must not get in one another's way."""

    faulty = False

    @classmethod
    def setUpClass(cls):
        cls.net = Network()
        cls.addClassCleanup(cls.net.close)
        cls.net.start_all(faulty=cls.faulty)

    def setUp(self):
        self.files = 0

    def print_file(self, seed, take=0):
        """A file with an impression of a finger."""
        path = self.net.folder / f"print-{seed}-{take}.txt"
        path.write_text(impression(finger(seed), f"{seed} {take}"))
        return path

    def finger(self, seed, take=0, name="right-index"):
        """The words of a command for one finger."""
        return ["--finger", f"{name}={self.print_file(seed, take)}"]

    def enrol(self, person, *words, code=YES):
        """Enrols a person with one finger, or with the given words."""
        answer = self.net.desk("enrol", "--id", iin(person), *(words or self.finger(person)))
        self.assertEqual(answer.code, code, answer)
        return answer

    def expect_error(self, answer, code, *mentions):
        """A clear error: that code in every form, what and where said, nothing printed that a crash prints."""
        self.assertEqual(answer.code, code, answer)
        error = answer.error
        self.assertEqual(error["code"], CODE_NAMES[code], answer)
        self.assertTrue(error["what"], answer)
        said = " ".join([error["what"], error["where"], error["remedy"]])
        for mention in mentions:
            self.assertIn(mention, said, answer)
        self.assertIn(error["what"], answer.err, answer)
        self.assertNotIn("internal", answer.err, answer)
        return error
