#!/usr/bin/python
"""A stand-in for ansible.windows.win_file, for files that are to be absent."""

import os

from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(
    argument_spec={"path": {"type": "str", "required": True}, "state": {"type": "str", "choices": ["absent"], "required": True}}
)
there = os.path.lexists(module.params["path"])
if there:
    os.remove(module.params["path"])
module.exit_json(changed=there)
