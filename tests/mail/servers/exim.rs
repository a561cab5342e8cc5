//! Exim, Debian's mail server, as a daemon of its own: configuration, spool and mail in a temporary folder.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{MailServer, PASSWORD, PATIENCE, Tls, USER, missing, public_folder};
use crate::common::pki::Identity;

/// Exim refuses to deliver as root, so root's tests run it as Debian's `nobody`.
const NOBODY: u32 = 65534;

/// The ports are free when they are chosen, and may be taken a moment later.
const ATTEMPTS: usize = 5;

/// Priorities (GnuTLS) of a server that was never renewed.
pub(crate) const ONLY_TLS_1_0: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.0";
pub(crate) const ONLY_TLS_1_2: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.2";

pub(crate) fn find() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let found = ["/usr/sbin/exim4", "/usr/sbin/exim", "exim4", "exim"].into_iter().find(|program| {
            let output = Command::new(program).arg("-bV").output();
            output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("Exim version 4"))
        });
        if found.is_none() {
            missing("Exim (Debian: exim4-daemon-light)");
        }
        found
    })
}

pub(crate) struct Exim {
    child: Child,
    implicit: u16,
    starttls: u16,
    folder: TempDir,
}

impl Exim {
    /// `priorities` (GnuTLS) restrict the protocol versions and cipher suites.
    pub(crate) fn start(program: &str, identity: &Identity, tls: Tls, priorities: Option<&str>) -> Self {
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            match Self::try_start(program, identity, tls, priorities) {
                Ok(server) => return server,
                Err(log) => said = log,
            }
        }
        panic!("Exim does not start: {said}");
    }

    fn try_start(
        program: &str,
        identity: &Identity,
        tls: Tls,
        priorities: Option<&str>,
    ) -> Result<Self, String> {
        let folder = public_folder();
        let owner = fs::metadata(folder.path()).unwrap();
        let user = if owner.uid() == 0 { NOBODY } else { owner.uid() };
        let group = if owner.uid() == 0 { NOBODY } else { owner.gid() };
        for name in ["spool", "inbox", "log"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            chown(folder.path().join(name), Some(user), Some(group)).unwrap();
        }
        let (implicit, starttls) = free_ports();
        let configuration = folder.path().join("exim.conf");
        let settings = Settings { folder: folder.path(), user, group, implicit, starttls };
        fs::write(&configuration, settings.text(identity, tls, priorities)).unwrap();
        let mut command = Command::new(program);
        // `-bdf`: a daemon that stays in the foreground and runs no queue.
        command.arg("-C").arg(&configuration).arg("-bdf");
        if owner.uid() == 0 {
            command.uid(user).gid(group);
        }
        let errors = fs::File::create(folder.path().join("stderr")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn();
        let mut server = Self { child: child.expect("exim"), implicit, starttls, folder };
        let start = Instant::now();
        // The daemon logs that it listens after it does.
        while !server.log().contains("daemon started") {
            let ended = server.child.try_wait().unwrap().is_some();
            if ended || start.elapsed() > PATIENCE {
                return Err(server.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }
}

impl MailServer for Exim {
    fn name(&self) -> &'static str {
        "Exim"
    }

    fn implicit(&self) -> u16 {
        self.implicit
    }

    fn starttls(&self) -> u16 {
        self.starttls
    }

    fn inbox(&self) -> PathBuf {
        // A maildir keeps what is still being written elsewhere.
        self.folder.path().join("inbox/new")
    }

    fn log(&self) -> String {
        let names = ["stderr", "log/main.log", "log/panic.log"];
        names.map(|name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()).concat()
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_ports() -> (u16, u16) {
    let listeners = [TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap()];
    let [implicit, starttls] = listeners.map(|listener| listener.local_addr().unwrap().port());
    (implicit, starttls)
}

struct Settings<'a> {
    folder: &'a Path,
    user: u32,
    group: u32,
    implicit: u16,
    starttls: u16,
}

impl Settings<'_> {
    /// Takes mail from who is authenticated, for whomever, and puts all of it into one folder.
    fn text(&self, identity: &Identity, tls: Tls, priorities: Option<&str>) -> String {
        let Settings { user, group, implicit, starttls, .. } = self;
        let folder = self.folder.display();
        let certificate = identity.chain.display();
        let key = identity.key.display();
        let (advertise, condition) = match tls {
            Tls::Offered => ("*", "${if def:tls_in_cipher}"),
            Tls::Stripped => ("", "yes"),
        };
        let priorities = priorities.map(|text| format!("tls_require_ciphers = {text}")).unwrap_or_default();
        let password = PASSWORD.replace('\\', "\\\\").replace('"', "\\\"");
        format!(
            r#"
exim_user = {user}
exim_group = {group}
deliver_drop_privilege = true
primary_hostname = mail.example.test
spool_directory = {folder}/spool
pid_file_path = {folder}/spool/exim.pid
log_file_path = {folder}/log/%s.log
local_interfaces = 127.0.0.1
daemon_smtp_ports = {starttls} : {implicit}
daemon_startup_retries = 0
tls_on_connect_ports = {implicit}
tls_advertise_hosts = {advertise}
tls_certificate = {certificate}
tls_privatekey = {key}
{priorities}
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
smtp_receive_timeout = 60s
check_spool_space = 0
check_spool_inodes = 0
acl_smtp_rcpt = recipient
acl_smtp_data = data

begin acl
recipient:
  accept authenticated = *
  deny message = authentication required
data:
  accept

begin routers
everybody:
  driver = accept
  transport = inbox

begin transports
inbox:
  driver = appendfile
  directory = {folder}/inbox
  maildir_format
  user = {user}
  group = {group}
  return_path_add
  envelope_to_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = "${{if and{{{{eq{{$auth2}}{{{USER}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}"
  server_set_id = $auth2
  server_advertise_condition = {condition}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = "${{if and{{{{eq{{$auth1}}{{{USER}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}"
  server_set_id = $auth1
  server_advertise_condition = {condition}
"#
        )
    }
}
