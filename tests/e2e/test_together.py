"""Many commands at once, from several processes."""

import threading
import unittest

from support import (ALREADY_EXISTS, BUSY, NOT_FOUND, YES, NetworkTest, iin)


class CrowdTest(NetworkTest):
    def in_threads(self, jobs, threads=4):
        """Runs the jobs, each a command in a process of its own, a few at a time. Gives their answers in order."""
        answers = [None] * len(jobs)
        waiting = list(enumerate(jobs))
        lock = threading.Lock()

        def work():
            while True:
                with lock:
                    if not waiting:
                        return
                    number, job = waiting.pop(0)
                answers[number] = job()

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return answers

    def enrolment(self, person):
        return lambda: self.net.desk("enrol", "--id", iin(person), *self.finger(person))

    def setUp(self):
        super().setUp()
        self.before = next(iter(self.net.people()))

    def test_many_people_from_four_processes(self):
        answers = self.in_threads([self.enrolment(person) for person in range(24)])
        for answer in answers:
            self.assertEqual(answer.code, YES, answer)
        self.assertEqual(self.net.people(), {self.before + 24})
        self.assertEqual(len({answer.json["record"] for answer in answers}), 24)
        asked = self.in_threads([lambda person=person: self.net.desk("verify", "--id", iin(person),
                                                                     *self.finger(person, take=1))
                                 for person in range(24)])
        for answer in asked:
            self.assertEqual(answer.code, YES, answer)
        for person in range(24):
            self.assertEqual(self.net.desk("erase", "--id", iin(person)).code, YES)

    def test_one_person_from_four_processes(self):
        answers = self.in_threads([self.enrolment(50)] * 4)
        codes = sorted(answer.code for answer in answers)
        said = "\n".join(map(str, answers))
        self.assertEqual(codes[0], YES, said)
        for code in codes[1:]:
            self.assertIn(code, (ALREADY_EXISTS, BUSY), said)
        self.assertEqual(self.net.people(), {self.before + 1})
        erased = self.in_threads([lambda: self.net.desk("erase", "--id", iin(50))] * 4)
        codes = sorted(answer.code for answer in erased)
        self.assertEqual(codes[0], YES, "\n".join(map(str, erased)))
        for code in codes[1:]:
            self.assertIn(code, (NOT_FOUND, BUSY), "\n".join(map(str, erased)))
        self.assertEqual(self.net.people(), {self.before})

    def test_people_come_and_go_during_searches(self):
        stays = self.net.desk("enrol", "--id", iin(60), *self.finger(60)).json["record"]
        jobs = []
        for person in range(61, 69):
            def come_and_go(person=person):
                came = self.net.desk("enrol", "--id", iin(person), *self.finger(person))
                self.assertEqual(came.code, YES, came)
                return self.net.desk("erase", "--id", iin(person))

            jobs.append(come_and_go)
            jobs.append(lambda: self.net.desk("identify", *self.finger(60, take=1)))
            jobs.append(lambda: self.net.desk("verify", "--id", iin(60), *self.finger(60, take=2)))
        answers = self.in_threads(jobs)
        for number, answer in enumerate(answers):
            self.assertIsNotNone(answer)
            self.assertEqual(answer.code, YES, answer)
            if number % 3 == 1:
                self.assertEqual(answer.json["records"], [stays], answer)
                self.assertLessEqual(answer.json["compared"], self.before + 5)
        self.assertEqual(self.net.people(), {self.before + 1})
        self.assertEqual(self.net.desk("erase", "--id", iin(60)).code, YES)
        for custodian in range(3):
            self.assertEqual(self.net.unfinished(custodian), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
