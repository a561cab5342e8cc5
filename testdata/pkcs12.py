"""Writes PKCS#12 by hand: DER, the key derivations, bags and the outer layers.

Only what make_odd.py needs. Ciphers are openssl's, through its command line.
"""

import hashlib
import hmac as hmac_module
import subprocess

OIDS = {
    "data": "1.2.840.113549.1.7.1",
    "signedData": "1.2.840.113549.1.7.2",
    "encryptedData": "1.2.840.113549.1.7.6",
    "keyBag": "1.2.840.113549.1.12.10.1.1",
    "pkcs8ShroudedKeyBag": "1.2.840.113549.1.12.10.1.2",
    "certBag": "1.2.840.113549.1.12.10.1.3",
    "crlBag": "1.2.840.113549.1.12.10.1.4",
    "secretBag": "1.2.840.113549.1.12.10.1.5",
    "safeContentsBag": "1.2.840.113549.1.12.10.1.6",
    "x509Certificate": "1.2.840.113549.1.9.22.1",
    "sdsiCertificate": "1.2.840.113549.1.9.22.2",
    "x509Crl": "1.2.840.113549.1.9.23.1",
    "friendlyName": "1.2.840.113549.1.9.20",
    "localKeyId": "1.2.840.113549.1.9.21",
    "trustedKeyUsage": "2.16.840.1.113894.746875.1.1",
    "anyExtendedKeyUsage": "2.5.29.37.0",
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "pbes2": "1.2.840.113549.1.5.13",
    "pbkdf2": "1.2.840.113549.1.5.12",
    "pbmac1": "1.2.840.113549.1.5.14",
    "scrypt": "1.3.6.1.4.1.11591.4.11",
    "hmacWithSHA256": "1.2.840.113549.2.9",
    "hmacWithSHA512": "1.2.840.113549.2.11",
    "aes256-CBC": "2.16.840.1.101.3.4.1.42",
    "sha256": "2.16.840.1.101.3.4.2.1",
}

DEFAULT_SALT = bytes(range(20))
ITERATIONS = 10000


# DER


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def indefinite(tag, *parts):
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *parts)


def octets(value):
    return tlv(0x04, value)


def integer(value):
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def explicit(number, *parts):
    return tlv(0xA0 + number, *parts)


def bmp(text):
    return tlv(0x1E, text.encode("utf-16-be", "surrogatepass"))


NULL = b"\x05\x00"


def oid(name):
    arcs = [int(arc) for arc in OIDS.get(name, name).split(".")]
    out = bytearray()
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        piece = [arc & 0x7F]
        while arc := arc >> 7:
            piece.append(0x80 | arc & 0x7F)
        out += bytes(reversed(piece))
    return tlv(0x06, bytes(out))


# Keys and ciphers


def bmp_password(password):
    """RFC 7292, appendix B.1; None is the NULL password, of no bytes at all."""
    return b"" if password is None else password.encode("utf-16-be") + b"\0\0"


def pkcs12_kdf(purpose, password, salt, iterations, size, digest="sha256"):
    """RFC 7292, appendix B.2."""
    block = hashlib.new(digest).block_size

    def fill(value):
        return (value * (block // max(len(value), 1) + 2))[: -(-len(value) // block) * block]

    state = fill(salt) + fill(password)
    out = b""
    while len(out) < size:
        step = hashlib.new(digest, bytes([purpose]) * block + state).digest()
        for _ in range(iterations - 1):
            step = hashlib.new(digest, step).digest()
        out += step
        add = int.from_bytes(fill(step)[:block], "big") + 1
        state = b"".join(
            ((int.from_bytes(state[i : i + block], "big") + add) % (1 << 8 * block)).to_bytes(block, "big")
            for i in range(0, len(state), block)
        )
    return out[:size]


def aes_256_cbc(key, iv, plain):
    command = ["openssl", "enc", "-aes-256-cbc", "-K", key.hex(), "-iv", iv.hex()]
    return subprocess.run(command, input=plain, check=True, capture_output=True).stdout


def pbes2(plain, password, salt=DEFAULT_SALT, iterations=ITERATIONS, claimed=None, scrypt=False):
    """AlgorithmIdentifier and ciphertext. `claimed` is the iteration count written, if another."""
    iv = bytes(range(16))
    secret = password.encode()
    if scrypt:
        key = hashlib.scrypt(secret, salt=salt, n=16384, r=8, p=1, dklen=32)
        derive = seq(oid("scrypt"), seq(octets(salt), integer(16384), integer(8), integer(1)))
    else:
        key = hashlib.pbkdf2_hmac("sha256", secret, salt, iterations, 32)
        prf = seq(oid("hmacWithSHA256"), NULL)
        parameters = seq(octets(salt), integer(claimed or iterations), integer(32), prf)
        derive = seq(oid("pbkdf2"), parameters)
    algorithm = seq(oid("pbes2"), seq(derive, seq(oid("aes256-CBC"), octets(iv))))
    return algorithm, aes_256_cbc(key, iv, plain)


# Bags


def attribute(kind, *values):
    return seq(oid(kind), set_of(*values))


def friendly(name):
    return attribute("friendlyName", bmp(name))


TRUSTED = attribute("trustedKeyUsage", oid("anyExtendedKeyUsage"))


def bag(kind, value, *attributes):
    return seq(oid(kind), explicit(0, value), set_of(*sorted(attributes)) if attributes else b"")


def cert_bag(certificate, *attributes, kind="x509Certificate"):
    return bag("certBag", seq(oid(kind), explicit(0, octets(certificate))), *attributes)


def key_bag(private_key, password, *attributes):
    algorithm, cipher = pbes2(private_key, password)
    return bag("pkcs8ShroudedKeyBag", seq(algorithm, octets(cipher)), *attributes)


# Layers


def plain_safe(*bags):
    return seq(oid("data"), explicit(0, octets(seq(*bags))))


def encrypted_safe(password, *bags, **options):
    algorithm, cipher = pbes2(seq(*bags), password, **options)
    info = seq(oid("data"), algorithm, tlv(0x80, cipher))
    return seq(oid("encryptedData"), explicit(0, seq(integer(0), info)))


def mac_data(content, password, salt=DEFAULT_SALT, iterations=ITERATIONS, claimed=None):
    key = pkcs12_kdf(3, bmp_password(password), salt, iterations, 32)
    digest = hmac_module.digest(key, content, "sha256")
    info = seq(seq(oid("sha256"), NULL), octets(digest))
    return seq(info, octets(salt), integer(claimed or iterations))


def pbmac1_data(content, password, salt=DEFAULT_SALT, iterations=ITERATIONS, digest="sha256"):
    """RFC 9579: the real parameters are in the algorithm, MacData's own are there for form."""
    size = hashlib.new(digest).digest_size
    key = hashlib.pbkdf2_hmac(digest, password.encode(), salt, iterations, size)
    mac = seq(oid("hmacWith" + digest.upper()), NULL)
    derive = seq(oid("pbkdf2"), seq(octets(salt), integer(iterations), integer(size), mac))
    info = seq(seq(oid("pbmac1"), seq(derive, mac)), octets(hmac_module.digest(key, content, digest)))
    return seq(info, octets(b"NOT USED"), integer(1))


def pfx(*safes, password="changeit", mac=mac_data, **options):
    """A whole store. `mac` is a function like mac_data, or None."""
    content = seq(*safes)
    outer = seq(oid("data"), explicit(0, octets(content)))
    return seq(integer(3), outer, mac(content, password, **options) if mac else b"")
