"""The rows of whole commands: list, export, import, remove, convert, loops, bulk import, verify."""
import os
import pty
import re
import shutil
import subprocess

from . import table
from .timing import Contestant, in_turn
from .workshop import PASSWORD, forget, tool

FORMAT = {"jks": "JKS", "p12": "PKCS#12"}
KEYTOOL = ["-storepass", PASSWORD]
# What the JDK writes, and so does truststore.
ITERATIONS = "10000"
# The floors for list and export: times keytool, times openssl.
READING = {("jks", "small"): (70, None), ("p12", "small"): (70, 2),
           ("jks", 10_000): (80, None), ("p12", 10_000): (60, 30)}


def reading(kind, verb, size):
    """`list` or `export` of one alias."""
    def row(shop, runs):
        store = shop.path(f"{size}.{kind}")
        alias = "root" if size <= 150 else "root-0000500"
        ours, theirs = {
            "list": (["list", "-k", store], ["-list", "-keystore", store]),
            "export": (["export", alias, "-k", store], ["-exportcert", "-rfc", "-alias", alias, "-keystore", store]),
        }[verb]
        contestants = [Contestant("ours", [shop.truststore, *ours]),
                       Contestant("keytool", ["keytool", *theirs, *KEYTOOL])]
        if kind == "p12":
            contestants += [
                Contestant("openssl", ["openssl", "pkcs12", "-nokeys", "-in", store, "-passin", f"pass:{PASSWORD}"]),
                Contestant("open", [tool("limits"), "open", store, ITERATIONS])]
        else:
            contestants.append(Contestant("sha1", ["openssl", "dgst", "-sha1", store]))
        contestants += [Contestant("true", ["true"]), Contestant("cat", ["cat", store])]
        found = in_turn(shop, contestants, runs)
        work = f"`{verb}`, {FORMAT[kind]} of {size:,}"
        keytool, openssl = READING[kind, "small" if size <= 150 else size]
        ours = found["ours"]
        yield table.faster(work, ours, "`keytool`", found["keytool"], keytool)
        if kind == "p12":
            yield table.faster(work, ours, "`openssl pkcs12 -nokeys`", found["openssl"], openssl)
            yield table.at_most(work, ours, "limit: PBKDF2, AES and MAC of the file", found["open"])
        if kind == "jks" and size <= 150:
            yield table.within(work, ours, "limit: starting `true`", found["true"], 3)
        if kind == "jks" and size > 150:
            yield table.at_most(work, ours, "limit: `openssl dgst -sha1`", found["sha1"])
            yield table.at_most(work, ours, "limit: `cat`", found["cat"])
    return row


def changing(kind, verb, size):
    """`import` of one more, or `remove` of one, from a fresh copy each time."""
    def row(shop, runs):
        store = shop.path(f"{size}.{kind}")
        alias = "root" if size <= 150 else "root-0000500"

        def edit(name, words, **options):
            work = shop.work(f"{name}.{kind}")
            command = [work if word == "STORE" else word for word in words]
            return Contestant(name, command, shop.fresh(store, work), **options)

        ours, theirs = {
            "import": (["import", "-k", "STORE", "--file", shop.one, "--alias", "one-more"],
                       ["-importcert", "-noprompt", "-file", shop.one, "-alias", "one-more", "-keystore", "STORE"]),
            "remove": (["remove", alias, "-k", "STORE"], ["-delete", "-alias", alias, "-keystore", "STORE"]),
        }[verb]
        contestants = [edit("ours", [shop.truststore, *ours]), edit("keytool", ["keytool", *theirs, *KEYTOOL]),
                       edit("write", [tool("limits"), "write", store, "STORE"])]
        if kind == "jks":
            contestants.append(edit("copy", [tool("limits"), "copy", store, "STORE"]))
        else:
            contestants += [edit("alone", [shop.truststore, *ours, "--no-read-back"]),
                            edit("both", [tool("limits"), "open-and-seal", store, "STORE", ITERATIONS]),
                            Contestant("open", [tool("limits"), "open", store, ITERATIONS])]
        found = in_turn(shop, contestants, runs)
        work = f"`{verb}`, {FORMAT[kind]} of {size:,}"
        ours = found["ours"]
        small = size <= 150
        if kind == "jks":
            yield table.faster(work, ours, "`keytool`", found["keytool"], 50)
            if small:
                yield table.within(work, ours, "limit: start, fsyncs and rename", found["write"], 3)
            else:
                yield table.at_most(work, ours, "limit: copy, 2 × SHA-1, fsyncs", found["copy"], 3)
            return
        without = work + ", no read-back"
        yield table.faster(work, ours, "`keytool`", found["keytool"], 25 if small else 12)
        yield table.faster(without, found["alone"], "`keytool`", found["keytool"], None if small else 40)
        if not small:
            yield table.at_most(without, found["alone"], "limit: PBKDF2, AES and MAC, both ways, fsyncs", found["both"], 2)
            yield table.at_most(without, found["alone"], "limit: PBKDF2, AES and MAC, one way", found["open"])
    return row


