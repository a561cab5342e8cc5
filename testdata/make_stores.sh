#!/usr/bin/env bash
# Makes stores/keytool, stores/java, stores/openssl and stores/bouncycastle with the real tools,
# and writes one line per store to the list that make_manifest.py checks.
# Called by generate.sh, in testdata/.
set -euo pipefail

work=$1
list=$2
in=inputs
pass=changeit
rm -rf stores
mkdir -p stores/keytool stores/java stores/openssl stores/bouncycastle

# record PATH FORMAT PASSWORD EXPECT TRUSTED KEYS SECRETS UNTRUSTED TOOL NOTE [ALIASES]
# Aliases are for files which Java 17 cannot read; for all others it is asked.
record() { (IFS=$'\t'; printf '%s\n' "$*" >>"$list"); }

kt() { keytool "${jvm[@]}" "$@" 2>"$work/keytool.err" || { cat "$work/keytool.err" >&2; return 1; }; }
jvm=()
import() { # file type alias certificate [password]
  kt -importcert -noprompt -keystore "$1" -storetype "$2" -storepass "${5-$pass}" -alias "$3" -file "$in/$4.pem"
}

# A key with a chain of three, as a server would be given it.
cat "$in/issuing.pem" "$in/corp-root.pem" >"$work/above.pem"
cat "$in/server.pem" "$work/above.pem" >"$work/chain.pem"
openssl pkcs12 -export -in "$work/chain.pem" -inkey "$in/server-key.pem" -name server \
  -passout "pass:$pass" -out stores/openssl/key-chain.p12
record stores/openssl/key-chain.p12 PKCS12 $pass ok 0 1 0 0 openssl 'private key with a chain of three'

import_key() { # file type key-password
  kt -importkeystore -noprompt -srckeystore stores/openssl/key-chain.p12 -srcstorepass $pass \
    -srcalias server -destkeystore "$1" -deststoretype "$2" -deststorepass $pass -destkeypass "$3"
}

# keytool, the same set in every format.
for type in JKS JCEKS PKCS12; do
  case $type in PKCS12) ext=p12 ;; *) ext=${type,,} ;; esac
  f() { echo "stores/keytool/$1.$ext"; }

  import "$(f empty)" $type gone corp-root
  kt -delete -keystore "$(f empty)" -storepass $pass -alias gone
  record "$(f empty)" $type $pass ok 0 0 0 0 keytool 'one entry made and deleted'

  import "$(f one)" $type corp-root corp-root
  record "$(f one)" $type $pass ok 1 0 0 0 keytool ''

  for name in corp-root root-a root-rsa; do import "$(f three)" $type $name $name; done
  record "$(f three)" $type $pass ok 3 0 0 0 keytool ''

  import_key "$(f mixed)" $type $pass
  import "$(f mixed)" $type corp-root corp-root
  import "$(f mixed)" $type root-a root-a
  record "$(f mixed)" $type $pass ok 2 1 0 0 keytool 'private key with a chain of three, two trusted'

  import "$(f uppercase-alias)" $type Corp-Root-CA corp-root
  record "$(f uppercase-alias)" $type $pass ok 1 0 0 0 keytool 'alias typed as Corp-Root-CA'

  import "$(f nonascii-alias)" $type ä-root corp-root
  import "$(f nonascii-alias)" $type 中-root root-a
  import "$(f nonascii-alias)" $type 🔐-root root-b
  record "$(f nonascii-alias)" $type $pass ok 3 0 0 0 keytool 'aliases in Latin-1, CJK and beyond the BMP'

  import "$(f long-serial)" $type long-serial unparsable
  record "$(f long-serial)" $type $pass ok 1 0 0 0 keytool 'serial number of 30 bytes, which strict parsers refuse'

  import "$(f duplicate-cert)" $type first corp-root
  import "$(f duplicate-cert)" $type second corp-root
  record "$(f duplicate-cert)" $type $pass ok 2 0 0 0 keytool 'one certificate under two aliases'

  if [ $type != PKCS12 ]; then
    import_key "$(f keypass)" $type keypass-other
    import "$(f keypass)" $type corp-root corp-root
    record "$(f keypass)" $type $pass ok 1 1 0 0 keytool 'key password is keypass-other'
  fi
  if [ $type != JKS ]; then
    import "$(f secrets)" $type corp-root corp-root
    kt -genseckey -keyalg AES -keysize 256 -alias aes -keystore "$(f secrets)" -storepass $pass
    printf 'a secret text\na secret text\n' |
      kt -importpass -alias text -keystore "$(f secrets)" -storepass $pass
    record "$(f secrets)" $type $pass ok 1 0 2 0 keytool 'an AES key and a PBE password'
  fi
