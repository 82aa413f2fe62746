//! A whole client against a server that is only a table of what it heard and wants.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod server;

use muster_ids::AllocId;
use muster_model::{ClientStatus, DesiredStatus};
use muster_rpc::UserCa;
use muster_rpc::messages::{AllocGc, AllocRestart, FsList, FsRead, HostStats, LogKind, Origin, TaskLogs};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::testing::{self, FakeDriver};
use server::Server;

const ID: AllocId = AllocId::from_bytes([1; 16]);
const DEADLINE: Duration = Duration::from_secs(5);

struct Cluster {
    dir: tempfile::TempDir,
    ca: UserCa,
    driver: FakeDriver,
    server: Server,
}

impl Cluster {
    async fn new() -> Self {
        let ca = UserCa::in_memory().unwrap();
        let server = Server::start(&ca, None).await;
        Self { dir: tempfile::tempdir().unwrap(), driver: FakeDriver::default(), ca, server }
    }

    fn config(&self) -> ClientConfig {
        let mut config = testing::config_of(&self.ca, self.dir.path(), self.driver.clone());
        config.servers = vec![self.server.addr()];
        config
    }

    async fn client(&self) -> Client {
        Client::start(self.config()).await.unwrap()
    }

    /// A client that runs one process.
    async fn running(&self) -> Client {
        self.server.want(testing::saved_alloc(1));
        let client = self.client().await;
        // Other allocations may have begun before anybody looks.
        self.driver.until(|all| all.values().any(|process| process.alloc == ID)).await;
        self.server.until_status(ID, ClientStatus::Running).await;
        client
    }
}

#[tokio::test]
async fn it_registers_beats_runs_and_reports() {
    let cluster = Cluster::new().await;
    let client = cluster.running().await;
    let node = cluster.server.seen().node.unwrap();
    assert_eq!(node.id, client.node_id());
    assert_eq!(node.attributes["driver.fake"].as_ref(), "1");
    cluster.server.until(|seen| seen.beats >= 2).await;
    cluster.driver.exit(1, 0);
    cluster.server.until_status(ID, ClientStatus::Complete).await;
    client.shutdown().await;
}

#[tokio::test]
async fn it_answers_servers() {
    let cluster = Cluster::new().await;
    let client = cluster.running().await;
    let session = cluster.server.session().await;
    let logs = cluster.dir.path().join(format!("alloc/{ID}/alloc/logs"));
    std::fs::write(logs.join("main.stdout.0"), "one").unwrap();

    let list = session.call(FsList { alloc_id: ID, path: "/".into() }, DEADLINE).await.unwrap();
    assert_eq!(list.entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["alloc", "main"]);
    assert!(session.call(HostStats {}, DEADLINE).await.unwrap().memory.total_bytes > 0);

    let request = TaskLogs {
        alloc_id: ID,
        task: "main".parse().unwrap(),
        kind: LogKind::Stdout,
        origin: Origin::Start,
        offset: 0,
        follow: true,
    };
    let mut stream = session.subscribe(request.clone(), DEADLINE).await.unwrap();
    assert_eq!(&stream.next().await.unwrap().unwrap().data[..], b"one");
    std::fs::write(logs.join("main.stdout.1"), "two").unwrap();
    let chunk = stream.next().await.unwrap().unwrap();
    assert_eq!((chunk.file.as_str(), &chunk.data[..]), ("alloc/logs/main.stdout.1", &b"two"[..]));
    let unknown = TaskLogs { task: "nope".parse().unwrap(), ..request };
    let error = session.subscribe(unknown, DEADLINE).await.unwrap_err().to_string();
    assert_eq!(error, "unknown task name \"nope\"");

    let path = "alloc/logs/main.stdout.0".to_owned();
    let read = FsRead { alloc_id: ID, path, origin: Origin::Start, offset: 1, limit: Some(1), follow: false };
    let mut stream = session.subscribe(read, DEADLINE).await.unwrap();
    assert_eq!(&stream.next().await.unwrap().unwrap().data[..], b"n");
    assert!(stream.next().await.is_none());

    session.call(AllocRestart { alloc_id: ID, task: None, all_tasks: false }, DEADLINE).await.unwrap();
    cluster.driver.until(|all| all.len() == 2 && all[&2].exit.is_none()).await;
    let early = session.call(AllocGc { alloc_id: ID }, DEADLINE).await.unwrap_err().to_string();
    assert!(early.contains("not eligible for GC"), "{early}");
    cluster.driver.exit(2, 0);
    cluster.server.until_status(ID, ClientStatus::Complete).await;
    // The report is stored; that it is, the client learns a moment later.
    while session.call(AllocGc { alloc_id: ID }, DEADLINE).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(!cluster.dir.path().join(format!("alloc/{ID}")).exists());
    client.shutdown().await;
}

#[tokio::test]
async fn a_server_that_restarts_restarts_no_task() {
    let mut cluster = Cluster::new().await;
    cluster.server.want(testing::saved_alloc(2));
    let client = cluster.running().await;
    cluster.driver.until_alive(2).await;
    let (addr, wanted) = (cluster.server.addr(), cluster.server.wanted());
    cluster.server.stop().await;
    // An end that nobody could be told of at once.
    cluster.driver.exit(1, 0);
    cluster.server = Server::start(&cluster.ca, Some((addr, wanted))).await;
    cluster
        .server
        .until(|seen| seen.statuses.values().any(|all| all.contains(&ClientStatus::Complete)))
        .await;
    assert_eq!(cluster.driver.processes().len(), 2);
    assert_eq!(cluster.driver.processes()[&2].exit, None);
    client.shutdown().await;
}

