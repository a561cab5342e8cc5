"""How time and memory grow with the number of entries."""
import math
import os

from . import table
from .commands import FORMAT
from .timing import Contestant, in_turn
from .workshop import beyond_defaults

# Peak memory in times of the file: reading, rewriting.
MEMORY = {"jks": (1.3, 2.3), "p12": (2.2, 4.5)}


def works(shop, kind, size):
    """The commands at one size: name, contestant, and whether they rewrite."""
    store = shop.path(f"{size}.{kind}")
    work = shop.work(f"growth.{kind}")
    alone = ["--no-read-back"] if kind == "p12" else []
    more = beyond_defaults(size)
    ours = shop.truststore
    return [
        ("`list`", Contestant("list", [ours, "list", "-k", store, *more]), False),
        ("`export` of one", Contestant("export", [ours, "export", "root-0000500", "-k", store, *more]), False),
        ("`import` of one" + (", no read-back" if alone else ""),
         Contestant("import", [ours, "import", "-k", work, "--file", shop.one, "--alias", "one-more", *alone, *more],
                    shop.fresh(store, work)), True),
        ("`remove` of one" + (", no read-back" if alone else ""),
         Contestant("remove", [ours, "remove", "root-0000500", "-k", work, *alone, *more], shop.fresh(store, work)), True),
    ]


def growth(kind):
    def row(shop, runs):
        sizes = [*shop.sizes, *([1_000_000] if shop.million else [])]
        names = [name for name, _, _ in works(shop, kind, sizes[0])]
        found = {}
        for size in sizes:
            made = works(shop, kind, size)
            few = {1_000_000: 1}.get(size, runs if size <= 10_000 else min(runs, 5))
            measured = in_turn(shop, [one for _, one, _ in made], few, warm_up=size < 1_000_000)
            for name, one, rewrites in made:
                found[name, size] = (measured[one.name], rewrites)
        for name in names:
            work = f"{name}, {FORMAT[kind]}, {sizes[0]:,} to {sizes[-1]:,}"
            exponent = slope([(size, found[name, size][0].median) for size in sizes])
            times = ", ".join(table.duration(found[name, size][0].median) for size in sizes)
            yield table.said(work, f"exponent {exponent:.2f} ({times})", "exponent at most 1.05", exponent <= 1.05)
            for size in sizes[2:]:
                measured, rewrites = found[name, size]
                file = os.path.getsize(shop.path(f"{size}.{kind}"))
                # The program itself takes some megabytes, which say nothing about growth beside a small file.
                large = file > 50e6
                floor = MEMORY[kind][rewrites]
                ratio = measured.memory / file
                yield table.said(f"{name}, {FORMAT[kind]} of {size:,}: memory",
                                 f"{table.memory(measured)}, {ratio:.2f} times the file of {file / 1e6:.0f} MB",
                                 f"at most {floor} times" if large else "", ratio <= floor if large else None)
    return row


def slope(points):
    """The exponent of size in time, by least squares over the logarithms."""
    logs = [(math.log(size), math.log(seconds)) for size, seconds in points]
    x = sum(a for a, _ in logs) / len(logs)
    y = sum(b for _, b in logs) / len(logs)
    return sum((a - x) * (b - y) for a, b in logs) / sum((a - x) ** 2 for a, _ in logs)
