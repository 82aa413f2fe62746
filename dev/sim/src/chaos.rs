//! What goes wrong: drawn one after the other, each mended after a while.

use std::time::Duration;

use crate::event::Event;
use crate::fault::Fault;
use crate::node::set_class;
use crate::sim::Sim;

impl Sim {
    pub(crate) fn on_fault(&mut self, fault: Fault) {
        match fault {
            Fault::Draw => {
                let mean = u64::try_from(self.shape.fault_pause.as_millis()).unwrap_or(1000);
                let pause = self.rng.millis(1, mean * 2);
                self.plan(pause, Event::Fault(Fault::Draw));
                if self.faults_allowed() {
                    self.draw_fault();
                }
            }
            Fault::ServerStart { server } => self.start_server(server),
            Fault::AgentStart { node, life } if self.nodes[node].life == life => self.start_agent(node),
            Fault::AgentStart { .. } => {}
            Fault::MachineStart { node } => self.give_power(node),
        }
    }

    fn draw_fault(&mut self) {
        let node = self.rng.index(self.nodes.len());
        let server = self.rng.index(self.servers.len());
        match self.rng.below(100) {
            0..=24 => {
                self.stop_agent(node);
                self.agent_starts_later(node, 15_000);
            }
            25..=27 => self.flap(node),
            28..=36 => self.power_fails(node, false),
            37..=39 => self.power_fails(node, true),
            40..=57 => {
                let longest = if self.rng.permille(250) { 240_000 } else { 45_000 };
                let until = self.now.after(self.rng.millis(300, longest));
                self.net.cut_node(node, until);
            }
            58..=65 => self.cut_server(server),
            66..=77 => self.depose_unless_alone(),
            78..=83 if self.servers.len() > 1 => self.stop_server(server),
            84..=89 => self.jump_clock(node, server),
            90..=95 => self.facts_change(node),
            _ => {}
        }
    }

    fn depose_unless_alone(&mut self) {
        if self.servers.len() > 1 {
            self.depose();
        }
    }

    fn cut_server(&mut self, server: usize) {
        if self.servers.len() == 1 {
            return;
        }
        let until = self.now.after(self.rng.millis(300, 25_000));
        self.net.cut_server(server, until);
        if self.raft.leader == Some(server) && self.rng.permille(700) {
            self.depose();
        }
    }

    /// Comes and goes, faster than anybody believes it gone.
    fn flap(&mut self, node: usize) {
        self.stop_agent(node);
        self.start_agent(node);
        self.stop_agent(node);
        self.agent_starts_later(node, 400);
    }

    fn power_fails(&mut self, node: usize, with_the_disk: bool) {
        if !self.nodes[node].powered {
            return;
        }
        self.cut_power(node);
        if with_the_disk {
            self.wipe(node);
        }
        let pause = self.rng.millis(500, 70_000);
        self.plan(pause, Event::Fault(Fault::MachineStart { node }));
    }

    /// Clocks only jump ahead; a leader whose clock is behind the last one's is what going back looks like to the log.
    fn jump_clock(&mut self, node: usize, server: usize) {
        let by = match self.rng.below(10) {
            0 => self.rng.secs(600, 7200),
            1..=3 => self.rng.secs(30, 600),
            _ => Duration::from_millis(self.rng.range(1, 30_000)),
        };
        if self.rng.coin() {
            self.nodes[node].clock.jump(by);
        } else {
            self.servers[server].clock.jump(by);
        }
    }

    fn facts_change(&mut self, node: usize) {
        let version = self.rng.below(3).to_string();
        let facts = &mut self.nodes[node].facts;
        facts.attributes.insert("os.version".into(), version.as_str().into());
        for instance in facts.capacity.devices.iter_mut().flat_map(|group| &mut group.instances) {
            instance.healthy = !self.rng.permille(150);
        }
        set_class(facts);
        self.send_registration(node);
    }
}