#[tokio::test]
async fn an_agent_that_restarts_is_the_same_node_with_the_same_process() {
    let cluster = Cluster::new().await;
    let client = cluster.running().await;
    let id = client.node_id();
    client.shutdown().await;
    assert_eq!(cluster.driver.processes()[&1].exit, None, "tasks outlive their agent");
    let client = cluster.client().await;
    assert_eq!(client.node_id(), id);
    cluster.server.until(|seen| seen.registrations == 2).await;
    cluster.driver.exit(1, 0);
    cluster.server.until_status(ID, ClientStatus::Complete).await;
    assert_eq!(cluster.driver.processes().len(), 1);
    client.shutdown().await;
    // Having ended once, it does not run again.
    let client = cluster.client().await;
    cluster.server.until(|seen| seen.registrations == 3 && seen.beats > 0).await;
    assert_eq!(cluster.driver.processes().len(), 1);
    client.shutdown().await;
}

#[tokio::test]
async fn servers_stop_and_remove() {
    let cluster = Cluster::new().await;
    let client = cluster.running().await;
    let stopped = crate::SavedAlloc { desired: DesiredStatus::Stop, ..testing::saved_alloc(1) };
    cluster.server.want(stopped);
    cluster.server.until_status(ID, ClientStatus::Complete).await;
    cluster.server.want(testing::saved_alloc(2));
    cluster.driver.until_alive(1).await;
    cluster.server.forget(AllocId::from_bytes([2; 16]));
    cluster.driver.until_alive(0).await;
    let queries = client.queries();
    while queries.allocs().await.len() > 1 {
        tokio::task::yield_now().await;
    }
    client.shutdown().await;
}

#[tokio::test]
async fn a_damaged_or_old_push_changes_nothing() {
    let cluster = Cluster::new().await;
    let client = cluster.running().await;
    for damage in [server::Damage::Job, server::Damage::Group, server::Damage::Index] {
        let before = cluster.server.seen().registrations;
        cluster.server.push_damaged(damage).await;
        cluster.server.until(|seen| seen.registrations > before).await;
        assert_eq!(cluster.driver.processes()[&1].exit, None, "{damage:?} stopped a task");
    }
    assert_eq!(cluster.driver.processes().len(), 1);
    client.shutdown().await;
}

#[tokio::test]
async fn a_development_agent_leaves_nothing() {
    let cluster = Cluster::new().await;
    cluster.server.want(testing::saved_alloc(1));
    let client = Client::start(ClientConfig { dev: true, ..cluster.config() }).await.unwrap();
    cluster.driver.until_alive(1).await;
    client.shutdown().await;
    assert_eq!(cluster.driver.processes()[&1].exit, Some(143));
    assert_eq!(std::fs::read_dir(cluster.dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn requests_of_users_reach_the_server() {
    let cluster = Cluster::new().await;
    let client = cluster.client().await;
    let mut stream = client.forward_http().await.unwrap();
    stream.write_all(b"GET").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "GET");
    client.shutdown().await;
}

#[tokio::test]
async fn a_client_without_servers_does_not_start() {
    let cluster = Cluster::new().await;
    let config = ClientConfig { servers: Vec::new(), ..cluster.config() };
    assert!(Client::start(config).await.unwrap_err().to_string().contains("set `servers`"));
}

#[tokio::test]
async fn work_of_a_namespace_that_may_not_run_in_its_pool_fails_before_anything_of_it_runs() {
    let cluster = Cluster::new().await;
    cluster.server.bind(muster_ids::Namespace::default_namespace(), "elsewhere");
    cluster.server.want(testing::saved_alloc(1));
    let client = cluster.client().await;
    cluster.server.until_status(ID, ClientStatus::Failed).await;
    assert!(cluster.driver.processes().is_empty());
    assert!(!cluster.server.seen().statuses[&ID].contains(&ClientStatus::Running));
    client.shutdown().await;

    // What was refused stays refused, also when it may run now.
    cluster.server.bind(muster_ids::Namespace::default_namespace(), "default");
    let client = cluster.client().await;
    cluster.server.want(testing::saved_alloc(2));
    cluster.server.until_status(AllocId::from_bytes([2; 16]), ClientStatus::Running).await;
    assert!(cluster.driver.processes().values().all(|process| process.alloc != ID));
    client.shutdown().await;
}

#[tokio::test]
async fn what_its_operator_does_not_accept_fails_and_is_no_driver_of_its_node() {
    let cluster = Cluster::new().await;
    let mut config = cluster.config();
    config.accept.namespaces = Some(vec!["team-*".into(), "ops".into()]);
    config.accept.drivers = Some(vec!["exec".into()]);
    let client = Client::start(config).await.unwrap();
    cluster.server.until(|seen| seen.node.is_some()).await;
    let node = cluster.server.seen().node.unwrap();
    assert_eq!(node.attributes["accept.namespaces"].as_ref(), "team-*,ops");
    assert!(!node.attributes.contains_key("driver.fake"));
    cluster.server.want(testing::saved_alloc(1));
    cluster.server.until_status(ID, ClientStatus::Failed).await;
    assert!(cluster.driver.processes().is_empty());
    client.shutdown().await;
}
