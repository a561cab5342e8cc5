"""The rows of the library: timed inside one process each, by benches/peers and by Python."""
import statistics
import subprocess

from . import table
from .timing import Measured
from .workshop import PASSWORD, tool

# What pyjks is asked for: the same as the crates.
PYJKS = """
import sys, time, jks
times = []
for _ in range(int(sys.argv[3])):
    start = time.perf_counter_ns()
    store = jks.KeyStore.load(sys.argv[1], sys.argv[2])
    store.certs["root-0000500"]
    times.append(time.perf_counter_ns() - start)
print(*times)
"""


def library(shop, runs):
    medians, minima, pyjks = {}, {}, []
    turns = 2 if shop.quick else 5
    for _ in range(turns):
        for line in shop.run(tool("peers"), "library", shop.folder, str(runs * 2)).splitlines():
            name, median, minimum = line.split("\t")
            medians.setdefault(name, []).append(int(median) / 1e9)
            minima.setdefault(name, []).append(int(minimum) / 1e9)
        times = subprocess.run([shop.python, "-c", PYJKS, shop.path("middle.jks"), PASSWORD, str(max(1, runs // 5))],
                               check=True, capture_output=True, text=True).stdout
        pyjks += [int(time) / 1e9 for time in times.split()]
    found = {name: InProcess(statistics.median(medians[name]), min(minima[name])) for name in medians}
    small, middle, large = shop.sizes
    for kind, name, floor in (("jks", "JKS", 1.5), ("p12", "PKCS#12", None)):
        ours = found[f"verifier 150 {kind}"]
        work = f"library: open and `verifier()`, {name} of 150"
        yield table.said(work, table.time(ours), f"under {floor} ms" if floor else "",
                         ours.median < floor / 1000 if floor else None)
        if floor:
            yield table.faster(work, ours, "rustls-native-certs, 150 in PEM", found["rustls-native-certs 150"], 1)
    ours = found["open and get middle jks"]
    work = f"library: open and look up, JKS of {middle:,}"
    yield table.faster(work, ours, "pyjks", Measured(pyjks), 1)
    yield table.faster(work, ours, "crate `jks`", found["jks crate middle"], 1)
    yield table.said(work, "keystore-go: in no registry that this script uses")
    work = f"library: open and look up, PKCS#12 of {middle:,}"
    yield table.faster(work, found["open and get middle p12"], "crate `p12-keystore`", found["p12-keystore middle"], 1)
    # The processor's caches hold less of more entries, whatever the table: constant is what costs no more steps, and
    # so does not grow faster than what everybody calls constant.
    looked, peer = ([found[f"get {size} {what}"] for size in ("small", "middle", "large")] for what in ("jks", "HashMap"))
    times, theirs = (", ".join(table.duration(one.median) for one in three) for three in (looked, peer))
    growth, allowed = (three[2].median / three[0].median for three in (looked, peer))
    sizes = f"{small:,}, {middle:,}, {large:,} entries"
    yield table.said("library: look-up by alias", f"{times} in {sizes}: {growth:.1f} times as long; "
                     f"`HashMap` of the standard library {theirs}: {allowed:.1f} times",
                     "constant: grows no faster than `HashMap`", growth <= allowed)


class InProcess:
    """A time without a process, so without a peak of memory."""
    memory = 0

    def __init__(self, median, minimum):
        self.median = median
        self.minimum = minimum