done

# keytool, PKCS#12 with every algorithm it can be told.
with() { # name note option...
  local file=stores/keytool/$1.p12 note=$2
  shift 2
  jvm=("${@/#/-J-Dkeystore.pkcs12.}")
  import_key "$file" PKCS12 $pass
  import "$file" PKCS12 corp-root corp-root
  jvm=()
  record "$file" PKCS12 "${password-$pass}" ok 1 1 0 0 keytool "$note"
}
with legacy '3DES, RC2-40, HmacPBESHA1' legacy=true
for mac in SHA1 SHA224 SHA256 SHA384 SHA512 SHA512/224 SHA512/256; do
  name=${mac,,}
  with "mac-${name//\//-}" "HmacPBE$mac" "macAlgorithm=HmacPBE$mac"
done
for hash in SHA1 SHA224 SHA256 SHA384 SHA512; do
  for bits in 128 256; do
    pbe=PBEWithHmac${hash}AndAES_$bits
    with "pbe-hmac${hash,,}-aes$bits" "$pbe" "certProtectionAlgorithm=$pbe" "keyProtectionAlgorithm=$pbe"
  done
done
for cipher in RC2_40 RC2_128 RC4_40 RC4_128 DESede; do
  pbe=PBEWithSHA1And$cipher
  name=${cipher,,}
  with "pbe-sha1-${name//_/-}" "$pbe" "certProtectionAlgorithm=$pbe" "keyProtectionAlgorithm=$pbe"
done
with iterations 'certificates 1, key 2, MAC 3 iterations' \
  certPbeIterationCount=1 keyPbeIterationCount=2 macIterationCount=3
with no-mac 'encrypted, no MAC' macAlgorithm=NONE
with plain-certs-mac 'certificates in the clear, MAC' certProtectionAlgorithm=NONE
jvm=(-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -J-Dkeystore.pkcs12.macAlgorithm=NONE)
import stores/keytool/passwordless.p12 PKCS12 corp-root corp-root
import stores/keytool/passwordless.p12 PKCS12 root-a root-a
jvm=()
record stores/keytool/passwordless.p12 PKCS12 '<none>' ok 2 0 0 0 keytool 'no encryption, no MAC'
password='<none>' with passwordless-key 'certificates in the clear, no MAC, key encrypted with changeit' \
  certProtectionAlgorithm=NONE macAlgorithm=NONE

# Java programs, for what keytool does not let one type.
java java/MakeStores.java stores/java $in "$list"

# openssl: certificates without Java's trust attribute, which Java does not see.
p12() { # name note trusted keys secrets untrusted openssl-option...
  local file=stores/openssl/$1.p12 note=$2 counts=("${@:3:4}")
  shift 6
  openssl pkcs12 -export -passout "pass:${password-$pass}" -out "$file" "$@"
  case ${password-$pass} in '') set -- '<empty>' ;; *) set -- "${password-$pass}" ;; esac
  record "$file" PKCS12 "$1" "${expect-ok}" "${counts[@]}" openssl "$note" ${aliases:+"$aliases"}
}
cat "$in/corp-root.pem" "$in/root-a.pem" "$in/root-rsa.pem" >"$work/three.pem"
one=(-nokeys -in "$in/corp-root.pem")
key=(-in "$in/server.pem" -certfile "$work/above.pem" -inkey "$in/server-key.pem" -name server)
p12 nokeys 'one certificate, no friendlyName, no trust attribute' 0 0 0 1 "${one[@]}"
p12 nokeys-named 'friendlyName, no trust attribute' 0 0 0 1 "${one[@]}" -caname 'Corp Root CA'
p12 nokeys-three 'three friendlyNames, no trust attribute' 0 0 0 3 -nokeys -in "$work/three.pem" \
  -caname one -caname two -caname three
