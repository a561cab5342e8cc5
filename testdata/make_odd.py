#!/usr/bin/env python3
"""Makes stores/odd and hostile/: what no tool writes today, but some file out there holds.

Arguments: list to append a line per store to. Run by generate.sh, in testdata/.
A line's two last columns, aliases and fingerprints, are given where Java 17 cannot read the file.
"""

import hashlib
import pathlib
import shutil
import ssl
import struct
import subprocess
import sys
import tempfile

from pkcs12 import (
    TRUSTED, attribute, bag, bmp, cert_bag, encrypted_safe, explicit, friendly, indefinite, integer,
    key_bag, mac_data, octets, oid, pbes2, pbmac1_data, pfx, plain_safe, seq, tlv,
)

IN = pathlib.Path("inputs")
ODD = pathlib.Path("stores/odd")
HOSTILE = pathlib.Path("hostile")
LIST = open(sys.argv[1], "a", encoding="utf-8")
PASSWORD = "changeit"
CREATED = 1704067200000  # 2024-01-01T00:00:00Z


def certificate(name):
    return ssl.PEM_cert_to_DER_cert((IN / f"{name}.pem").read_text())


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout


def save(path, data, counts, note, expect="ok", password=PASSWORD, form="PKCS12", trusted=()):
    """Counts are trusted, keys, secrets, untrusted; `trusted` is (alias, DER), if Java cannot read it."""
    path.write_bytes(data)
    aliases = ";".join(sorted(alias for alias, _ in trusted))
    prints = ";".join(f"{alias}={hashlib.sha256(der).hexdigest()}" for alias, der in sorted(trusted))
    row = [str(path), form, password, expect, *map(str, counts), "python", note, aliases, prints]
    LIST.write("\t".join(row) + "\n")


def odd(name, data, counts, note, **options):
    save(ODD / name, data, counts, note, **options)


def refused(name, data, note, **options):
    odd(name, data, (0, 0, 0, 0), note, expect="refused", **options)


def damaged(name, data, note, expect="damaged", **options):
    options.setdefault("form", {".jks": "JKS", ".jceks": "JCEKS"}.get(pathlib.Path(name).suffix, "PKCS12"))
    save(HOSTILE / name, data, (0, 0, 0, 0), note, expect=expect, **options)


root, root_a, root_b = certificate("corp-root"), certificate("root-a"), certificate("root-b")
server, issuing = certificate("server"), certificate("issuing")
server_key = openssl("pkcs8", "-topk8", "-nocrypt", "-in", str(IN / "server-key.pem"), "-outform", "DER")


def trusted_bag(der, name):
    return cert_bag(der, friendly(name), TRUSTED)


KEY_ID = attribute("localKeyId", octets(b"Time 1704067200000"))


