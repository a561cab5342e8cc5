"""The answers as Markdown."""
import dataclasses


@dataclasses.dataclass
class Line:
    """One work against one peer or limit, and the floor that the issue sets."""
    work: str
    ours: object
    against: str
    theirs: object
    floor: str = ""
    # True, False, or None where nothing was asked for.
    reached: object = None
    # What is compared; the ratio of the medians unless something else is said.
    answer: str = ""


def faster(work, ours, against, theirs, times=None):
    """Ours is to be so many times faster."""
    floor = {None: "", 1: "ahead"}.get(times, f"{times} times faster")
    ratio = theirs.median / ours.median
    return Line(work, ours, against, theirs, floor, ratio >= times if times else None, f"{number(ratio)} times")


def within(work, ours, against, theirs, milliseconds):
    """Ours may take so much longer than a limit."""
    more = (ours.median - theirs.median) * 1000
    return Line(work, ours, against, theirs, f"within {milliseconds:g} ms", more <= milliseconds, f"{more:+.1f} ms")


def at_most(work, ours, against, theirs, times=None):
    """Ours may take so many times as long as a limit."""
    ratio = ours.median / theirs.median
    floor = f"at most {times:g} times as long" if times else ""
    return Line(work, ours, against, theirs, floor, ratio <= times if times else None, f"{number(ratio)} times as long")


def said(work, answer, floor="", reached=None):
    """What is no ratio of two times."""
    return Line(work, None, "", None, floor, reached, answer)


def markdown(lines):
    rows = [["work", "truststore", "against", "takes", "ratio", "floor", "reached", "peak memory, ours / theirs"]]
    for line in lines:
        rows.append([line.work, time(line.ours), line.against, time(line.theirs), line.answer, line.floor,
                     {True: "yes", False: "**no**", None: ""}[line.reached],
                     " / ".join(memory(one) for one in (line.ours, line.theirs) if one)])
    return grid(rows)


def grid(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows)


def time(measured):
    """The median, and the least of the runs behind it."""
    if measured is None:
        return ""
    return f"{duration(measured.median)} ({duration(measured.minimum)})"


def duration(seconds):
    for unit, scale in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{number(seconds / scale)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def number(value):
    """Three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def memory(measured):
    return f"{measured.memory / 1e6:.0f} MB" if measured.memory else "-"
