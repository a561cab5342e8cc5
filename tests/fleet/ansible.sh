# shellcheck shell=bash disable=SC2154 # variables of run
# The collection truststore.fleet, built, installed, checked and used. To be sourced by run.

inputs=$root/testdata/inputs

echo "== the collection"
set_up_collection
# It takes as long as all else together: it runs beside it.
(cd deploy/ansible && unset ANSIBLE_CONFIG && ANSIBLE_COLLECTIONS_PATH=$box/collections \
  exec nice ansible-lint --offline --strict --profile production .) >"$box/lint" 2>&1 </dev/null &
lint_pid=$!
children+=("$lint_pid")

set_up_hosts

store() { echo "$box/hosts/$1/opt/product/ssl-truststore"; }
listed() { # host: the aliases
  "$box/truststore" list -q --format json -k "$(store "$1")" 2>/dev/null | sed -n 's/^ *"alias": "\(.*\)",$/\1/p' | xargs
}

binary_sha256=$(sha256sum "$box/truststore" | cut -d' ' -f1)
{
  echo 'all:'
  echo '  vars:'
  echo '    ansible_host: 127.0.0.1'
  echo '    ansible_user: root'
  echo "    ansible_ssh_private_key_file: $box/key"
  echo "    install_version: '$version'"
  echo "    install_linux_source: $box/truststore"
  echo "    install_linux_sha256: $binary_sha256"
  echo '    rollout_store: /opt/product/ssl-truststore'
  echo '    rollout_certificates:'
  echo '      - alias: corp-root'
  echo "        pem: \"{{ lookup('ansible.builtin.file', '$box/good.pem') }}\""
  echo "        sha256: '$sha256'"
  echo "    rollout_probe: [$good_mail, --starttls, --timeout, '5']"
  echo '  children:'
  echo '    switched_off:'
  echo '      hosts:'
  echo "        branch4: {ansible_port: $(free_port)}"
  echo '    branches:'
  echo '      hosts:'
  for number in 0 1 2; do echo "        ${hosts[number]}: {ansible_port: ${ports[number]}}"; done
} >"$box/inventory.yml"

play() { # code arguments...
  local expected=$1
  shift
  run "$expected" ansible-playbook truststore.fleet.rollout "$@"
}
recap() { grep -E "^$1 .*: .*$2" "$box/out" >/dev/null; }

# --- the module ---

echo "== the module, on three hosts"
run 0 ansible-playbook "$here/module.yml" -e "inputs=$inputs" -e "command=$box/truststore"

# --- the playbook ---

echo "== check mode and diff, where one host does not have the command yet"
for host in branch1 branch2; do cp "$box/truststore" "$box/hosts/$host/local/bin/"; done
play 0 -e rollout_hosts=branches -e rollout_serial=100% --check --diff
ok "would change" recap branch1 'changed=[1-9]'
ok "the diff has the entry" says '+corp-root  trusted-certificate  CN=good root'
ok "nothing is written" absent "$(store branch1)"
ok "what cannot be known is said" says 'is not installed: what would change is not known'
ok "the command is not installed" absent "$box/hosts/branch3/local/bin/truststore"

echo "== one host is switched off: the others go on"
play 4 -e rollout_serial=100%
ok "it is named" says 'branch4'
for host in "${hosts[@]}"; do ok "$host has the root" is "$(listed "$host")" corp-root; done
ok "it counts as unreachable" recap branch4 'unreachable=1'

echo "== again: nothing changes"
cp "$(store branch1)" "$box/before"
stamp=$(stat -c '%y %i' "$(store branch1)")
play 0 -e rollout_hosts=branches -e rollout_serial=100%
for host in "${hosts[@]}"; do ok "$host is unchanged" recap "$host" 'changed=0 .*failed=0'; done
ok "the file is the same one" is "$(stat -c '%y %i' "$(store branch1)")" "$stamp"

echo "== one host is switched off, and that stops the batches"
for host in "${hosts[@]}"; do rm -f "$(store "$host")"*; done
play 2 -e rollout_unreachable=stop -e '{"rollout_serial": [2, 2]}'
ok "it has failed" recap branch4 'failed=1'
for host in "${hosts[@]}"; do ok "$host is not begun" absent "$(store "$host")"; done

echo "== a damaged store in the second of the default batches, which begin with one host"
head -c 300 "$box/before" >"$(store branch2)"
cp "$(store branch2)" "$box/damaged"
play 2 -e rollout_hosts=branches
ok "the first host is done" is "$(listed branch1)" corp-root
ok "the error names the file" says '/opt/product/ssl-truststore: an element claims'
ok "and that nothing was changed" says 'the store was not changed'
ok "the file is untouched" same "$(store branch2)" "$box/damaged"
ok "the third host is not begun" absent "$(store branch3)"