def make_bags():
    first = trusted_bag(root, "corp-root")
    crl = bag("crlBag", seq(oid("x509Crl"), explicit(0, octets(make_crl()))), friendly("a crl"))
    odd("crl-bag.p12", pfx(plain_safe(first, crl)), (1, 0, 0, 0), "a CRL beside a trusted certificate")

    secret = seq(oid("1.3.6.1.4.1.99999.1"), explicit(0, octets(b"not a key")))
    odd("secret-bag-unknown-type.p12", pfx(plain_safe(first, bag("secretBag", secret, friendly("other")))),
        (1, 0, 1, 0), "secretBag with a secretTypeId of its own")
    odd("unknown-bag-type.p12",
        pfx(plain_safe(first, bag("1.3.6.1.4.1.99999.2", octets(b"what is this"), friendly("unknown")))),
        (1, 0, 0, 0), "a bag type nobody knows")
    nested = bag("safeContentsBag", seq(trusted_bag(root_a, "nested")))
    odd("nested-safe-contents.p12", pfx(plain_safe(first, nested)), (1, 0, 0, 0),
        "safeContentsBag with a trusted certificate in it: Java does not look inside")
    odd("sdsi-cert-bag.p12",
        pfx(plain_safe(first, cert_bag(b"(sdsi)", friendly("sdsi"), kind="sdsiCertificate"))),
        (1, 0, 0, 0), "certBag of type sdsiCertificate", trusted=[("corp-root", root)])
    odd("unknown-attributes.p12",
        pfx(plain_safe(cert_bag(root, friendly("corp-root"), TRUSTED,
                                attribute("1.3.6.1.4.1.99999.3", bmp("kept?"), octets(b"\0\1")),
                                attribute("1.3.6.1.4.1.311.17.1", bmp("Some Provider"))))),
        (1, 0, 0, 0), "attributes of other makers beside the trust attribute")
    odd("trust-server-auth.p12",
        pfx(plain_safe(cert_bag(root, friendly("corp-root"), attribute("trustedKeyUsage", oid("serverAuth"))))),
        (1, 0, 0, 0), "trust attribute with serverAuth instead of anyExtendedKeyUsage")
    odd("trust-empty-set.p12",
        pfx(plain_safe(cert_bag(root, friendly("corp-root"), attribute("trustedKeyUsage")))),
        (1, 0, 0, 0), "trust attribute with an empty set of values", trusted=[("corp-root", root)])
    odd("unparsable-cert.p12", pfx(plain_safe(first, trusted_bag(b"\x30\x03\x02\x01\x01", "junk"))),
        (2, 0, 0, 0), "a trusted certificate that is no certificate",
        trusted=[("corp-root", root), ("junk", b"\x30\x03\x02\x01\x01")])


def make_names():
    odd("same-name.p12", pfx(plain_safe(trusted_bag(root, "twin"), trusted_bag(root_a, "twin"))),
        (1, 0, 0, 0), "two entries with one friendlyName: Java keeps the last")
    odd("same-name-but-case.p12", pfx(plain_safe(trusted_bag(root, "Twin"), trusted_bag(root_a, "tWIN"))),
        (1, 0, 0, 0), "friendlyNames Twin and tWIN: Java keeps the last")
    odd("no-name.p12", pfx(plain_safe(cert_bag(root, TRUSTED), cert_bag(root_a, TRUSTED), cert_bag(root_b))),
        (2, 0, 0, 1), "no friendlyName: two with and one without the trust attribute")
    odd("untrusted-and-trusted.p12",
        pfx(plain_safe(trusted_bag(root, "seen"), cert_bag(root_a, friendly("unseen")))),
        (1, 0, 0, 1), "one certificate with and one without the trust attribute")
    odd("empty-name.p12", pfx(plain_safe(trusted_bag(root, ""))), (1, 0, 0, 0), "friendlyName is empty")
    odd("space-in-name.p12", pfx(plain_safe(trusted_bag(root, " Corp Root CA (2024) "))),
        (1, 0, 0, 0), "friendlyName with blanks, also around")


