"""The physical limits by themselves, as rows without a floor."""
from . import table
from .commands import ITERATIONS
from .timing import Contestant, in_turn
from .workshop import tool


def limits(shop, runs):
    jks, p12 = shop.path("10000.jks"), shop.path("10000.p12")
    small, out = shop.path("150.jks"), shop.work("limit.out")
    named = {
        "starting `true`": ["true"],
        "starting an empty Rust program": [tool("limits"), "start"],
        "starting `truststore --version`": [shop.truststore, "--version"],
        "`cat`, JKS of 10,000": ["cat", jks],
        "`openssl dgst -sha1`, JKS of 10,000": ["openssl", "dgst", "-sha1", jks],
        "write with two fsyncs and a rename, JKS of 150": [tool("limits"), "write", small, out],
        "write with two fsyncs and a rename, JKS of 10,000": [tool("limits"), "write", jks, out],
        "PBKDF2, AES and MAC of 10,000 iterations, no content": [tool("limits"), "open", "/dev/null", ITERATIONS],
        "PBKDF2, AES and MAC, PKCS#12 of 10,000": [tool("limits"), "open", p12, ITERATIONS],
    }
    found = in_turn(shop, [Contestant(name, words) for name, words in named.items()], runs)
    for name in named:
        yield table.Line(f"limit: {name}", None, "", found[name])
