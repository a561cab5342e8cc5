"""Builds what is measured, installs its peers, and makes the stores, each once."""
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
RELEASE = os.path.join(TARGET, "release")
PUBLIC_ROOTS = "/etc/ssl/certs/ca-certificates.crt"
PASSWORD = "changeit"
PACKAGES = {"keytool": "openjdk-17-jdk-headless", "openssl": "openssl", "strace": "strace", "cc": "gcc",
            "taskset": "util-linux"}


def tool(name):
    return os.path.join(RELEASE, name)


def say(text):
    """Progress, which is not the result."""
    print(f"compare: {text}", file=sys.stderr, flush=True)


class Workshop:
    """The folder of the stores, and the stores in it.

    It is on a disk, not in memory, because imports are to be measured with what it costs to get bytes to disk.
    What is only read is in the page cache for everybody.
    """

    def __init__(self, folder, sizes, million):
        self.folder = os.path.abspath(folder)
        self.sizes = sizes
        self.million = million
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8",
                            "TRUSTSTORE_PASSWORD": PASSWORD}
        self.truststore = self.path("bin", "truststore")
        os.makedirs(os.path.join(self.folder, "work"), exist_ok=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, *words, **options):
        done = subprocess.run(words, env=options.pop("env", self.environment), capture_output=True, text=True,
                              **options)
        if done.returncode != 0:
            sys.exit(f"compare: {' '.join(words)} ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def once(self, name, make):
        """Makes a file or folder under another name, so that half of it is never taken for the whole."""
        path = self.path(name)
        if not os.path.exists(path):
            say(f"makes {name}")
            # The ending stays: openssl and we look at it.
            half = self.path("half-" + name)
            shutil.rmtree(half, ignore_errors=True)
            make(half)
            os.rename(half, path)
        return path

    def build(self):
        """The command and the helpers, as they are released."""
        cargo = ["cargo", "build", "--release", "--locked", "--target-dir", TARGET]
        for what, where in (("truststore", ROOT), ("peers", os.path.join(ROOT, "benches", "peers"))):
            say(f"builds {what}")
            if subprocess.run([*cargo, "--bins"], cwd=where, stdout=sys.stderr).returncode != 0:
                sys.exit(f"compare: cannot build {what}")
        # As `install` and `dpkg` put it there, like the peers. What a linker has just written stands in the page
        # cache in single pages, so that its start takes 0.1 ms longer until it is read from the disk again.
        os.makedirs(os.path.dirname(self.truststore), exist_ok=True)
        shutil.copy(tool("truststore"), self.truststore)

    def install(self):
        """Debian's packages and a virtual environment with pyjks."""
        missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
        if not os.path.exists(PUBLIC_ROOTS):
            missing.append("ca-certificates")
        if missing:
            say(f"installs {' '.join(missing)}")
            root = [] if os.geteuid() == 0 else ["sudo"]
            for words in (["apt-get", "update", "-qq"],
                          ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]):
                subprocess.run([*root, *words], check=True, stdout=sys.stderr)
        self.python = self.path("venv", "bin", "python")
        if not os.path.exists(self.python):
            say("installs pyjks")
            subprocess.run([sys.executable, "-m", "venv", self.path("venv")], check=True)
        # pyjks is pure Python, but for the ciphers of formats that are not measured here.
        subprocess.run([self.python, "-m", "pip", "install", "-q", "pyjks==20.0.0"], check=True,
                       stdout=sys.stderr)

    def make(self):
        """Every store: N.jks and N.p12 of made certificates, 1 and 150 with public roots."""
        self.roots = self.public_roots()
        self.one = os.path.join(ROOT, "testdata", "inputs", "corp-root.pem")
        template, key = self.template()
        largest = max(self.sizes)
        self.once(f"{largest}.jks", lambda out: self.run(
            tool("peers"), "certificates", template, key, str(largest), "signed", out))
        for size in self.sizes:
            self.once(f"{size}.jks", lambda out, size=size: self.run(
                tool("peers"), "take", self.path(f"{largest}.jks"), str(size), out))
        if self.million:
            self.once("1000000.jks", lambda out: self.run(
                tool("peers"), "certificates", template, key, "1000000", "unsigned", out))
        self.once("pem-6", lambda out: self.pem("6", out))
        for count in (1, 150):
            files = (self.roots + sorted(self.files("pem-6")))[:count]
            self.once(f"{count}.pem", lambda out, files=files: concatenate(files, out))
            for kind in ("jks", "p12"):
                self.once(f"{count}.{kind}", lambda out, count=count, kind=kind: self.run(
                    self.truststore, "import", "-k", out, "--type", {"jks": "jks", "p12": "pkcs12"}[kind],
                    "--file", self.path(f"{count}.pem"), "--alias", "root"))
        for size in [*self.sizes, *([1_000_000] if self.million else [])]:
            self.once(f"{size}.p12", lambda out, size=size: self.run(
                self.truststore, "convert", "-k", self.path(f"{size}.jks"), "--to", "pkcs12", "--out", out,
                *self.without_read_back("convert"), *beyond_defaults(size)))
        for small, size in zip(("small", "middle", "large"), self.sizes):
            for kind in ("jks", "p12"):
                name = self.path(f"{small}.{kind}")
                if os.path.lexists(name):
                    os.remove(name)
                os.symlink(f"{size}.{kind}", name)

    def without_read_back(self, verb):
        """The option that leaves the independent reader out, if the verb has it."""
        return ["--no-read-back"] if "--no-read-back" in self.run(self.truststore, verb, "--help") else []

    def template(self):
        """A self-signed certificate of about 1,000 octets whose names have a place for a number."""
        key = self.once("template.key", lambda out: self.run(
            "openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-outform", "DER",
            "-out", out))
        name = "/C=CH/O=Example Corporation for Trust/OU=Certification Services 0123456/CN=Example Global Root Authority 0123456"
        certificate = self.once("template.der", lambda out: self.run(
            "openssl", "req", "-x509", "-new", "-key", key, "-keyform", "DER", "-sha256", "-days", "7300",
            "-subj", name, "-set_serial", "0x11223344556677881122334455667788",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-outform", "DER", "-out", out))
        return certificate, key

    def public_roots(self):
        """The roots of Debian's ca-certificates, a file each."""
        def split(out):
            os.makedirs(out)
            with open(PUBLIC_ROOTS) as file:
                found = re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", file.read(), re.S)
            for number, text in enumerate(found, 1):
                with open(os.path.join(out, f"public-{number:03}.pem"), "w") as file:
                    file.write(text)
        self.once("public-roots", split)
        return sorted(self.files("public-roots"))

    def pem(self, size, out):
        """A folder of so many PEM files."""
        store = self.path(f"{size}.jks")
        if not os.path.exists(store):
            self.run(tool("peers"), "take", self.path(f"{max(self.sizes)}.jks"), size, store)
        self.run(tool("peers"), "pem", store, out)

    def files(self, folder):
        return [self.path(folder, name) for name in os.listdir(self.path(folder))]

    def work(self, name):
        return self.path("work", name)

    def fresh(self, store, work):
        """Puts a copy of the store where it is edited, on disk before anybody's clock runs."""
        def copy():
            forget(work)
            shutil.copyfile(store, work)
            with open(work, "rb") as file:
                os.fsync(file.fileno())
        return copy


def forget(*paths):
    for path in paths:
        if os.path.lexists(path):
            os.remove(path)


def concatenate(files, out):
    with open(out, "w") as whole:
        for name in files:
            with open(name) as file:
                whole.write(file.read())


def beyond_defaults(size):
    """The options for a store of so many entries, where the defaults would refuse it."""
    return ["--max-entries", "4000000", "--max-size", "8000000000"] if size > 200_000 else []
