#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Declares which certificates a Java trust store holds; drives `truststore apply`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: truststore
short_description: Declare which certificates a Java trust store holds
version_added: 0.1.0
description:
  - Makes a Java trust store (PKCS#12, JKS, JCEKS) hold the certificates that are named, by the command C(truststore).
    No Java is needed.
  - The whole change is one write, all or nothing. If nothing has to change, the file is not touched.
options:
  path:
    description: The store. It is created if O(state) is V(present) or V(exact) and there is none.
    type: path
    required: true
  state:
    description:
      - With V(present), the named certificates and bundles must be in the store, each certificate under its alias.
        A certificate that another one holds the alias of is replaced.
      - With V(absent), the named certificates must not be in the store. A store that is not there stays so.
      - With V(exact), the store holds what is named and no other certificate. Private and secret keys stay.
    type: str
    choices: [present, absent, exact]
    default: present
  certificates:
    description: The certificates.
    type: list
    elements: dict
    default: []
    suboptions:
      alias:
        description: The alias. Needed unless O(state) is V(absent) and O(certificates[].sha256) is given.
        type: str
      pem:
        description: The certificate itself, as PEM.
        type: str
      file:
        description: A file on the managed host that has the certificate.
        type: path
      sha256:
        description:
          - The SHA-256 fingerprint that the certificate must have, as hexadecimal digits with or without colons.
          - It picks the certificate from a file of several.
        type: str
  bundles:
    description: Files, folders or other stores on the managed host, all of whose certificates must be in the store.
    type: list
    elements: dict
    default: []
    suboptions:
      file:
        description: The file, folder or store.
        type: path
        required: true
      alias_prefix:
        description: The beginning of the aliases that its certificates get.
        type: str
  type:
    description:
      - The format of a store that is created; V(pkcs12) if nothing else is said.
      - A store that is there and has another format is an error.
    type: str
    choices: [pkcs12, jks, jceks]
  password:
    description:
      - The password of the store. The command gets it in an environment variable, not as an argument.
      - Without this and O(password_file), the command tries no password and Java's default, and a new store gets
        Java's default.
    type: str
  password_file:
    description: A file on the managed host that has the password of the store.
    type: path
  backup:
    description: Keep the previous file beside the store, with C(.bak) appended to its name.
    type: bool
    default: false
  allow_empty:
    description: With O(state=exact), let the last certificate go.
    type: bool
    default: false
  lock_timeout:
    description: How long to wait for another writer of the store, in seconds.
    type: int
    default: 10
  executable:
    description: The command C(truststore), as a path, or as a name to look for in the usual folders.
    type: str
    default: truststore
extends_documentation_fragment:
  - ansible.builtin.files
attributes:
  check_mode:
    description:
      - Says what would change, and changes nothing. Where the command is not installed yet, that is not known, and
        the answer is that something would change.
    support: full
  diff_mode:
    description: Shows the entries before and after, one a line.
    support: full
  platform:
    description: Linux. For Windows, see the role C(truststore.fleet.rollout).
    support: full
    platforms: posix
author:
  - The truststore project (@truststore)
"""

EXAMPLES = r"""
- name: The mail server's CA is trusted
  truststore.fleet.truststore:
    path: /opt/product/conf/ssl-truststore
    certificates:
      - alias: corp-root
        pem: "{{ lookup('ansible.builtin.file', 'corp-root.pem') }}"
        sha256: "{{ corp_root_sha256 }}"
    password: "{{ vault_truststore_password }}"
    backup: true

- name: The old CA is not
  truststore.fleet.truststore:
    path: /opt/product/conf/ssl-truststore
    state: absent
    certificates:
      - alias: corp-root-2015

- name: These two and nothing else
  truststore.fleet.truststore:
    path: /opt/product/conf/ssl-truststore
    state: exact
    certificates:
      - alias: corp-root
        file: /etc/pki/corp-root.pem
    bundles:
      - file: /etc/pki/partners.pem
        alias_prefix: partner-
"""

RETURN = r"""
path:
  description: The store.
  type: str
  returned: success
  sample: /opt/product/conf/ssl-truststore
created:
  description: Whether there was no store before.
  type: bool
  returned: success
backup_file:
  description: Where the previous file is kept; only if something was written.
  type: str
  returned: with backup, when the file was replaced
  sample: /opt/product/conf/ssl-truststore.bak
actions:
  description: What was done, or in check mode would be.
  type: list
  elements: dict
  returned: success
  sample:
    - action: add
      alias: corp-root
      subject: CN=Corp Root CA
      sha256: FE:D6:AB:53:…
entries:
  description: The entries of the store as they are now; in check mode, as they would be.
  type: list
  elements: dict
  returned: success
  sample:
    - alias: corp-root
      kind: trusted-certificate
      subject: CN=Corp Root CA
      sha256: FE:D6:AB:53:…
code:
  description: What kind of failure this is, as the command names it; C(damaged), C(wrong-password) and so on.
  type: str
  returned: failure of the command
  sample: damaged
hint:
  description: What to do about the failure.
  type: str
  returned: failure of the command, if there is a hint
"""

import json
import os

from ansible.module_utils.basic import AnsibleModule

PASSWORD_VARIABLE = "TRUSTSTORE_ANSIBLE_PASSWORD"


class Command:
    """The command `truststore`, for one store."""

    def __init__(self, module):
        self.module = module
        parameters = module.params
        # Check mode may come before the command is installed.
        self.program = module.get_bin_path(parameters["executable"], required=not module.check_mode)
        self.options = ["--keystore", parameters["path"], "--format", "json", "--no-input"]
        self.environment = {}
        if parameters["password"] is not None:
            self.options += ["--password-env", PASSWORD_VARIABLE]
            self.environment[PASSWORD_VARIABLE] = parameters["password"]
        elif parameters["password_file"] is not None:
            self.options += ["--password-file", parameters["password_file"]]

    def run(self, arguments, data=None):
        """The answer of the command; what it warns of is passed on, and a failure ends the module."""
        line = [self.program] + arguments + self.options
        code, out, err = self.module.run_command(line, data=data, environ_update=self.environment)
        if code != 0:
            self.fail(arguments[0], code, err)
        try:
            answer = json.loads(out)
        except ValueError as error:
            self.module.fail_json(msg=f"`truststore {arguments[0]}` did not answer with JSON: {error}", stdout=out)
        for warning in answer.get("warnings", []):
            self.module.warn(warning)
        return answer

    def fail(self, verb, code, err):
        """Ends the module with what the command says of its failure."""
        for line in reversed(err.splitlines()):
            try:
                error = json.loads(line)["error"]
            except (ValueError, KeyError, TypeError):
                continue
            told = {name: error[name] for name in ("code", "hint") if error.get(name)}
            message = error["message"] if "hint" not in told else f"{error['message']}; {told['hint']}"
            self.module.fail_json(msg=message, rc=code, path=self.module.params["path"], **told)
        self.module.fail_json(msg=f"`truststore {verb}` failed: {err.strip()}", rc=code)


def main():
    """Reads the parameters, lets the command apply them, and answers."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
            "certificates": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "alias": {"type": "str"},
                    "pem": {"type": "str"},
                    "file": {"type": "path"},
                    "sha256": {"type": "str"},
                },
                "mutually_exclusive": [("pem", "file")],
            },
            "bundles": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"file": {"type": "path", "required": True}, "alias_prefix": {"type": "str"}},
            },
            "type": {"type": "str", "choices": ["pkcs12", "jks", "jceks"]},
            "password": {"type": "str", "no_log": True},
            "password_file": {"type": "path", "no_log": False},
            "backup": {"type": "bool", "default": False},
            "allow_empty": {"type": "bool", "default": False},
            "lock_timeout": {"type": "int", "default": 10},
            "executable": {"type": "str", "default": "truststore"},
        },
        mutually_exclusive=[("password", "password_file")],
        add_file_common_args=True,
        supports_check_mode=True,
    )
    check(module)
    path = module.params["path"]
    exists = os.path.lexists(path)
    command = Command(module)
    if command.program is None:
        module.warn(f"{module.params['executable']} is not installed: what would change is not known")
        module.exit_json(changed=True, created=not exists, path=path, actions=[], entries=[])
    before = command.run(["list"])["entries"] if exists else []
    answer = command.run(apply_arguments(module), data=manifest(module.params))
    module.exit_json(**result(module, command, before, answer))


