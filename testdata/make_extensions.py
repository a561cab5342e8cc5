#!/usr/bin/env python3
"""Makes keytool/extensions.pem: certificates with every extension that keytool prints field by field, odd
names, keys and signature algorithms, by openssl alone. Called as: make_extensions.py (in testdata/)."""
import os
import subprocess
import tempfile

NAMES = '''
[dn2]
C=NO
O=Foo, Inc
[d]
C=DE
O=O GmbH
CN=x y
[iss]
C=UK
O=Organisation
[cdp1]
fullname=URI:http://a/x.crl,DNS:foo
CRLissuer=dirName:iss
reasons=keyCompromise,CACompromise,superseded
[cdp2]
relativename=rel
CRLissuer=dirName:iss
[rel]
CN=rel crl
[pol]
policyIdentifier=1.3.5.8
CPS.1=http://my.host.name/
CPS.2=https://other/
userNotice.1=@notice
[notice]
explicitText=UTF8:Explicit ÆØÅ
organization=Organisation Name
noticeNumbers=1,2,3,4
'''

EXTENSIONS = {
    'none': '',
    'access': 'authorityInfoAccess=OCSP;URI:http://ocsp.example.com/,caIssuers;URI:http://ca.example.com/ca.cer,'
              'caIssuers;dirName:dn2,1.2.3.4;DNS:foo,OCSP;email:a@b.c\n'
              'subjectInfoAccess=1.3.6.1.5.5.7.48.5;URI:http://repo/,1.3.6.1.5.5.7.48.3;URI:http://ts/',
    'crl': 'crlDistributionPoints=URI:http://a/x.crl,URI:ldap://b/y',
    'crl full': 'crlDistributionPoints=cdp1,cdp2\nfreshestCRL=URI:http://delta/',
    'issuing point': 'issuingDistributionPoint=critical,onlyuser:TRUE,indirectCRL:TRUE',
    'names': 'nameConstraints=critical,permitted;IP:192.168.0.0/255.255.0.0,permitted;DNS:.example.com,'
             'permitted;email:example.com,excluded;dirName:d,excluded;URI:.foo.com,'
             'excluded;IP:2001:db8:0:0:0:0:0:0/ffff:ffff:0:0:0:0:0:0',
    'names permitted': 'nameConstraints=permitted;DNS:a.b',
    'policies': 'certificatePolicies=1.2.3.4,2.5.29.32.0,@pol\n'
                'policyMappings=1.2.3.4:1.2.3.5,1.2.3.6:1.2.3.7\n'
                'policyConstraints=requireExplicitPolicy:3,inhibitPolicyMapping:0\ninhibitAnyPolicy=critical,2',
    'policy require': 'policyConstraints=critical,requireExplicitPolicy:0',
    'policy inhibit': 'policyConstraints=critical,inhibitPolicyMapping:1\ninhibitAnyPolicy=critical,0',
    'any policy not critical': 'inhibitAnyPolicy=2',
    'alternative': 'subjectAltName=DNS:a.example,DNS:*.b.example,email:a@b.c,URI:https://x.y/z?q=1,IP:10.0.0.1,'
                   'IP:2001:db8::1,RID:1.2.3.4,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:user@corp,dirName:d\n'
                   'issuerAltName=DNS:issuer.example,URI:http://i/',
    'purposes': 'extendedKeyUsage=serverAuth,clientAuth,codeSigning,emailProtection,timeStamping,OCSPSigning,'
                'ipsecEndSystem,ipsecTunnel,ipsecUser,anyExtendedKeyUsage,msSGC,nsSGC,1.2.3.4.5,msEFS',
    'usage all': 'keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,'
                 'keyAgreement,keyCertSign,cRLSign,encipherOnly,decipherOnly',
    'usage one': 'keyUsage=decipherOnly',
    'path 3': 'basicConstraints=critical,CA:TRUE,pathlen:3',
    'no ca': 'basicConstraints=CA:FALSE',
    'key ids': 'basicConstraints=CA:TRUE,pathlen:0\nsubjectKeyIdentifier=hash\n'
               'authorityKeyIdentifier=keyid:always,issuer:always',
    'issuer id': 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=issuer:always',
    'netscape': 'nsCertType=client,server,email,objsign,reserved,sslCA,emailCA,objCA\nnsComment="A comment"\n'
                'nsBaseUrl=http://a/',
    'netscape some': 'nsCertType=server,sslCA',
    'unknown': 'noCheck=ignored\ntlsfeature=status_request\n1.2.3.4.5=ASN1:UTF8String:hello {|}~\n'
               '1.2.3.4.6=critical,DER:05:00',
    'timestamps': '1.3.6.1.4.1.11129.2.4.2=DER:04:10:00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f',
    'key period': '2.5.29.16=DER:30:22:80:0f:32:30:32:30:30:31:30:31:30:30:30:30:30:30:5a:81:0f:32:30:33:30:30:'
                  '31:30:31:30:30:30:30:30:30:5a',
    'key period end': '2.5.29.16=DER:30:11:81:0f:32:30:33:30:30:31:30:31:30:30:30:30:30:30:5a',
    'order': 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n'
             'subjectAltName=DNS:a\n1.2.840.113556.1=ASN1:NULL\nextendedKeyUsage=serverAuth\n'
             '2.16.840.1.113730.9=ASN1:NULL\n1.3.6.1.4.1.311.21.1=ASN1:INTEGER:5\n2.5.29.9=ASN1:NULL',
    'unreadable': '2.5.29.19=DER:04:01:00\n2.5.29.17=DER:30:00',
}