def make_layers():
    one = trusted_bag(root, "corp-root")
    odd("several-safes.p12",
        pfx(plain_safe(one), encrypted_safe(PASSWORD, trusted_bag(root_a, "root-a")),
            plain_safe(trusted_bag(root_b, "root-b"))),
        (3, 0, 0, 0), "three SafeContents: plain, encrypted, plain")
    odd("no-safes.p12", pfx(), (0, 0, 0, 0), "no SafeContents at all")
    odd("empty-safe.p12", pfx(plain_safe()), (0, 0, 0, 0), "a SafeContents without bags")
    odd("long-salt.p12", pfx(encrypted_safe(PASSWORD, one, salt=bytes(range(64))), salt=bytes(range(128))),
        (1, 0, 0, 0), "salts of 64 and 128 bytes")
    odd("trailing-bytes.p12", pfx(plain_safe(one)) + b"\0\r\ntrailing", (1, 0, 0, 0), "bytes after the PFX")
    odd("mac-null-password.p12", pfx(plain_safe(one), password=None), (1, 0, 0, 0),
        "MAC made with the NULL password (no bytes)", password="<empty>")
    odd("mac-empty-password.p12", pfx(plain_safe(one), password=""), (1, 0, 0, 0),
        "MAC made with the empty password (two zero bytes)", password="<empty>")
    odd("no-mac-plain.p12", pfx(plain_safe(one), mac=None), (1, 0, 0, 0), "no encryption, no MAC",
        password="<none>")
    odd("ber-indefinite.p12", ber(seq(plain_safe(one), encrypted_safe(PASSWORD, trusted_bag(root_a, "root-a")))),
        (2, 0, 0, 0), "indefinite lengths, OCTET STRINGs in pieces, MAC over the value")
    odd("ber-ciphertext-pieces.p12", pfx(pieces_safe(one)), (1, 0, 0, 0),
        "encryptedContent in pieces (constructed, indefinite)")
    for digest in ("sha256", "sha512"):
        odd(f"pbmac1-{digest}.p12",
            pfx(encrypted_safe(PASSWORD, one, trusted_bag(root_a, "root-a")), mac=pbmac1_data, digest=digest),
            (2, 0, 0, 0), f"PBMAC1 (RFC 9579) with {digest}",
            trusted=[("corp-root", root), ("root-a", root_a)])
    refused("scrypt.p12", pfx(encrypted_safe(PASSWORD, one, scrypt=True)), "certificates under scrypt")
    refused("signed-authsafe.p12", signed(seq(plain_safe(one))), "authSafe is signedData (public-key integrity)")
    refused("enveloped-safe.p12", pfx(enveloped(seq(one))), "inner envelopedData (public-key privacy)")
    refused("version-4.p12", version(4, one), "PFX version 4")


def make_keys():
    chain = cert_bag(server, friendly("server"), KEY_ID)
    other = key_bag(server_key, "keypass-other", friendly("server"), KEY_ID)
    odd("key-other-password.p12", pfx(encrypted_safe(PASSWORD, chain), plain_safe(other)), (0, 1, 0, 0),
        "key password is keypass-other")
    unlinked = key_bag(server_key, PASSWORD, friendly("server"))
    odd("key-without-local-key-id.p12",
        pfx(encrypted_safe(PASSWORD, cert_bag(server, friendly("server"))), plain_safe(unlinked)), (0, 1, 0, 0),
        "private key without localKeyId, certificate of the same name")
    bare = bag("keyBag", server_key, friendly("server"), KEY_ID)
    odd("key-unencrypted.p12", pfx(plain_safe(bare, chain)), (0, 0, 0, 0),
        "keyBag, a private key in the clear: Java does not see it, nor then its chain")
    lone = key_bag(server_key, PASSWORD, friendly("lone"), KEY_ID)
    odd("key-without-certificate.p12", pfx(plain_safe(lone, trusted_bag(root, "corp-root"))), (1, 1, 0, 0),
        "private key without certificate")
    odd("key-chain-root-trusted.p12",
        pfx(plain_safe(key_bag(server_key, PASSWORD, friendly("server"), KEY_ID), chain,
                       cert_bag(issuing), trusted_bag(root, "corp-root"))), (1, 1, 0, 0),
        "the root of the key's chain is also a trusted entry")


def version(number, *bags):
    content = seq(plain_safe(*bags))
    return seq(integer(number), seq(oid("data"), explicit(0, octets(content))), mac_data(content, PASSWORD))


def make_crl():
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "ca.cnf")
        pathlib.Path(folder, "index.txt").touch()
        config.write_text(f"[ca]\ndefault_ca=c\n[c]\ndatabase={folder}/index.txt\ndefault_md=sha256\n")
        key = pathlib.Path(folder, "key.pem")
        key.write_bytes((IN / "server-key.pem").read_bytes())
        pem = openssl("ca", "-gencrl", "-config", str(config), "-keyfile", str(key), "-cert", str(IN / "server.pem"),
                      "-crldays", "1000")
        return openssl("crl", "-outform", "DER", data=pem)


