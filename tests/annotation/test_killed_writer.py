"""Processes that write votes and are killed, and processes that race for the same items."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from prefdata.pipeline.annotation.campaign import Campaign
from tests.annotation.campaigns import Clock, config_of, items, joined, made

WRITER = """
import sys
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.results.annotation import NewVote, VoteAnswer
import threading
path, run, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
people = [int(person) for person in sys.argv[4:]]
campaign = Campaign.open(path, wait=60)
def work(person):
    count = 0
    while count < most and (shown := campaign.next(person, 1)).state == "judge":
        for each in shown.items:
            request = f"{run}.{person}.{count}"
            saved = campaign.answer(person, NewVote(request, each.id, VoteAnswer(choice=1)))
            sys.stdout.write(f"{saved.saved} {request}\\n")
            sys.stdout.flush()
            count += 1
threads = [threading.Thread(target=work, args=[person]) for person in people]
print("ready", flush=True)
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
campaign.close()
"""


def started(path: Path, run: str, people: list[int], most: int = 10**6) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), run, str(most), *map(str, people)]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def test_no_acknowledged_vote_is_lost_or_doubled_by_kill_9(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(votes=4, repeats=0.1), items(3000), Clock())
    people = [joined(campaign, f"n{n}") for n in range(4)]
    campaign.close()
    chance = random.Random(0)
    told: list[str] = []
    for run in range(6):
        process = started(campaign.path, f"k{run}", people)
        time.sleep(chance.uniform(0.3, 1.2))
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate()
        told += [line for line in said.splitlines() if line.count(" ") == 1 and "." in line]
    again = Campaign.open(campaign.path)
    kept = {}
    for person in people:
        before = None
        while page := again.mine(person, before, 200):
            kept |= {vote.seq: vote for vote in page}
            before = page[-1].seq
    acknowledged = [int(line.split()[0]) for line in told]
    assert len(acknowledged) > 20
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(kept)
    assert len(kept) - len(acknowledged) <= 6 * len(people), "written, and not yet told"
    assert len({vote.item for vote in kept.values()}) == len(kept), "each showing once"


def test_two_processes_never_give_one_item_to_two_people(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(60), Clock())
    ann, bob = joined(campaign, "Ann"), joined(campaign, "Bob")
    campaign.close()
    racers = [started(campaign.path, f"r{person}", [person]) for person in (ann, bob)]
    for racer in racers:
        racer.communicate(timeout=120)
        assert racer.returncode == 0
    again = Campaign.open(campaign.path)
    judged = {json.loads(line)["item"] for line in again.export()}
    assert again.last_vote() == len(judged) == 60
    assert again.overview().done == 60
    assert sum(person.votes for person in again.people()) == 60
