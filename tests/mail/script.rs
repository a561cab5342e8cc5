//! A server that follows a script, and keeps everything that it was told.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What the server does next.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends these octets, in one write.
    Say(Vec<u8>),
    /// Reads a line, which must start so.
    Expect(&'static str),
    /// Reads a message to the line with nothing but a dot.
    Message,
    /// The TLS handshake.
    Tls(Arc<ServerConfig>),
    /// Lets some time pass.
    Pause(Duration),
    /// Sends this again and again, with a pause in between, as long as somebody listens.
    Forever(&'static str, Duration),
    /// Says nothing more, and reads whatever comes.
    Silence,
    /// Closes the connection.
    Close,
}

pub(crate) fn say(text: &str) -> Step {
    Step::Say(text.replace('\n', "\r\n").into_bytes())
}

/// What a server was told.
#[derive(Default)]
pub(crate) struct Told {
    /// Before TLS, or without it.
    pub(crate) plain: Vec<u8>,
    /// Under TLS.
    pub(crate) protected: Vec<u8>,
    /// Why the script was not followed to its end.
    pub(crate) trouble: Option<String>,
}

impl Told {
    pub(crate) fn plain(&self) -> String {
        String::from_utf8_lossy(&self.plain).into_owned()
    }

    pub(crate) fn protected(&self) -> String {
        String::from_utf8_lossy(&self.protected).into_owned()
    }
}

pub(crate) struct Server {
    pub(crate) port: u16,
    thread: JoinHandle<Told>,
}

impl Server {
    /// Follows the script with the first who comes.
    pub(crate) fn start(script: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            serve(stream, script)
        });
        Self { port, thread }
    }

    /// Follows the script with everybody who comes, as long as the tests run; the port.
    pub(crate) fn for_all(script: Vec<Step>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), script.clone());
            }
        });
        port
    }

    /// What it was told, once the conversation is over.
    pub(crate) fn told(self) -> Told {
        self.thread.join().unwrap()
    }
}

fn serve(stream: TcpStream, script: Vec<Step>) -> Told {
    // A test that hangs is worse than one that fails.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut wire = Wire { socket: stream.try_clone().unwrap(), tls: None, told: Told::default() };
    let end = script.into_iter().try_for_each(|step| wire.follow(step));
    wire.told.trouble = end.err().map(|error| error.to_string());
    let _ = stream.shutdown(Shutdown::Both);
    wire.told
}

struct Wire {
    socket: TcpStream,
    tls: Option<Box<StreamOwned<ServerConnection, TcpStream>>>,
    told: Told,
}

impl Wire {
    fn follow(&mut self, step: Step) -> io::Result<()> {
        match step {
            Step::Say(bytes) => self.write(&bytes),
            Step::Expect(start) => {
                let line = self.line()?;
                match line.starts_with(start.as_bytes()) {
                    true => Ok(()),
                    false => {
                        let line = String::from_utf8_lossy(&line).into_owned();
                        Err(io::Error::other(format!("expected {start}, was told {line:?}")))
                    }
                }
            }
            Step::Message => {
                while self.line()? != b".\r\n" {}
                Ok(())
            }
            Step::Tls(config) => {
                let mut connection = ServerConnection::new(config).unwrap();
                let result = connection.complete_io(&mut self.socket).map(|_| ());
                // Its alert is to be read before the connection is gone.
                while connection.wants_write() && connection.write_tls(&mut self.socket).is_ok() {}
                self.tls = Some(Box::new(StreamOwned::new(connection, self.socket.try_clone()?)));
                result
            }
            Step::Pause(time) => {
                std::thread::sleep(time);
                Ok(())
            }
            Step::Forever(text, pause) => loop {
                if self.write(text.as_bytes()).is_err() {
                    return Ok(());
                }
                std::thread::sleep(pause);
            },
            Step::Silence => {
                while self.read().is_ok() {}
                Ok(())
            }
            Step::Close => self.socket.shutdown(Shutdown::Both),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => tls.write_all(bytes).and_then(|()| tls.flush()),
            None => self.socket.write_all(bytes),
        }
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            line.push(self.read()?);
        }
        Ok(line)
    }

    fn read(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        let kept = match &mut self.tls {
            Some(tls) => {
                tls.read_exact(&mut byte)?;
                &mut self.told.protected
            }
            None => {
                self.socket.read_exact(&mut byte)?;
                &mut self.told.plain
            }
        };
        kept.push(byte[0]);
        Ok(byte[0])
    }
}

/// The parts of an honest conversation.
pub(crate) mod honest {
    use super::{Step, say};
    use crate::pki;

    pub(crate) fn tls() -> Vec<Step> {
        vec![Step::Tls(pki::get().server())]
    }

    pub(crate) fn banner() -> Vec<Step> {
        vec![say("220 mail.example.com ESMTP\n")]
    }

    pub(crate) fn ehlo(capabilities: &str) -> Vec<Step> {
        let capabilities = match capabilities {
            "" => "250 mail.example.com\n".to_owned(),
            words => format!("250-mail.example.com\n250-PIPELINING\n250 {words}\n"),
        };
        vec![Step::Expect("EHLO "), say(&capabilities)]
    }

    pub(crate) fn starttls() -> Vec<Step> {
        vec![Step::Expect("STARTTLS\r\n"), say("220 go ahead\n"), Step::Tls(pki::get().server())]
    }

    pub(crate) fn auth_plain() -> Vec<Step> {
        vec![Step::Expect("AUTH PLAIN "), say("235 2.7.0 welcome\n")]
    }

    pub(crate) fn message() -> Vec<Step> {
        vec![
            Step::Expect("MAIL FROM:<ops@example.com>"),
            say("250 ok\n"),
            Step::Expect("RCPT TO:<a@example.org>\r\n"),
            say("250 ok\n"),
            Step::Expect("RCPT TO:<b@example.org>\r\n"),
            say("250 ok\n"),
            Step::Expect("DATA\r\n"),
            say("354 go on\n"),
            Step::Message,
            say("250 2.0.0 queued as 4711\n"),
            Step::Expect("QUIT\r\n"),
            say("221 bye\n"),
            Step::Silence,
        ]
    }

    /// Implicit TLS, without AUTH.
    pub(crate) fn over_tls() -> Vec<Step> {
        [tls(), banner(), ehlo("8BITMIME"), message()].concat()
    }

    /// STARTTLS and AUTH.
    pub(crate) fn over_starttls() -> Vec<Step> {
        [banner(), ehlo("STARTTLS"), starttls(), ehlo("AUTH LOGIN PLAIN"), auth_plain(), message()].concat()
    }

    /// Plain text throughout.
    pub(crate) fn in_clear(capabilities: &str) -> Vec<Step> {
        [banner(), ehlo(capabilities), message()].concat()
    }
}
