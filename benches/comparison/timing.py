"""Runs commands in turn (A B C A B C ...), and keeps medians, minima and peak memory."""
import dataclasses
import statistics
import subprocess
import sys

from . import workshop


@dataclasses.dataclass
class Measured:
    """What the runs of one command gave."""
    times: list  # seconds
    memory: int = 0  # bytes, the highest of the runs

    @property
    def median(self):
        return statistics.median(self.times)

    @property
    def minimum(self):
        return min(self.times)


@dataclasses.dataclass
class Contestant:
    """A command to be timed: its words, or the path of a script for `launch script`."""
    name: str
    command: list
    # Called before each run: an edit must not find the edit of the run before.
    prepare: object = None
    # Exit codes that are an answer.
    codes: tuple = (0,)
    # Fewer runs for what takes minutes.
    runs: int = 0


def in_turn(shop, contestants, runs, warm_up=True):
    """Runs every contestant once, then again, and answers what was measured by name."""
    measured = {one.name: Measured([]) for one in contestants}
    for number in range(runs + (1 if warm_up else 0)):
        for one in contestants:
            done = len(measured[one.name].times)
            if one.runs and done >= one.runs:
                continue
            if one.prepare:
                one.prepare()
            seconds, memory = launch(shop, one)
            # The first run warms up, but what runs only a few times has no run to give away.
            if number > 0 or not warm_up or one.runs:
                measured[one.name].times.append(seconds)
                measured[one.name].memory = max(measured[one.name].memory, memory)
    return measured


def launch(shop, one):
    if isinstance(one.command, str):
        words = [workshop.tool("launch"), "script", one.command]
    else:
        words = [workshop.tool("launch"), "run", *one.command]
    done = subprocess.run(words, env=shop.environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"compare: {' '.join(words)}: {done.stderr}")
    nanoseconds, kibibytes, code = map(int, done.stdout.split())
    if code not in one.codes:
        failed(shop, one, code)
    return nanoseconds / 1e9, kibibytes * 1024


def failed(shop, one, code):
    """Says what a command said that must not fail."""
    said = ""
    if not isinstance(one.command, str):
        if one.prepare:
            one.prepare()
        again = subprocess.run(one.command, env=shop.environment, capture_output=True, text=True)
        said = (again.stdout + again.stderr)[-2000:]
    sys.exit(f"compare: {one.name} ended with {code}, expected {one.codes}: {one.command}\n{said}")