def ber(content):
    """A PFX around `content` the BER way; the MAC covers the value, not the pieces."""
    half = len(content) // 2
    pieces = indefinite(0x24, octets(content[:half]), octets(content[half:]))
    outer = indefinite(0x30, oid("data"), indefinite(0xA0, pieces))
    return indefinite(0x30, integer(3), outer, mac_data(content, PASSWORD))


def pieces_safe(*bags):
    algorithm, cipher = pbes2(seq(*bags), PASSWORD)
    content = indefinite(0xA0, octets(cipher[:100]), octets(b""), octets(cipher[100:]))
    info = indefinite(0x30, oid("data"), algorithm, content)
    return indefinite(0x30, oid("encryptedData"), indefinite(0xA0, indefinite(0x30, integer(0), info)))


def signed(content):
    cms = openssl("cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-outform", "DER",
                  "-signer", str(IN / "server.pem"), "-inkey", str(IN / "server-key.pem"), data=content)
    return seq(integer(3), cms)


def enveloped(content):
    return openssl("cms", "-encrypt", "-binary", "-aes256", "-outform", "DER",
                   str(IN / "root-rsa.pem"), data=content)


# JKS and JCEKS


def utf(text):
    return struct.pack(">H", len(text)) + text


def trusted_entry(der, alias, version=2):
    kind = utf(b"X.509") if version == 2 else b""
    return struct.pack(">I", 2) + utf(alias) + struct.pack(">Q", CREATED) + kind + struct.pack(">I", len(der)) + der


def key_entry(blob, chain, alias, version=2):
    out = struct.pack(">I", 1) + utf(alias) + struct.pack(">Q", CREATED)
    out += struct.pack(">I", len(blob)) + blob + struct.pack(">I", len(chain))
    for der in chain:
        out += (utf(b"X.509") if version == 2 else b"") + struct.pack(">I", len(der)) + der
    return out


def jks(*entries, version=2, count=None, magic=0xFEEDFEED):
    body = struct.pack(">III", magic, version, len(entries) if count is None else count) + b"".join(entries)
    return body + jks_digest(body)


def jks_digest(body):
    return hashlib.sha1(PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()


def jks_protected_key(plain):
    """Sun's JKS key protection: XOR with a chain of SHA-1, and a SHA-1 of the plain key behind."""
    secret = PASSWORD.encode("utf-16-be")
    salt = bytes(range(20))
    stream, step = b"", salt
    while len(stream) < len(plain):
        step = hashlib.sha1(secret + step).digest()
        stream += step
    cipher = bytes(a ^ b for a, b in zip(plain, stream))
    check = hashlib.sha1(secret + plain).digest()
    return seq(seq(oid("1.3.6.1.4.1.42.2.17.1.1"), b"\x05\x00"), octets(salt + cipher + check))


def make_java_stores():
    blob = jks_protected_key(server_key)
    odd("version-1.jks", jks(trusted_entry(root, b"corp-root", 1), trusted_entry(root_a, b"root-a", 1), version=1),
        (2, 0, 0, 0), "JKS version 1: no certificate types", form="JKS")
    odd("version-1-key.jks",
        jks(trusted_entry(root, b"corp-root", 1), key_entry(blob, [server, issuing, root], b"server", 1), version=1),
        (1, 1, 0, 0), "JKS version 1 with a private key", form="JKS")
    odd("version-1.jceks", jks(trusted_entry(root, b"corp-root", 1), version=1, magic=0xCECECECE),
        (1, 0, 0, 0), "JCEKS version 1", form="JCEKS")
    odd("same-alias.jks", jks(trusted_entry(root, b"twin"), trusted_entry(root_a, b"twin")), (1, 0, 0, 0),
        "one alias twice: Java keeps the last", form="JKS")
    odd("unparsable-cert.jks", jks(trusted_entry(root, b"corp-root"), trusted_entry(b"\x30\x03\x02\x01\x01", b"junk")),
        (2, 0, 0, 0), "a certificate that is none", form="JKS",
        trusted=[("corp-root", root), ("junk", b"\x30\x03\x02\x01\x01")])
    odd("key-without-chain.jks", jks(key_entry(blob, [], b"lone"), trusted_entry(root, b"corp-root")), (1, 1, 0, 0),
        "private key with a chain of none: keytool -list calls it a secret key", form="JKS")
    odd("certificate-type.jks", jks(trusted_entry(root, b"corp-root").replace(utf(b"X.509"), utf(b"X509"))),
        (1, 0, 0, 0), "certificate type X509 instead of X.509", form="JKS")
    body = jks(trusted_entry(root, b"corp-root"))
    odd("trailing-bytes.jks", body + b"trailing", (1, 0, 0, 0), "bytes after the digest", form="JKS")


# Damage


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :]


