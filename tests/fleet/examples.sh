# shellcheck shell=bash disable=SC2154 # variables of run
# The examples for those without Ansible: each is checked by the tool that reads it, and its own command line is
# run in a root folder that has the command, its libraries and nothing else. To be sourced by run.

command -v systemd-analyze >/dev/null || exit 2
cell=$box/cell

# A root folder for the command line of an example.
make_cell() {
  local library
  rm -rf "$cell"
  mkdir -p "$cell"/{bin,build/roots,etc/truststore,manifest,opt/product/conf,tmp,truststore,usr/local/bin}
  chmod 1777 "$cell"/{tmp,truststore}
  cp "$box/truststore" "$cell/usr/local/bin/"
  for library in $(ldd "$box/truststore" /bin/dash | grep -o '/[^ :]*' | grep -v ':$' | sort -u); do
    [ "$library" != /bin/dash ] || continue
    mkdir -p "$cell$(dirname "$library")"
    cp -L "$library" "$cell$library"
  done
  cp -L /bin/dash "$cell/bin/sh"
}

manifest() { # path-of-the-store certificate
  printf 'version = 1\n[[store]]\npath = "%s"\n[[store.certificate]]\nalias = "corp-root"\nfile = "%s"\n' "$1" "$2"
}
in_cell() { env -i PATH=/usr/local/bin:/usr/bin:/bin /usr/sbin/chroot "$@"; }
opens() { env "TRUSTSTORE_PASSWORD=$2" "$box/truststore" verify -q -k "$1" >/dev/null; }
holds_root() { "$box/truststore" list -q -k "$1" | grep -q '^corp-root '; }

echo "== systemd"
make_cell
manifest /opt/product/conf/ssl-truststore corp-root.pem >"$cell/etc/truststore/trust.toml"
cp testdata/inputs/corp-root.pem "$cell/etc/truststore/"
mkdir "$box/units"
# The command is not installed on this machine.
for unit in deploy/systemd/*; do
  sed "s|^ExecStart=/usr/local/bin/truststore|ExecStart=$box/truststore|" "$unit" >"$box/units/$(basename "$unit")"
done
run 0 systemd-analyze verify "$box/units/truststore-apply.service" "$box/units/truststore-apply.timer"
run 0 systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' deploy/systemd/truststore-apply.timer)"
line=$(sed -n 's/^ExecStart=//p' deploy/systemd/truststore-apply.service)
# shellcheck disable=SC2086 # the unit's line has no quotes
run 0 in_cell "$cell" $line
ok "the line of the service makes the store" holds_root "$cell/opt/product/conf/ssl-truststore"
# shellcheck disable=SC2086
run 0 in_cell "$cell" $line
ok "and says that a second run changed nothing" says unchanged

echo "== cron"
line=$(grep -v '^#' deploy/cron/truststore | grep ' root ')
ok "five fields and a user" grep -qE '^([0-9*/,-]+ ){5}root cd ' <<<"$line"
rm -f "$cell/opt/product/conf/ssl-truststore"
run 0 in_cell "$cell" /bin/sh -c "${line#* root }"
ok "the line of the table makes the store" holds_root "$cell/opt/product/conf/ssl-truststore"
run 0 in_cell "$cell" /bin/sh -c "${line#* root }"

echo "== PowerShell"
run 0 python "$here/parse_powershell.py" deploy/windows/Apply-TrustStore.ps1

echo "== container image"
run 0 hadolint deploy/container/Dockerfile
make_cell
cp testdata/inputs/corp-root.pem "$cell/build/roots/"
printf 'version = 1\n[[store]]\n[[store.bundle]]\nfile = "roots"\n' >"$cell/build/trust.toml"
mapfile -t step < <(sed -n 's/^RUN \[\(.*\)\]$/\1/p' deploy/container/Dockerfile | tr -d ' ' | tr ',' '\n' | tr -d '"')
run 0 in_cell "$cell" /bin/sh -c 'cd /build && exec "$@"' sh "${step[@]}"
ok "the step makes the store" [ -s "$cell/build/ssl-truststore" ]

echo "== init container"
run 0 kubernetes-validate --strict deploy/container/init-container.yaml
make_cell
cp testdata/inputs/corp-root.pem "$cell/manifest/"
python - deploy/container/init-container.yaml "$cell/manifest/trust.toml" >"$box/step" <<'PYTHON'
import sys, yaml
with open(sys.argv[1]) as file:
    config, deployment = yaml.safe_load_all(file)
with open(sys.argv[2], "w") as file:
    file.write(config["data"]["trust.toml"])
step = deployment["spec"]["template"]["spec"]["initContainers"][0]
print(step["securityContext"]["runAsUser"], *step["command"], sep="\n")
PYTHON
mapfile -t step <"$box/step"
run 0 env -i PATH=/usr/local/bin TRUSTSTORE_PASSWORD=of-the-secret \
  /usr/sbin/chroot --userspec="${step[0]}:${step[0]}" "$cell" "${step[@]:1}"
ok "as the user that it names, the step makes the store" \
  opens "$cell/truststore/ssl-truststore" of-the-secret
