# shellcheck shell=bash disable=SC2154 # variables of run
# What the checks are written with, and the tools they need. To be sourced; `box` is the folder of the test,
# `root` the project's.

passed=0 failed=0 code=0

ok() { # description condition...
  local description=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "  ok: $description"
  else
    failed=$((failed + 1))
    echo "  FAILED: $description"
  fi
}

# Runs a command and keeps what it says; it is shown if the exit code is another one than expected.
run() { # code command...
  local expected=$1
  shift
  echo "> $*"
  code=0
  "$@" >"$box/out" 2>&1 </dev/null || code=$?
  if [ "$code" -ne "$expected" ]; then sed 's/^/  | /' "$box/out"; fi
  ok "exit code $expected" [ "$code" -eq "$expected" ]
}

says() { grep -qF -- "$1" "$box/out"; }
lacks() { ! says "$1"; }
same() { cmp -s "$1" "$2"; }
absent() { [ ! -e "$1" ]; }
is() { [ "$1" = "$2" ]; }

install_tools() {
  local missing=() policy=/usr/sbin/policy-rc.d made_policy="" log=$box/install.log
  [ -x /usr/sbin/sshd ] || missing+=(openssh-server openssh-client)
  [ -x /usr/bin/python3 ] || missing+=(python3)
  command -v openssl >/dev/null || missing+=(openssl)
  command -v systemd-analyze >/dev/null || missing+=(systemd)
  /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || missing+=(python3-aiosmtpd)
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  if [ ${#missing[@]} -gt 0 ]; then
    echo "tests/fleet: installing ${missing[*]}"
    # An sshd of the machine's own must not be started because it is installed.
    if [ ! -e "$policy" ]; then
      made_policy=$policy
      printf '#!/bin/sh\nexit 101\n' >"$policy"
      chmod 755 "$policy"
    fi
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      --no-remove "${missing[@]}"; } >"$log" 2>&1; then
      cat "$log"
      rm -f "$made_policy"
      echo "tests/fleet: cannot install ${missing[*]}"
      exit 2
    fi
    rm -f "$made_policy"
  fi
  venv=$root/target/fleet/venv
  if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
    # Of the collections that Ansible's own package brings, the modules for Windows are needed, to check what
    # names them: 158 files of 50,000.
    "$venv/bin/pip" download -q --disable-pip-version-check --no-deps -d "$venv/wheels" ansible==12.3.0
    "$venv/bin/python" - "$venv" <<-'PYTHON'
	import glob, sys, zipfile
	with zipfile.ZipFile(glob.glob(sys.argv[1] + "/wheels/ansible-*.whl")[0]) as wheel:
	    wanted = [name for name in wheel.namelist() if name.startswith("ansible_collections/ansible/windows/")]
	    wheel.extractall(sys.argv[1] + "/collections", wanted)
	PYTHON
    rm -r "$venv/wheels"
    cp "$here/requirements.txt" "$venv/requirements.txt"
  fi
  export PATH=$venv/bin:$PATH LC_ALL=C.UTF-8
}

# The command under test, without what a debugger wants: it is copied to every host.
build_command() {
  if [ -z "${TRUSTSTORE_BIN:-}" ]; then
    cargo build -q --all-features --bin truststore
    TRUSTSTORE_BIN=${CARGO_TARGET_DIR:-$root/target}/debug/truststore
  fi
  strip --strip-debug -o "$box/truststore" "$TRUSTSTORE_BIN"
  version=$("$box/truststore" --version)
  version=${version#truststore }
  unset TRUSTSTORE_PASSWORD TRUSTSTORE_PATH
}