echo "== the mail server that one host sees has another CA"
"$box/truststore" import -q -k "$box/old" --file "$inputs/corp-root.pem" --alias old >/dev/null 2>&1
for host in "${hosts[@]}"; do cp "$box/old" "$(store "$host")"; done
rm -f "$(store branch3)"
# Each host finds its own mail server: the batch of two has one that is refused.
refused="{\"rollout_probe\": [\"{{ '$wrong_mail' if inventory_hostname == 'branch2' else '$good_mail' }}\", --starttls]}"
play 2 -e rollout_hosts=branches -e '{"rollout_serial": [2, 1]}' -e "$refused"
ok "the cause is told" says '[missing-root]'
ok "and that it was taken back" says 'the store is as it was before'
ok "the store is the old one" same "$(store branch2)" "$box/old"
ok "the other host of the batch keeps the root" is "$(listed branch1)" "corp-root old"
ok "the next batch is not begun" absent "$(store branch3)"

echo "== the same, and the whole batch goes back"
cp "$box/old" "$(store branch1)"
play 2 -e rollout_hosts=branches -e rollout_serial=100% -e rollout_rollback=batch -e "$refused"
ok "the refused host has its old store" same "$(store branch2)" "$box/old"
ok "so has the one that was trusted" same "$(store branch1)" "$box/old"
ok "a store that was made is removed" absent "$(store branch3)"

echo "== a store under a password of its own"
printf 'geheim' >"$box/password"
"$box/truststore" import -q -k "$box/secret" --file "$inputs/corp-root.pem" --alias old \
  --password-file "$box/password" >/dev/null 2>&1
cp "$box/secret" "$(store branch1)"
play 2 -e rollout_hosts=branch1 -e rollout_password=geheim -vvv \
  -e "{\"rollout_probe\": [\"$wrong_mail\", --starttls]}"
ok "is put back with it" same "$(store branch1)" "$box/secret"
ok "and it is not shown, not even with -vvv" lacks geheim
echo "== a command that is not what it should be"
rm -f "$(store branch2)"*
play 2 -e rollout_hosts=branches -e rollout_serial=100% -e rollout_max_fail_percentage=100 -e '{"rollout_probe": []}' \
  -e "{\"install_linux_sha256\": \"{{ 'ab' * 32 if inventory_hostname == 'branch1' else '$binary_sha256' }}\"}" \
  -e "{\"install_version\": \"{{ '0.0.0' if inventory_hostname == 'branch2' else '$version' }}\"}" \
  -e install_linux_path=/usr/local/bin/other
ok "a command with another fingerprint is not installed" absent "$box/hosts/branch1/local/bin/other"
ok "one of another version stops its host" absent "$(store branch2)"
ok "as many failures as are allowed do not stop the others" is "$(listed branch3)" corp-root

echo "== the tasks for Windows, with a stand-in for win_command that runs the command on Linux"
export ANSIBLE_COLLECTIONS_PATH=$here/windows:$box/collections
cp "$box/secret" "$(store branch1)"
cp "$box/secret" "$(store branch2)"
rm -f "$(store branch3)"*
windows=(-e rollout_serial=100% -e rollout_is_windows=true -e rollout_windows_command=/usr/local/bin/truststore
  -e '{"install_is_windows": false}')
# One host finds the right server, one another, and one none.
mails="{'branch1': '$good_mail', 'branch2': '$wrong_mail', 'branch3': 'localhost:1'}"
refused="{\"rollout_probe\": [\"{{ ${mails}[inventory_hostname] }}\", --starttls]}"
secret="{\"rollout_password\": \"{{ 'changeit' if inventory_hostname == 'branch3' else 'geheim' }}\"}"
play 0 -e rollout_hosts=branch1,branch2 "${windows[@]}" -e "$secret" --check
ok "check mode says what would change" recap branch2 'changed=1'
ok "and writes nothing" same "$(store branch2)" "$box/secret"
play 2 -e rollout_hosts=branches "${windows[@]}" -e "$secret" -e "$refused" -e rollout_max_fail_percentage=100
ok "the one that is trusted has the root" is "$(TRUSTSTORE_PASSWORD=geheim listed branch1)" "corp-root old"
ok "the refused one has its old store" same "$(store branch2)" "$box/secret"
ok "the store that was made is removed" absent "$(store branch3)"
ok "the causes are told" says '[missing-root]'
ok "each its own" says '[connect-refused]'
ok "the way back too" says 'the store is as it was before'
cp "$box/damaged" "$(store branch2)"
play 2 -e rollout_hosts=branch1,branch2 "${windows[@]}" -e "$secret" -e "$refused" -e rollout_max_fail_percentage=100
ok "again: nothing changes" recap branch1 'changed=0 .*failed=0'
ok "a damaged store is named" says '/opt/product/ssl-truststore: an element claims'
unset ANSIBLE_COLLECTIONS_PATH

echo "== ansible-lint"
lint=0
wait "$lint_pid" || lint=$?
if [ "$lint" -ne 0 ]; then cat "$box/lint"; fi
ok "finds nothing, with the profile for production" [ "$lint" -eq 0 ]