def check(module):
    """Refuses certificates that lack what the state needs."""
    absent = module.params["state"] == "absent"
    if absent and module.params["bundles"]:
        module.fail_json(msg="bundles cannot be absent: name their certificates by alias or sha256")
    for number, certificate in enumerate(module.params["certificates"], 1):
        where = f"certificate {number}" + (f" ({certificate['alias']})" if certificate["alias"] else "")
        given = certificate["pem"] is not None or certificate["file"] is not None
        if absent and given:
            module.fail_json(msg=f"{where}: state absent takes alias and sha256, not pem or file")
        if absent and certificate["alias"] is None and certificate["sha256"] is None:
            module.fail_json(msg=f"{where}: state absent needs alias or sha256")
        if not absent and (certificate["alias"] is None or not given):
            module.fail_json(msg=f"{where}: needs alias, and pem or file")


def apply_arguments(module):
    """The command line without what every call has."""
    parameters = module.params
    arguments = ["apply", "-", "--lock-timeout", str(parameters["lock_timeout"])]
    for option, given in (
        ("--dry-run", module.check_mode),
        ("--prune", parameters["state"] == "exact"),
        ("--allow-empty", parameters["allow_empty"]),
        ("--backup", parameters["backup"]),
    ):
        if given:
            arguments.append(option)
    return arguments


