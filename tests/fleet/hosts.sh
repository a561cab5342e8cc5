# shellcheck shell=bash disable=SC2154 # variables of run
# Branch servers on one machine: each is an sshd on 127.0.0.1 with a root folder, a host name, processes and
# mounts of its own. To be sourced; needs root. `box` is the folder of the test.

host_pids=()

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Makes the root folder of a host. Its /etc/hosts is its own, so each may find another mail server.
make_host() { # name
  local name=$1 root=$box/hosts/$1 file
  mkdir -p "$root"/{dev,etc/ssh,local/bin,opt,proc,root/.ssh,run/sshd,srv,tmp,usr,var/tmp}
  chmod 1777 "$root"/{tmp,var/tmp}
  chmod 700 "$root/root" "$root/root/.ssh"
  # A machine whose /bin is a folder of its own is not made here: every Debian since 12 has it merged.
  for file in bin sbin lib lib64; do ln -sfn "usr/$file" "$root/$file"; done
  for file in alternatives ld.so.cache ld.so.conf ld.so.conf.d localtime; do
    if [ -e "/etc/$file" ]; then cp -a "/etc/$file" "$root/etc/"; fi
  done
  printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'sshd:x:100:65534::/run/sshd:/usr/sbin/nologin' >"$root/etc/passwd"
  printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' >"$root/etc/group"
  printf '%s\n' "127.0.0.1 localhost $name mail.example.test" >"$root/etc/hosts"
  printf '%s\n' 'hosts: files' >"$root/etc/nsswitch.conf"
  cp "$box/key.pub" "$root/root/.ssh/authorized_keys"
  ssh-keygen -q -t ed25519 -N '' -f "$root/etc/ssh/host_key"
  cat >"$root/etc/ssh/sshd_config" <<-CONFIG
	ListenAddress 127.0.0.1
	HostKey /etc/ssh/host_key
	AuthorizedKeysFile /root/.ssh/authorized_keys
	PidFile none
	UsePAM no
	PasswordAuthentication no
	KbdInteractiveAuthentication no
	MaxStartups 200
	PermitRootLogin prohibit-password
	Subsystem sftp internal-sftp
	CONFIG
}

# Starts its sshd. All of the host ends when the process does that this notes in host_pids.
start_host() { # name port
  local name=$1 port=$2 root=$box/hosts/$1
  # shellcheck disable=SC2016 # the inner shell expands it
  unshare --mount --uts --ipc --pid --fork --kill-child --propagation private sh -euc '
    root=$1 name=$2 port=$3
    hostname "$name"
    mount --bind "$root" "$root"
    mount --bind -o ro /usr "$root/usr"
    mount -o remount,bind,ro "$root/usr"
    mount --bind "$root/local" "$root/usr/local"
    mount -t proc proc "$root/proc"
    for device in null zero random urandom; do
      : >>"$root/dev/$device"
      mount --bind "/dev/$device" "$root/dev/$device"
    done
    exec chroot "$root" /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config -p "$port"
  ' sh "$root" "$name" "$port" >"$box/$name.sshd.log" 2>&1 </dev/null &
  host_pids+=($!)
  # Its end is no news.
  disown
  echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$root/etc/ssh/host_key.pub")" >>"$box/known_hosts"
  for _ in $(seq 100); do
    if grep -q 'listening on' "$box/$name.sshd.log"; then return; fi
    sleep 0.05
  done
  echo "tests/fleet: the sshd of $name does not start:" >&2
  cat "$box/$name.sshd.log" >&2
  exit 2
}

stop_hosts() {
  local pid
  for pid in "${host_pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
}
