# shellcheck shell=bash disable=SC2034,SC2154 # variables from and for the scripts that source it
# What every test with Ansible needs: the collection installed, three hosts, and two mail servers. To be sourced.

# Builds the collection and installs it as a user does, beside the collection with the modules for Windows.
set_up_collection() {
  export ANSIBLE_CONFIG=$box/ansible.cfg ANSIBLE_HOME=$box/ansible ANSIBLE_NOCOLOR=1
  unset ANSIBLE_COLLECTIONS_PATH
  cat >"$ANSIBLE_CONFIG" <<-CONFIG
	[defaults]
	collections_path = $box/collections
	inventory = $box/inventory.yml
	interpreter_python = /usr/bin/python3
	local_tmp = $box/ansible/tmp
	retry_files_enabled = false
	[connection]
	pipelining = true
	[ssh_connection]
	ssh_args = -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=$box/known_hosts -o StrictHostKeyChecking=yes
	control_path_dir = $box/cp
	CONFIG
  ansible-galaxy collection build --output-path "$box" "$root/deploy/ansible" >"$box/out"
  ansible-galaxy collection install --offline -p "$box/collections" "$box"/truststore-fleet-*.tar.gz >>"$box/out"
  cp -r "$venv/collections/ansible_collections/ansible" "$box/collections/ansible_collections/"
}

# The hosts and their ports, and the mail servers that they find: one whose CA is good.pem, with that one's
# SHA-256, and one under another CA.
set_up_hosts() {
  local host port
  authority good
  authority wrong
  # The mail servers live until their standard input ends.
  mkfifo "$box/open"
  exec 9<>"$box/open"
  mail_server good
  good_mail=mail.example.test:$mail_port
  mail_server wrong
  wrong_mail=mail.example.test:$mail_port
  sha256=$(openssl x509 -in "$box/good.pem" -noout -fingerprint -sha256 | cut -d= -f2)
  ssh-keygen -q -t ed25519 -N '' -f "$box/key"
  hosts=(branch1 branch2 branch3) ports=()
  for host in "${hosts[@]}"; do
    port=$(free_port)
    make_host "$host"
    mkdir -p "$box/hosts/$host/opt/product"
    start_host "$host" "$port"
    ports+=("$port")
  done
}

authority() { # name
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj "/CN=$1 root" \
    -keyout "$box/$1.key" -out "$box/$1.pem" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=mail.example.test \
    -addext subjectAltName=DNS:mail.example.test -keyout "$box/$1-server.key" -out "$box/$1.csr" 2>/dev/null
  openssl x509 -req -in "$box/$1.csr" -CA "$box/$1.pem" -CAkey "$box/$1.key" -days 2 -copy_extensions copy \
    -out "$box/$1-server.pem" 2>/dev/null
}

mail_server() { # authority: sets mail_port
  mkdir "$box/$1-mail"
  /usr/bin/python3 "$root/tests/mail/smtpd.py" --certificate "$box/$1-server.pem" --key "$box/$1-server.key" \
    --folder "$box/$1-mail" --user u --password p <"$box/open" >"$box/$1.ports" 2>/dev/null &
  children+=($!)
  for _ in $(seq 200); do
    if [ -s "$box/$1.ports" ]; then break; fi
    sleep 0.05
  done
  mail_port=$(cut -d' ' -f2 "$box/$1.ports")
  if [ -z "$mail_port" ]; then
    echo "tests/fleet: aiosmtpd does not start" >&2
    exit 2
  fi
}

stop_children() {
  local child
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait
}
