#!/usr/bin/env bash
# Makes inputs/: certificates and bundles as people really have them, good, odd and damaged.
# Called by generate.sh, in testdata/. openssl and keytool only (iconv and python3 re-code text).
set -euo pipefail

out=inputs
work=$1
rm -rf "$out"
mkdir -p "$out/folder/sub"

ROOT=$'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash'
ISSUING=$'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid'
LEAF=$'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=DNS:mail.example.com'
SELF_LEAF=$'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:mail.example.com'

# config EXTENSIONS: a complete openssl configuration on stdout, so the system's plays no part.
config() {
  cat <<CNF
[req]
prompt = no
distinguished_name = dn
[dn]
[ca]
default_ca = tests
[tests]
database = $work/index.txt
serial = $work/serial
new_certs_dir = $work
policy = any
default_md = default
unique_subject = no
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
${1:+[ext]}
${1-}
CNF
}

new_key() { # file algorithm [option...]
  local file=$1 algorithm=$2
  shift 2
  openssl genpkey -algorithm "$algorithm" "$@" -out "$file" 2>/dev/null
}

p256() { new_key "$1" EC -pkeyopt ec_paramgen_curve:P-256; }

# sign NAME SUBJECT EXTENSIONS [openssl ca option...]: $out/NAME.pem for $work/NAME.key.
# Dates are fixed, and serial numbers follow from the name, unless $serial says otherwise.
sign() {
  local name=$1 subject=$2 extensions=$3
  shift 3
  local options=()
  if [ -n "$extensions" ]; then options=(-extensions ext); fi
  config "$extensions" >"$work/openssl.cnf"
  : >"$work/index.txt"
  echo "${serial:-5$(printf '%s' "$name" | sha256sum | head -c 15)}" >"$work/serial"
  openssl req -new -utf8 -key "$work/$name.key" -subj "$subject" -config "$work/openssl.cnf" \
    -out "$work/req.csr"
  openssl ca -batch -notext -utf8 -preserveDN -config "$work/openssl.cnf" "${options[@]}" \
    -in "$work/req.csr" -out "$out/$name.pem" \
    -startdate 20240101000000Z -enddate 20440101000000Z "$@" 2>"$work/openssl.err" ||
    { cat "$work/openssl.err" >&2; return 1; }
}

self_signed() { sign "$@" -selfsign -keyfile "$work/$1.key"; }

# issued NAME SUBJECT EXTENSIONS ISSUER
issued() { sign "$1" "$2" "$3" -cert "$out/$4.pem" -keyfile "$work/$4.key"; }

der() { openssl x509 -in "$out/$1.pem" -outform DER; }

# A certificate authority, its namesake with another key, an intermediate, a server.
subject='/C=CH/O=Example Corp/CN=Corp Root CA'
for name in corp-root corp-root-2; do
  p256 "$work/$name.key"
  self_signed "$name" "$subject" "$ROOT"
done
der corp-root >"$out/corp-root.der"
p256 "$work/issuing.key"
issued issuing '/C=CH/O=Example Corp/CN=Corp Issuing CA' "$ISSUING" corp-root
p256 "$work/server.key"
issued server '/C=CH/O=Example Corp/CN=mail.example.com' "$LEAF" issuing
cp "$work/server.key" "$out/server-key.pem"

# More roots, for bundles. One is RSA.
for letter in a b; do
  p256 "$work/root-$letter.key"
  self_signed "root-$letter" "/C=CH/O=Example Corp/CN=Example Root ${letter^^}" "$ROOT"
done
new_key "$work/root-rsa.key" RSA -pkeyopt rsa_keygen_bits:2048
self_signed root-rsa '/C=CH/O=Example Corp/CN=Example Root RSA' "$ROOT"

# Bundles of several shapes.
cat "$out/corp-root.pem" "$out/server.pem" "$out/issuing.pem" >"$out/chain.pem"
{
  printf '# Roots of Example Corp, collected by hand.\n\n'
  for name in corp-root corp-root-2 root-a root-b root-rsa; do
    printf '%s\n====\n' "$name"
    openssl x509 -in "$out/$name.pem" -text
    printf '\n'
  done
} >"$out/bundle.pem"
sed 's/$/\r/' "$out/bundle.pem" >"$out/bundle-crlf.pem"
{ printf '\xef\xbb\xbf'; cat "$out/bundle.pem"; } >"$out/bundle-utf8bom.pem"
{ printf '\xff\xfe'; iconv -f UTF-8 -t UTF-16LE "$out/bundle-crlf.pem"; } >"$out/bundle-utf16le.pem"
{ printf '\xfe\xff'; iconv -f UTF-8 -t UTF-16BE "$out/bundle-crlf.pem"; } >"$out/bundle-utf16be.pem"
base64 -w 64 "$out/corp-root.der" >"$out/bare-base64.txt"
openssl x509 -in "$out/corp-root.pem" -trustout -addtrust serverAuth -setalias 'Corp Root CA' \
  -out "$out/trusted.pem"