SUBJECTS = [
    '/C=NO/ST=Oslo/L=Oslo/street=Gata 1/O=Foo, Inc./OU=a\\+b/CN=x "y" z', '/CN=  lead and  double ',
    '/DC=com/DC=example/UID=joe/emailAddress=a@b.c/serialNumber=12/title=Dr/SN=Sur/GN=Giv/initials=I/'
    'generationQualifier=III/dnQualifier=dq/CN=q', '/CN=æøå/O=日本/OU=emoji 🔐',
    '/CN=a#b/OU=#lead/O=x=y;z<>', '/businessCategory=b/postalCode=0123/jurisdictionC=NO/'
    'organizationIdentifier=VAT/name=n/pseudonym=ps/CN=l', '/C=DE/CN=a+OU=b+O=c', '/CN=back\\\\slash',
    '/CN=trail ', '/CN=a  b', "/CN='quoted' (x) *.y_z@!", '/CN="fully quoted"',
]

RSA = ['-newkey', 'rsa:2048']
KEYS = [
    (['-newkey', 'rsa:512'], ['-sha256']), (['-newkey', 'rsa:1024'], ['-sha1']), (RSA, ['-md5']),
    (['-newkey', 'rsa:2047'], ['-sha512']), (RSA, ['-sha384']), (RSA, ['-sha224']), (RSA, ['-sha3-256']),
    (RSA, ['-sha512-256']), (['-newkey', 'ed25519'], []), (['-newkey', 'ed448'], []),
    (RSA, ['-sigopt', 'rsa_padding_mode:pss', '-sha256']),
    (['-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'], ['-sha256']),
] + [(['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:' + curve], [digest]) for curve, digest in (
    ('secp384r1', '-sha384'), ('secp521r1', '-sha512'), ('secp224r1', '-sha224'), ('prime192v1', '-sha1'),
    ('secp256k1', '-sha256'), ('brainpoolP256r1', '-sha256'), ('prime256v1', '-sha3-256'))]

SERIALS = ['-5', '0', '0xffffffffffffffffffffffffffffffffffffffff', '0x0123']


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    out = []
    with tempfile.TemporaryDirectory() as work:
        key = os.path.join(work, 'key.pem')
        run('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key)

        def make(subject, extensions, keys=('-key', key), more=()):
            config = os.path.join(work, 'config')
            with open(config, 'w', encoding='utf-8') as file:
                file.write('[req]\ndistinguished_name=dn\nprompt=no\nstring_mask=utf8only\n[dn]\nCN=x\n[e]\n'
                           + extensions + '\n' + NAMES)
            out.append(run('req', '-x509', '-config', config, '-extensions', 'e', '-utf8', '-subj', subject,
                           '-days', '7300', '-nodes', '-keyout', os.devnull, *keys, *more))

        for name, extensions in EXTENSIONS.items():
            make('/CN=' + name, extensions)
        for subject in SUBJECTS:
            make(subject, 'basicConstraints=CA:TRUE')
        for number, (keys, more) in enumerate(KEYS):
            make(f'/CN=key {number}', 'basicConstraints=CA:TRUE', keys, more)
        for serial in SERIALS:
            make('/CN=serial', 'authorityKeyIdentifier=issuer:always', more=('-set_serial', serial))
    os.makedirs(os.path.join(folder, 'keytool'), exist_ok=True)
    with open(os.path.join(folder, 'keytool', 'extensions.pem'), 'wb') as file:
        file.write(b''.join(out))


def run(*arguments):
    done = subprocess.run(['openssl', *arguments], capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f'openssl {arguments}: {done.stderr.decode()}')
    return done.stdout


main()