p12 key-and-extra-root 'private key with its chain, and an unrelated root' 0 1 0 1 "${key[@]}" \
  -certfile <(cat "$work/above.pem" "$in/root-a.pem")
p12 key-no-chain 'private key and its certificate alone' 0 1 0 0 -in "$in/server.pem" \
  -inkey "$in/server-key.pem" -name Server
p12 key-unnamed 'private key without friendlyName' 0 1 0 0 -in "$in/server.pem" -inkey "$in/server-key.pem"
p12 key-legacy '-legacy: 3DES, RC2-40, SHA-1' 0 1 0 0 "${key[@]}" -legacy
p12 nomac 'no MAC, encrypted' 0 0 0 1 "${one[@]}" -nomac
p12 key-nomac 'no MAC, encrypted' 0 1 0 0 "${key[@]}" -nomac
p12 plain '-certpbe NONE -keypbe NONE, MAC; Java does not see the keyBag, nor then its chain' 0 0 0 0 "${key[@]}" -certpbe NONE -keypbe NONE
password='' p12 plain-nomac '-certpbe NONE -nomac, certificate only' 0 0 0 1 "${one[@]}" -certpbe NONE -nomac
p12 one-iteration '-iter 1 -nomaciter' 0 1 0 0 "${key[@]}" -iter 1 -nomaciter
for pbe in PBE-SHA1-RC2-40 PBE-SHA1-RC2-128 PBE-SHA1-RC4-40 PBE-SHA1-RC4-128 PBE-SHA1-2DES PBE-SHA1-3DES; do
  aliases=server p12 "${pbe,,}" "$pbe" 0 1 0 0 "${key[@]}" -legacy -certpbe $pbe -keypbe $pbe
done
for cipher in AES-128-CBC AES-192-CBC AES-256-CBC DES-EDE3-CBC; do
  aliases=server p12 "pbes2-${cipher,,}" "PBES2 $cipher" 0 1 0 0 "${key[@]}" -certpbe $cipher -keypbe $cipher
done
expect=refused p12 pbes2-camellia-256-cbc 'PBES2 CAMELLIA-256-CBC: not supported, to be named' \
  0 0 0 0 "${one[@]}" -certpbe CAMELLIA-256-CBC
for mac in sha1 sha224 sha256 sha384 sha512; do
  p12 "mac-$mac" "-macalg $mac" 0 1 0 0 "${key[@]}" -macalg $mac
done
password='' p12 empty-password 'empty password' 0 1 0 0 "${key[@]}"
password='pässwörd€' aliases=server p12 nonascii-password 'PBES2 (password as UTF-8), MAC (as BMPString)' 0 1 0 0 "${key[@]}"
password='pässwörd€' aliases=server p12 nonascii-password-legacy 'PKCS#12 PBE (password as BMPString)' 0 1 0 0 "${key[@]}" -legacy
# `-jdktrust anyExtendedKeyUsage` came with OpenSSL 3.2; make_odd.py writes the attribute instead.
if openssl pkcs12 -help 2>&1 | grep -q -- -jdktrust; then
  p12 jdktrust 'trust attribute by openssl' 1 0 0 0 "${one[@]}" -caname corp-root -jdktrust anyExtendedKeyUsage
else
  echo 'skipped: stores/openssl/jdktrust.p12 (needs OpenSSL 3.2)' >&2
fi

# BouncyCastle: BER with indefinite lengths.
bc=/usr/share/java
if [ -e $bc/bcprov.jar ]; then
  java -cp $bc/bcprov.jar:$bc/bcutil.jar:$bc/bcpkix.jar java/MakeBouncy.java stores/bouncycastle $in "$list"
else
  echo 'skipped: stores/bouncycastle (needs the package libbcpkix-java)' >&2
fi
