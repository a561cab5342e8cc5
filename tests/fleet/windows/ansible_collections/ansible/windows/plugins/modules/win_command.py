#!/usr/bin/python
"""A stand-in for ansible.windows.win_command: the same parameters, on Linux. What runs a test of the tasks for Windows."""

import os
import subprocess

from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(
    argument_spec={
        "argv": {"type": "list", "elements": "str", "required": True},
        "stdin": {"type": "str", "no_log": False},
        "output_encoding_override": {"type": "str"},
    }
)
done = subprocess.run(module.params["argv"], input=(module.params["stdin"] or "").encode(), capture_output=True, env=os.environ)
answer = {
    "changed": True,
    "rc": done.returncode,
    "stdout": done.stdout.decode().replace("\n", "\r\n"),
    "stderr": done.stderr.decode().replace("\n", "\r\n"),
}
if done.returncode != 0:
    module.fail_json(msg="non-zero return code", **answer)
module.exit_json(**answer)