openssl crl2pkcs7 -nocrl -certfile "$out/bundle.pem" -out "$out/bundle.p7b"
openssl crl2pkcs7 -nocrl -certfile "$out/bundle.pem" -outform DER -out "$out/bundle-der.p7b"
cat "$out/server.pem" "$out/server-key.pem" >"$out/with-key.pem"
cp "$out/server-key.pem" "$out/key-only.pem"
{
  cat "$out/root-a.pem"
  printf -- '-----BEGIN CERTIFICATE-----\nMIIB!!!!this is not base64????\n-----END CERTIFICATE-----\n'
  cat "$out/root-b.pem"
} >"$out/one-bad.pem"
: >"$out/empty.pem"
head -c 200 "$out/corp-root.der" >"$out/truncated.der"

# Validity out of range: keytool can set the start, openssl 3.0 cannot.
dated() { # name subject start days
  keytool -genkeypair -alias x -keyalg EC -groupname secp256r1 -dname "$2" -startdate "$3" \
    -validity "$4" -ext bc:critical=ca:true -ext ku:critical=keyCertSign,cRLSign \
    -keystore "$work/$1.p12" -storepass changeit 2>/dev/null
  keytool -exportcert -rfc -alias x -keystore "$work/$1.p12" -storepass changeit 2>/dev/null |
    tr -d '\r' >"$out/$1.pem"
}
dated expired 'CN=Expired Root CA, O=Example Corp, C=CH' '2010/01/01 00:00:00' 365
dated notyet 'CN=Future Root CA, O=Example Corp, C=CH' '2045/01/01 00:00:00' 365

# Roots that are not what a root should be.
p256 "$work/not-ca.key"
self_signed not-ca '/CN=mail.example.com' "$SELF_LEAF"
p256 "$work/selfsigned-ca-server.key"
# The extensions that `openssl req -x509 -addext subjectAltName=...` gives everybody.
self_signed selfsigned-ca-server '/CN=mail.example.com' \
  $'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\nbasicConstraints=critical,CA:TRUE\nsubjectAltName=DNS:mail.example.com'
p256 "$work/no-keycertsign.key"
self_signed no-keycertsign '/C=CH/O=Example Corp/CN=No Cert Sign CA' \
  $'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature'
new_key "$work/weak-rsa1024.key" RSA -pkeyopt rsa_keygen_bits:1024
self_signed weak-rsa1024 '/C=CH/O=Example Corp/CN=Weak Root CA' "$ROOT"
for digest in sha1 md5; do
  new_key "$work/$digest-root.key" RSA -pkeyopt rsa_keygen_bits:2048
  self_signed "$digest-root" "/C=CH/O=Example Corp/CN=Old ${digest^^} Root CA" "$ROOT" -md "$digest"
done
p256 "$work/v1-root.key"
self_signed v1-root '/C=CH/O=Example Corp/CN=Version 1 Root CA' ''

# Other key types.
new_key "$work/p521-root.key" EC -pkeyopt ec_paramgen_curve:P-521
self_signed p521-root '/C=CH/O=Example Corp/CN=P-521 Root CA' "$ROOT" -md sha512
new_key "$work/ed25519-root.key" ED25519
self_signed ed25519-root '/C=CH/O=Example Corp/CN=Ed25519 Root CA' "$ROOT"
new_key "$work/ed448-root.key" ED448
self_signed ed448-root '/C=CH/O=Example Corp/CN=Ed448 Root CA' "$ROOT"
new_key "$work/pss-root.key" RSA-PSS -pkeyopt rsa_keygen_bits:2048
self_signed pss-root '/C=CH/O=Example Corp/CN=RSA-PSS Root CA' "$ROOT"

# Names that a terminal or a page would act on.
p256 "$work/unicode-subject.key"
self_signed unicode-subject '/C=CH/O=Müller Söhne AG/OU=中央认证/CN=Prüfstelle 🔐 CA' "$ROOT"
p256 "$work/hostile-subject.key"
self_signed hostile-subject \
  $'/C=CH/O=Example Corp/CN=\e[31mred\e[0m\ntwo \u202egnp.live\u202c <b onclick=x>&amp;<\\/b>' "$ROOT"

# One bit of the signature flipped: the last byte of the file belongs to it.
python3 - "$out/root-rsa.pem" "$out/bad-signature.pem" <<'PY'
import ssl, sys
der = bytearray(ssl.PEM_cert_to_DER_cert(open(sys.argv[1]).read()))
der[-1] ^= 1
open(sys.argv[2], "w").write(ssl.DER_cert_to_PEM_cert(bytes(der)))
PY

# A serial number of 30 bytes: Java and openssl take it, RFC 5280 (and strict parsers) do not.
p256 "$work/unparsable.key"
serial=$(printf '5a%.0s' {1..30}) \
  self_signed unparsable '/C=CH/O=Example Corp/CN=Long Serial Root CA' "$ROOT"

# A folder as people keep one.
cp "$out/corp-root.pem" "$out/folder/corp-root.pem"
cp "$out/root-a.pem" "$out/folder/root-a.crt"
der root-b >"$out/folder/root-b.cer"
der root-rsa >"$out/folder/root-rsa.der"
openssl crl2pkcs7 -nocrl -certfile "$out/issuing.pem" -certfile "$out/corp-root-2.pem" \
  -out "$out/folder/two.p7b"
cp "$out/p521-root.pem" "$out/folder/sub/p521-root.pem"
printf 'Certificates of Example Corp. This file is not one of them.\n' >"$out/folder/README.txt"
