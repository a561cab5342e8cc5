#!/usr/bin/env python3
"""Asks the real keytool about every store on the list, compares, and writes MANIFEST.tsv.

Arguments: list, folder of the compiled StoreDump. Run by generate.sh, in testdata/.
keytool gives the counts and the fingerprints; StoreDump the aliases, which keytool prints with `?`
for what the terminal cannot show. Any row where the list and keytool disagree fails the run.
"""

import collections
import concurrent.futures
import re
import subprocess
import sys

COLUMNS = ("path format password expect entries_java trusted keys secrets untrusted "
           "aliases fingerprints tool note").split()
KINDS = {"trustedCertEntry": "trusted", "PrivateKeyEntry": "keys", "SecretKeyEntry": "secrets"}
JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-Duser.language=en")

# keytool takes a private key without chain for a secret key: the kinds of this file are not compared.
KINDS_DIFFER = {"stores/odd/key-without-chain.jks"}

Row = collections.namedtuple(
    "Row", "path format password expect trusted keys secrets untrusted tool note aliases prints")


def store_type(row):
    """CaseExactJKS files are JKS files; that loader looks an alias up as it is written."""
    return "CaseExactJKS" if row.path.endswith("case-exact.jks") else row.format


def run(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        return 124, "timeout"
    return done.returncode, done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")


def keytool(row):
    """Counts and SHA-256 fingerprints by keytool, or the reason it cannot."""
    command = ["keytool", *("-J" + flag for flag in JVM), "-list", "-v", "-keystore", row.path,
               "-storetype", store_type(row)]
    if row.password != "<none>":
        command += ["-storepass", "" if row.password == "<empty>" else row.password]
    status, text = run(command)
    if status != 0 or "Your keystore contains" not in text:
        found = re.search(r"keytool error: (.*)|(java\.lang\.\w+)|^(timeout)$", text)
        return None, next(filter(None, found.groups())) if found else f"exit {status}"
    counts = collections.Counter(entries=int(re.search(r"keystore contains (\d+)", text)[1]))
    prints = []
    for entry in re.split(r"^Alias name: ", text, flags=re.M)[1:]:
        kind = KINDS[re.search(r"^Entry type: (\w+)", entry, flags=re.M)[1]]
        counts[kind] += 1
        if kind == "trusted":
            prints.append(re.search(r"SHA256: ([0-9A-F:]+)", entry)[1].replace(":", "").lower())
    return counts, sorted(prints)


def dump(row, classes):
    """Aliases, and the fingerprint of each trusted one, by a JVM."""
    password = {"<none>": "-", "<empty>": ""}.get(row.password, row.password)
    status, text = run(["java", *JVM, "-cp", classes, "StoreDump", row.path, store_type(row), password])
    if status != 0:
        raise RuntimeError(f"{row.path}: StoreDump: {text.strip()}")
    lines = [line.split("\t") for line in text.split("\n")[:-1]]
    return [line[0] for line in lines], {line[0]: line[3] for line in lines if line[1] == "trusted"}


def manifest_row(row, classes):
    """The finished row, and what is wrong with it."""
    wrong = []
    declared = {kind: int(getattr(row, kind)) for kind in KINDS.values()}
    counts, detail = keytool(row)
    aliases, prints, note = row.aliases, row.prints, row.note
    entries = sum(declared.values())
    if counts is None:
        note = f"{note}; java17: cannot ({detail})"
        if row.expect == "ok" and entries and not aliases:
            wrong.append(f"keytool cannot read it ({detail}) and the list has no aliases")
    elif row.expect == "ok":
        if counts["entries"] != entries:
            wrong.append(f"entries: keytool {counts['entries']}, list {entries}")
        for kind, number in declared.items():
            if counts[kind] != number and row.path not in KINDS_DIFFER:
                wrong.append(f"{kind}: keytool {counts[kind]}, list {number}")
        names, by_alias = dump(row, classes)
        if sorted(by_alias.values()) != detail:
            wrong.append("keytool and StoreDump disagree about fingerprints")
        aliases = ";".join(names)
        prints = ";".join(f"{alias}={value}" for alias, value in by_alias.items())
    else:
        entries = 0
        note = f"{note}; java17: reads {counts['entries']} entries"
    cells = [row.path, row.format, row.password, row.expect, entries, row.trusted, row.keys, row.secrets,
             row.untrusted, aliases, prints, row.tool, re.sub(r"\s+", " ", note).lstrip("; ")]
    return "\t".join(map(str, cells)), [f"{row.path}: {problem}" for problem in wrong]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cells = [line.rstrip("\n").split("\t") for line in file]
    rows = sorted(Row(*line, *[""] * (len(Row._fields) - len(line))) for line in cells)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda row: manifest_row(row, sys.argv[2]), rows))
    with open("MANIFEST.tsv", "w", encoding="utf-8") as file:
        file.write("\n".join(["\t".join(COLUMNS), *(line for line, _ in done)]) + "\n")
    problems = [problem for _, found in done for problem in found]
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    print(f"{len(rows)} stores listed, {len(problems)} problems", file=sys.stderr)
    sys.exit(bool(problems))


main()