def make_hostile():
    stores = {ext: pathlib.Path(f"stores/keytool/three.{ext}").read_bytes() for ext in ("jks", "jceks", "p12")}
    for ext, data in stores.items():
        damaged(f"truncated.{ext}", data[: len(data) // 2], "the first half of a store")
        damaged(f"one-byte-short.{ext}", data[:-1], "the last byte is missing")
        damaged(f"flipped.{ext}", flip(data, len(data) // 2), "one bit flipped in the middle")
        damaged(f"empty.{ext}", b"", "no bytes")
        damaged(f"four-bytes.{ext}", data[:4], "the first four bytes")
    damaged("flipped-digest.jks", flip(stores["jks"], len(stores["jks"]) - 1), "one bit of the digest flipped")
    damaged("zeros.p12", bytes(4096), "4096 zero bytes")
    damaged("page.p12", b"<!DOCTYPE html><title>Sign in</title>", "a web page, as a proxy answers")

    entry = trusted_entry(root, b"corp-root")
    damaged("count-max.jks", jks(entry, count=0xFFFFFFFF), "entry count 2^32-1")
    damaged("count-2g.jks", jks(entry, count=0x7FFFFFFF), "entry count 2^31-1")
    damaged("count-too-small.jks", jks(entry, entry, count=1), "entry count 1, two entries")
    key = struct.pack(">I", 1) + utf(b"k") + struct.pack(">Q", CREATED) + struct.pack(">I", 1) + b"\0"
    damaged("chain-max.jks", jks(key + struct.pack(">I", 0xFFFFFFFF)), "chain of 2^32-1 certificates")
    huge = struct.pack(">I", 2) + utf(b"a") + struct.pack(">Q", CREATED) + utf(b"X.509")
    damaged("length-huge.jks", jks(huge + struct.pack(">I", 0x7FFFFFFF) + bytes(20)),
            "certificate length 2^31-1 in a short file")
    damaged("length-negative.jks", jks(huge + struct.pack(">I", 0xFFFFFFFF) + bytes(20)),
            "certificate length 2^32-1 in a short file")
    damaged("alias-too-long.jks", jks(entry.replace(struct.pack(">H", 9), struct.pack(">H", 0xFFFF), 1)),
            "alias length 65535, nine bytes there")
    damaged("alias-too-short.jks", jks(entry.replace(struct.pack(">H", 9), struct.pack(">H", 3), 1)),
            "alias length 3, nine bytes there")
    damaged("alias-bad-utf.jks", jks(trusted_entry(root, b"a\xff\xfeb")), "alias is not modified UTF-8")
    damaged("tag-unknown.jks", jks(struct.pack(">I", 9) + entry[4:]), "entry of kind 9")
    damaged("version-3.jks", jks(entry, version=3), "JKS version 3", expect="refused")
    damaged("secret-in-jks.jks", jks(struct.pack(">I", 3) + utf(b"s") + bytes(8) + b"\xac\xed\0\5sr"),
            "entry of kind 3 (secret) in a JKS")
    damaged("secret-cut.jceks", jks(struct.pack(">I", 3) + utf(b"s") + bytes(8) + b"\xac\xed\0\5sr\0\x20",
                                    magic=0xCECECECE), "serialized secret that ends early")
    nest = b"\xac\xed\0\5" + b"ur\0\x13[Ljava.lang.Object;\x90\xceX\x9f\x10s)l\x02\0\0xp\0\0\0\1" * 2000
    damaged("secret-deep.jceks", jks(struct.pack(">I", 3) + utf(b"s") + bytes(8) + nest, magic=0xCECECECE),
            "serialized arrays, 2000 deep")
    array = b"\xac\xed\0\5ur\0\2[B\xac\xf3\x17\xf8\6\x08T\xe0\2\0\0xp\x7f\xff\xff\xff"
    damaged("secret-huge-array.jceks", jks(struct.pack(">I", 3) + utf(b"s") + bytes(8) + array, magic=0xCECECECE),
            "serialized byte array of 2^31-1")

    one = trusted_bag(root, "corp-root")
    content = seq(plain_safe(one))
    damaged("length-huge.p12", b"\x30\x84\x7f\xff\xff\xff\2\1\3" + bytes(91), "PFX of 2^31-1 bytes in 100")
    damaged("length-64-bit.p12", b"\x30\x88" + b"\xff" * 8 + b"\2\1\3" + bytes(87), "PFX of 2^64-1 bytes in 100")
    damaged("mac-iterations-max.p12", pfx(plain_safe(one), claimed=0x7FFFFFFF), "MAC: 2^31-1 iterations",
            expect="refused")
    damaged("mac-iterations-64-bit.p12", pfx(plain_safe(one), claimed=1 << 62), "MAC: 2^62 iterations",
            expect="refused")
    damaged("mac-iterations-negative.p12", pfx(plain_safe(one), claimed=-5), "MAC: -5 iterations")
    damaged("pbe-iterations-max.p12", pfx(encrypted_safe(PASSWORD, one, claimed=0x7FFFFFFF)),
            "PBKDF2: 2^31-1 iterations", expect="refused")
    damaged("pbe-iterations-negative.p12", pfx(encrypted_safe(PASSWORD, one, claimed=-5)), "PBKDF2: -5 iterations")
    damaged("mac-empty-digest.p12",
            seq(integer(3), seq(oid("data"), explicit(0, octets(content))),
                seq(seq(seq(oid("sha256"), b"\x05\x00"), octets(b"")), octets(b"salt"), integer(1))),
            "MAC of no bytes")
    damaged("not-pfx.p12", seq(integer(3)), "a SEQUENCE with a version and no more")
    damaged("pkcs7.p12", (IN / "bundle-der.p7b").read_bytes(), "a PKCS#7 bundle under the wrong name")
    damaged("certificate.p12", root, "a certificate under the wrong name")
    damaged("deep-ber.p12", b"\x30\x80" * 20000, "indefinite SEQUENCEs, 20000 deep, never closed")
    damaged("deep-octets.p12", seq(integer(3), seq(oid("data"), explicit(0, b"\x24\x80" * 20000 + b"\0\0" * 20000))),
            "constructed OCTET STRINGs, 20000 deep")
    bags = one
    for _ in range(500):
        bags = bag("safeContentsBag", seq(bags))
    damaged("deep-safe-contents.p12", pfx(plain_safe(bags)), "safeContentsBags, 500 deep", expect="refused")
    odd_name = cert_bag(root, attribute("friendlyName", tlv(0x1E, b"\0a\0")), TRUSTED)
    damaged("bmp-odd-length.p12", pfx(plain_safe(odd_name)), "friendlyName of three bytes")
    damaged("wrong-inner-length.p12", pfx(seq(oid("data"), explicit(0, octets(b"\x30\x7f\2\1")))),
            "SafeContents that claims more than it holds")


def main():
    for folder in (ODD, HOSTILE):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    make_bags()
    make_names()
    make_layers()
    make_keys()
    make_java_stores()
    make_hostile()


main()
