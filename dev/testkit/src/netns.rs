//! Machines of a small network: network namespaces on one bridge, each with an address of its own.
//!
//! Needs root and the `ip` command; where they are missing, [`Network::new`] says why and its caller skips loudly.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A bridge with machines on it; gone when dropped.
pub struct Network {
    switch: String,
    machines: Vec<Machine>,
}

/// One network namespace with one address.
#[derive(Clone)]
pub struct Machine {
    namespace: String,
    pub address: Ipv4Addr,
}

impl Network {
    /// `machines` machines with the addresses `10.77.0.1` and following, which nobody else reaches.
    ///
    /// # Errors
    /// Why this machine cannot make them.
    pub fn new(machines: u8) -> Result<Self, String> {
        let tag = format!("mst{:x}", std::process::id());
        let mut network = Self { switch: format!("{tag}s"), machines: Vec::new() };
        ip(&["netns", "add", &network.switch])?;
        let inside = |args: &[&str]| ip(&[&["-n", &network.switch], args].concat());
        inside(&["link", "add", "br0", "type", "bridge"])?;
        inside(&["link", "set", "br0", "up"])?;
        for number in 1..=machines {
            let namespace = format!("{tag}m{number}");
            let (outer, address) = (format!("p{number}"), Ipv4Addr::new(10, 77, 0, number));
            ip(&["netns", "add", &namespace])?;
            network.machines.push(Machine { namespace: namespace.clone(), address });
            // Both ends are made where they belong, so that nothing of another test has the same name.
            ip(&[
                "-n",
                &network.switch,
                "link",
                "add",
                &outer,
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                &namespace,
            ])?;
            ip(&["-n", &network.switch, "link", "set", &outer, "master", "br0"])?;
            ip(&["-n", &network.switch, "link", "set", &outer, "up"])?;
            ip(&["-n", &namespace, "addr", "add", &format!("{address}/24"), "dev", "eth0"])?;
            ip(&["-n", &namespace, "link", "set", "eth0", "up"])?;
            ip(&["-n", &namespace, "link", "set", "lo", "up"])?;
        }
        Ok(network)
    }

    #[must_use]
    pub fn machine(&self, number: usize) -> &Machine {
        &self.machines[number - 1]
    }

    /// Records everything that crosses the bridge into a file until the recording is dropped.
    #[must_use]
    pub fn record(&self, file: &Path) -> Recording {
        let script = "import socket,sys\n\
            s=socket.socket(socket.AF_PACKET,socket.SOCK_RAW,socket.htons(3))\n\
            f=open(sys.argv[1],'wb',0)\n\
            open(sys.argv[1]+'.ready','w').close()\n\
            while True: f.write(s.recv(1<<16))";
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.switch, "python3", "-c", script]).arg(file);
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        let ready = PathBuf::from(format!("{}.ready", file.display()));
        crate::eventually("the recording being on", std::time::Duration::from_secs(10), || {
            if ready.exists() { Ok(()) } else { Err("not yet".to_owned()) }
        });
        Recording(child)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for machine in &self.machines {
            let _gone = ip(&["netns", "del", &machine.namespace]);
        }
        let _gone = ip(&["netns", "del", &self.switch]);
    }
}

/// A recording that is on.
pub struct Recording(Child);

impl Drop for Recording {
    fn drop(&mut self) {
        let _ended = (self.0.kill(), self.0.wait());
    }
}

impl Machine {
    /// A command on this machine.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace]).arg(program);
        command.stdin(Stdio::null());
        command
    }
}

fn ip(args: &[&str]) -> Result<(), String> {
    let output =
        Command::new("ip").args(args).output().map_err(|error| format!("`ip` cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("`ip {}`: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
}