def manifest(parameters):
    """What should be true, as the TOML that `truststore apply` reads."""
    lines = ["version = 1", "[[store]]"] + toml_keys({"format": parameters["type"]})
    for certificate in parameters["certificates"]:
        lines += ["[[store.certificate]]"] + toml_keys(certificate)
        if parameters["state"] == "absent":
            lines.append("absent = true")
    for bundle in parameters["bundles"]:
        lines += ["[[store.bundle]]"] + toml_keys(bundle)
    return "\n".join(lines) + "\n"


def toml_keys(values):
    """Lines of keys and strings; the keys of TOML have hyphens. JSON's escapes are TOML's too, but for DEL, which TOML wants escaped."""
    return [
        f"{key.replace('_', '-')} = " + json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        for key, value in values.items()
        if value is not None
    ]


def result(module, command, before, answer):
    """The module's answer."""
    store = answer["stores"][0]
    changed = answer["changed"]
    if not changed:
        after = before
    elif module.check_mode:
        after = projected(before, store["actions"])
    else:
        after = command.run(["list"])["entries"]
    answered = {
        "changed": changed,
        "created": store["created"],
        "path": module.params["path"],
        "actions": store["actions"],
        "entries": after,
        "diff": [difference(module.params["path"], before, after)],
    }
    if store.get("backup"):
        answered["backup_file"] = store["backup"]
    if os.path.exists(module.params["path"]):
        attributes = module.load_file_common_arguments(module.params)
        answered["changed"] = module.set_fs_attributes_if_different(attributes, changed)
    return answered


def projected(before, actions):
    """The entries that a dry run would leave."""
    entries = {entry["alias"]: entry for entry in before}
    for action in actions:
        if action["action"] == "remove":
            entries.pop(action["alias"], None)
        else:
            known = {"kind": "trusted-certificate"}
            known.update((name, action[name]) for name in ("alias", "subject", "sha256"))
            entries[action["alias"]] = known
    return [entries[alias] for alias in sorted(entries, key=str.lower)]


def difference(path, before, after):
    """The entries before and after, as Ansible's diff mode shows them."""
    return {
        "before_header": path,
        "after_header": path,
        "before": entry_lines(before),
        "after": entry_lines(after),
    }


def entry_lines(entries):
    """One line for each entry. A key entry may have no certificate."""
    return "".join(
        f"{entry['alias']}  {entry['kind']}  {entry.get('subject') or '-'}  {entry.get('sha256') or '-'}\n"
        for entry in entries
    )


if __name__ == "__main__":
    main()
