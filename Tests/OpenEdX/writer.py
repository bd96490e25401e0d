#!/usr/bin/env python3
"""A process of the LMS that one learner keeps busy until standard input ends: `writer.py SEED LEARNER LEDGER`.

The ledger is a file to which it appends a line (JSON) for each request once it is answered: `learner`, `block`, `module`, `did` and
`states`. `saved`: the last of the states was committed, and no other of them. `failed`: each of them may stand, as the extended table's
database knows nothing of the request's transaction. `deleted`: nothing stands of all that was saved before in `module`. `unclear`: the
deletion failed, and may have emptied the extended table before it did. Each state is used once.
"""

import json
import random
import select
import sys

import site_process

BLOCKS = 8
LASTING_BLOCKS = 3
PAUSE_SECONDS = 0.004


class Writer:
    def __init__(self, seed, learner, ledger):
        self.chance = random.Random(f"{seed} {learner}")
        self.learner = learner
        self.ledger = ledger
        self.seed = seed
        self.number = 0

    def step(self):
        block = f"block-{self.chance.randrange(BLOCKS)}"
        dice = self.chance.random()
        # Some student modules stay for ever.
        if dice < 0.08:
            return self.delete(f"block-{self.chance.randrange(LASTING_BLOCKS, BLOCKS)}")
        saves = 2 if dice < 0.25 else 1
        states = [self.state() for _ in range(saves)]
        steps = [self.save(block, state) for state in states]
        if dice > 0.96:
            steps.append({"do": "fail"})
        status, body = site_process.post("/request", steps)
        module = body["saved"][-1]["module"] if status == 200 else None
        return self.note(block, module, "saved" if status == 200 else "failed", states, body.get("error"))

    def state(self):
        self.number += 1
        padding = self.chance.choice(["", "é", "😀", "x" * self.chance.randrange(400)])
        return json.dumps({"seed": self.seed, "by": self.learner, "n": self.number, "answer": padding}, ensure_ascii=False)

    def save(self, block, state):
        return {
            "do": "save",
            "learner": self.learner,
            "block": block,
            "state": state,
            "grade": self.chance.choice([None, 0.1, 1 / 3, 1]),
            "max_grade": 1,
        }

    def delete(self, block):
        status, body = site_process.post("/request", [{"do": "delete", "learner": self.learner, "block": block}])
        module = body["deleted"][0] if status == 200 and body["deleted"] else None
        return self.note(block, module, "deleted" if status == 200 else "unclear", [], body.get("error"))

    def note(self, block, module, did, states, error):
        line = {"learner": self.learner, "block": block, "module": module, "did": did, "states": states, "error": error}
        self.ledger.write(json.dumps(line) + "\n")
        self.ledger.flush()


def main():
    seed, learner, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with open(path, "a", encoding="utf-8") as ledger:
        writer = Writer(seed, learner, ledger)
        # The end of the input is the order to stop; the request in hand is finished.
        while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
            writer.step()


if __name__ == "__main__":
    main()