def loop(kind):
    """The public roots, one command each: what an image build's script does."""
    def row(shop, runs):
        roots = shop.roots[:12] if shop.quick else shop.roots
        scripts = {}
        for name in ("ours", "keytool"):
            store = shop.work(f"loop-{name}.{kind}")
            lines = []
            for number, root in enumerate(roots):
                lines.append({
                    "ours": [shop.truststore, "import", "-k", store, "--type", {"jks": "jks", "p12": "pkcs12"}[kind],
                             "--file", root, "--alias", f"public-{number}"],
                    "keytool": ["keytool", "-importcert", "-noprompt", "-keystore", store, "-storetype",
                                {"jks": "jks", "p12": "pkcs12"}[kind], "-file", root, "-alias",
                                f"public-{number}", *KEYTOOL],
                }[name])
            script = shop.work(f"loop-{name}.{kind}.script")
            with open(script, "w") as file:
                file.writelines("\t".join(line) + "\n" for line in lines)
            scripts[name] = Contestant(name, script, lambda store=store: forget(store))
        scripts["keytool"].runs = 1 if shop.quick else min(runs, 3)
        found = in_turn(shop, list(scripts.values()), runs)
        work = f"{len(roots)} public roots, one `import` each, {FORMAT[kind]}"
        times = {"jks": 60, "p12": 35}[kind]
        yield table.faster(work, found["ours"], "a loop of `keytool`", found["keytool"], times)
    return row


def convert(size):
    """JKS to PKCS#12."""
    def row(shop, runs):
        store = shop.path(f"{size}.jks")

        def to(name, words):
            out = shop.work(f"convert-{name}.p12")
            return Contestant(name, [out if word == "OUT" else word for word in words], lambda: forget(out))

        ours = [shop.truststore, "convert", "-k", store, "--to", "pkcs12", "--out", "OUT"]
        without = shop.without_read_back("convert")
        contestants = [
            to("ours", ours),
            to("keytool", ["keytool", "-importkeystore", "-noprompt", "-srckeystore", store, "-srcstorepass", PASSWORD,
                           "-destkeystore", "OUT", "-deststoretype", "pkcs12", "-deststorepass", PASSWORD])]
        if without:
            contestants.append(to("alone", [*ours, *without]))
        found = in_turn(shop, contestants, runs)
        work = f"`convert` JKS to PKCS#12, {size:,}"
        yield table.faster(work, found["ours"], "`keytool -importkeystore`", found["keytool"], 25)
        if without:
            yield table.faster(f"{work}, no read-back", found["alone"], "`keytool -importkeystore`", found["keytool"], 60)
        else:
            yield table.said(f"{work}, no read-back", "`convert` has no such option", "60 times faster", False)
    return row


def bulk(shop, runs):
    """A folder of PEM files into a new store."""
    size = max(shop.sizes)
    folder = shop.once(f"pem-{size}", lambda out: shop.pem(str(size), out))
    store = shop.work("bulk.jks")
    ours = [shop.truststore, "import", "-k", store, "--type", "jks", "--file", folder]

    def clear():
        forget(store)

    def cold():
        clear()
        leave_cache(folder)

    read = [tool("limits"), "read-folder", folder]
    contestants = [Contestant("ours", ours, clear), Contestant("read", read),
                   Contestant("write", [tool("limits"), "write", shop.path(f"{size}.jks"), store], clear)]
    found = in_turn(shop, contestants, min(runs, 5))
    from_disk = in_turn(shop, [Contestant("ours", ours, cold), Contestant("read", read, cold)], min(runs, 5))
    work = f"`import` of a folder of {size:,} PEM files"
    yield table.at_most(f"{work} from disk", from_disk["ours"], "limit: reading the files one by one", from_disk["read"], 1)
    yield table.at_most(f"{work} in the page cache", found["ours"], "limit: reading the files one by one", found["read"])
    yield table.at_most(f"{work} in the page cache", found["ours"], "limit: writing the store", found["write"])
    clear()
    log = shop.work("strace.log")
    shop.run("strace", "-f", "--seccomp-bpf", "-e", "trace=rename,renameat,renameat2", "-o", log, *ours)
    with open(log) as file:
        renames = len(re.findall(r"rename\w*\(.*bulk\.jks\"", file.read()))
    yield table.said(work, f"{renames} write{'' if renames == 1 else 's'} of the store", "one write", renames == 1)
    clear()
    shown = on_a_terminal(ours, shop.environment)
    drawn = len(re.findall(rb"\r(?!\n)|\x1b\[2?K", shown))
    yield table.said(work, f"progress drawn {drawn} times on a terminal", "a progress bar", drawn > 1)


def leave_cache(folder):
    """Lets the system forget what the files of a folder hold, so that they are read from the disk, if they are on one."""
    for member in os.scandir(folder):
        file = os.open(member.path, os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def on_a_terminal(command, environment):
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env={**environment, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so when the last writer has gone.
            part = b""
        if not part:
            break
        shown += part
    os.close(ours)
    if process.wait() != 0:
        raise SystemExit(f"compare: {command} failed on a terminal: {shown[-2000:]!r}")
    return shown


def verify(shop, runs):
    """The same work on one core and on all."""
    size = max(shop.sizes)
    command = [shop.truststore, "verify", "-k", shop.path(f"{size}.jks")]
    if len(os.sched_getaffinity(0)) < 2 or not shutil.which("taskset"):
        yield table.said(f"`verify` of {size:,}", "this machine has one core")
        return
    core = str(min(os.sched_getaffinity(0)))
    contestants = [Contestant("all", command, codes=(0, 1)),
                   Contestant("one", ["taskset", "-c", core, *command], codes=(0, 1))]
    found = in_turn(shop, contestants, min(runs, 5))
    yield table.faster(f"`verify` of {size:,}", found["all"], "itself on one core", found["one"], 1.7)
