"""A mail server for the tests: aiosmtpd, on two free ports of 127.0.0.1.

Prints the port with TLS from the first octet on, and the port with STARTTLS; ends when its standard
input does, so that it never outlives a test. Every mail becomes one file, written before the reply.
"""

import argparse
import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Mailbox:
    """Writes what arrives, under the headers that Exim adds too."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        protocol = "esmtp"
        if server.transport.get_extra_info("ssl_object") is not None:
            protocol += "s"
        if session.authenticated:
            protocol += "a"
        head = f"Return-path: <{envelope.mail_from}>\n"
        for recipient in envelope.rcpt_tos:
            head += f"Envelope-to: {recipient}\n"
        head += f"Received: by aiosmtpd with {protocol}\n"
        self.count += 1
        path = os.path.join(self.folder, str(self.count))
        with open(path + ".part", "wb") as file:
            file.write(head.encode() + envelope.original_content)
        os.rename(path + ".part", path)
        return "250 OK"


async def serve(arguments):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(arguments.certificate, arguments.key)

    def authenticate(server, session, envelope, mechanism, data):
        print("somebody logs in", file=sys.stderr, flush=True)
        known = (arguments.user.encode(), arguments.password.encode())
        return AuthResult(success=(data.login, data.password) == known, handled=False)

    mailbox = Mailbox(arguments.folder)
    common = {"authenticator": authenticate, "auth_required": True, "hostname": "mail.example.test"}

    def implicit():
        # aiosmtpd does not see that its transport is TLS already.
        return SMTP(mailbox, auth_require_tls=False, **common)

    def starttls():
        if arguments.no_starttls:
            return SMTP(mailbox, auth_require_tls=False, **common)
        return SMTP(mailbox, tls_context=tls, require_starttls=True, **common)

    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(implicit, "127.0.0.1", 0, ssl=tls),
        await loop.create_server(starttls, "127.0.0.1", 0),
    ]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    # Sessions that are still open must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ["certificate", "key", "folder", "user", "password"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--no-starttls", action="store_true", help="offer AUTH in plain text instead")
    asyncio.run(serve(parser.parse_args()))
