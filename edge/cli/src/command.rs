//! The table of commands: words, alias, type and one line about each. A command is added here and in its own file.

use clap::ArgMatches;

use crate::complete::Completion;
use crate::complete::install::Install;
use crate::failure::Outcome;
use crate::shell::Shell;
use crate::verb::{Refused, Verb};
use crate::{
    acl, agent_info, agent_monitor, alloc, deployment, eval, fmt, job, namespace, node, operator, scaling,
    server, status, system, tls, version,
};

/// A parsed command, ready for [`crate::execute`].
#[derive(Debug)]
pub struct Command(Kind);

impl Command {
    pub(crate) const fn complete(completion: Completion) -> Self {
        Self(Kind::Complete(completion))
    }

    pub(crate) const fn install(install: Install) -> Self {
        Self(Kind::Install(install))
    }
}

/// A line of the table, before it is known which command was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// `job run`
    pub words: &'static str,
    /// The one word that older scripts use.
    pub alias: Option<&'static str>,
    pub about: &'static str,
    pub augment: fn(clap::Command) -> clap::Command,
    pub refused: &'static [Refused],
    pub read: fn(&ArgMatches) -> Result<Command, clap::Error>,
}

macro_rules! commands {
    ($($name:ident($args:ty): $words:literal $(or $alias:literal)?, $about:literal;)*) => {
        #[derive(Debug)]
        enum Kind {
            $($name(Box<$args>),)*
            /// Not for people: a shell asks how a line may go on.
            Complete(Completion),
            Install(Install),
        }

        /// Every command that talks to an agent, and `version`.
        pub(crate) const ROWS: &[Row] = &[$(Row {
            words: $words,
            alias: commands!(@alias $($alias)?),
            about: $about,
            augment: <$args as clap::Args>::augment_args,
            refused: <$args as Verb>::REFUSED,
            read: |matches| {
                let args = <$args as clap::FromArgMatches>::from_arg_matches(matches)?;
                Ok(Command(Kind::$name(Box::new(args))))
            },
        }),*];

        impl Command {
            pub(crate) async fn run(self, shell: &mut Shell) -> Outcome {
                match self.0 {
                    $(Kind::$name(args) => args.run(shell).await,)*
                    Kind::Complete(completion) => completion.run(shell).await,
                    Kind::Install(install) => install.run(shell),
                }
            }
        }
    };
    (@alias) => { None };
    (@alias $alias:literal) => { Some($alias) };
}

commands! {
    AclBootstrap(acl::bootstrap::AclBootstrap): "acl bootstrap", "Make the first ACL token.";
    AclPolicyApply(acl::policy::apply::AclPolicyApply): "acl policy apply", "Make or rewrite an ACL policy.";
    AclPolicyCreate(acl::policy::create::AclPolicyCreate): "acl policy create", "Make an ACL policy that is named like its file.";
    AclPolicyDelete(acl::policy::delete::AclPolicyDelete): "acl policy delete", "Forget an ACL policy.";
    AclPolicyInfo(acl::policy::info::AclPolicyInfo): "acl policy info", "Show an ACL policy and its rules.";
    AclPolicyInit(acl::policy::init::AclPolicyInit): "acl policy init", "Write the ready policy of a persona, to a file or to the cluster.";
    AclPolicyList(acl::policy::list::AclPolicyList): "acl policy list", "List ACL policies.";
    AclPolicySelf(acl::policy::own::AclPolicySelf): "acl policy self", "List the ACL policies behind the token in use.";
    AclRoleCreate(acl::role::create::AclRoleCreate): "acl role create", "Make an ACL role.";
    AclRoleDelete(acl::role::delete::AclRoleDelete): "acl role delete", "Forget an ACL role.";
    AclRoleInfo(acl::role::info::AclRoleInfo): "acl role info", "Show an ACL role.";
    AclRoleList(acl::role::list::AclRoleList): "acl role list", "List ACL roles.";
    AclRoleUpdate(acl::role::update::AclRoleUpdate): "acl role update", "Change an ACL role.";
    AclStatus(acl::status::AclStatus): "acl status", "Show how access control stands: bootstrap, tokens, what expires.";
    AclTokenCreate(acl::token::create::AclTokenCreate): "acl token create", "Make an ACL token.";
    AclTokenDelete(acl::token::delete::AclTokenDelete): "acl token delete", "Revoke an ACL token.";
    AclTokenInfo(acl::token::info::AclTokenInfo): "acl token info", "Show an ACL token.";
    AclTokenList(acl::token::list::AclTokenList): "acl token list", "List ACL tokens.";
    AclTokenSelf(acl::token::own::AclTokenSelf): "acl token self", "Show the ACL token in use.";
    AclTokenUpdate(acl::token::update::AclTokenUpdate): "acl token update", "Change an ACL token's name or policies.";
    AllocChecks(alloc::checks::AllocChecks): "alloc checks", "Show the health checks of an allocation's services.";
    AllocExec(alloc::exec::AllocExec): "alloc exec" or "exec", "Run a command beside a running task.";
    AllocFs(alloc::fs::AllocFs): "alloc fs" or "fs", "List, describe and print files of an allocation.";
    AgentInfo(agent_info::AgentInfo): "agent-info", "Show what an agent says of itself.";
    AllocLogs(alloc::logs::AllocLogs): "alloc logs" or "logs", "Print what a task wrote to its standard output or error.";
    AllocRestart(alloc::restart::AllocRestart): "alloc restart", "Restart tasks of an allocation in place.";
    AllocSignal(alloc::signal::AllocSignal): "alloc signal", "Send a signal to tasks of an allocation.";
    AllocStatus(alloc::status::AllocStatus): "alloc status" or "alloc-status", "Show an allocation and its tasks.";
    AllocStop(alloc::stop::AllocStop): "alloc stop", "Stop an allocation; its job gets a replacement.";
    DeploymentFail(deployment::fail::DeploymentFail): "deployment fail", "Give a rollout up.";
    DeploymentList(deployment::list::DeploymentList): "deployment list", "List deployments.";
    DeploymentPause(deployment::pause::DeploymentPause): "deployment pause", "Hold a rollout.";
    DeploymentPromote(deployment::promote::DeploymentPromote): "deployment promote", "Let canaries take the place of what they were made beside.";
    DeploymentResume(deployment::resume::DeploymentResume): "deployment resume", "Let a rollout go on.";
    DeploymentStatus(deployment::status::DeploymentStatus): "deployment status", "Show a rollout, or follow it to its end.";
    DeploymentUnblock(deployment::unblock::DeploymentUnblock): "deployment unblock", "Let a rollout over several regions go on.";
    EvalList(eval::list::EvalList): "eval list", "List evaluations.";
    EvalStatus(eval::status::EvalStatus): "eval status" or "eval-status", "Show an evaluation and what it could not place.";
    JobAction(job::action::JobAction): "job action" or "action", "Run a command that a job has prepared for a task.";
    JobAllocs(job::allocs::JobAllocs): "job allocs", "List the allocations of a job.";
    JobDeployments(job::deployments::JobDeployments): "job deployments", "List the rollouts of a job.";
    JobDispatch(job::dispatch::JobDispatch): "job dispatch", "Run a parameterized job with what it is to work on.";
    JobEval(job::eval::JobEval): "job eval", "Evaluate a job again.";
    Fmt(fmt::Fmt): "fmt", "Lay out job files and other HCL in the canonical form.";
    JobHistory(job::history::JobHistory): "job history", "Show the versions of a job and what each changed.";
    JobInit(job::init::JobInit): "job init" or "init", "Write an example job file.";
    JobInspect(job::inspect::JobInspect): "job inspect" or "inspect", "Print a job as the servers hold it.";
    JobPeriodicForce(job::periodic::force::PeriodicForce): "job periodic force", "Run a periodic job now.";
    JobPlan(job::plan::JobPlan): "job plan" or "plan", "Show what registering a job file would change.";
    JobPromote(job::promote::JobPromote): "job promote", "Promote the canaries of a job's newest deployment.";
    JobRestart(job::restart::JobRestart): "job restart", "Restart or replace the allocations of a job, batch by batch.";
    JobRevert(job::revert::JobRevert): "job revert", "Register what an earlier version of a job asked for.";
    JobRun(job::run::JobRun): "job run" or "run", "Register a job and watch it being placed.";
    JobScale(job::scale::JobScale): "job scale", "Give a group of a job another count.";
    JobScalingEvents(job::scaling_events::JobScalingEvents): "job scaling-events", "List what happened to the counts of a job's groups.";
    JobStart(job::start::JobStart): "job start" or "start", "Start stopped jobs as they were before.";
    JobStatus(job::status::JobStatus): "job status", "List jobs, or show one with its allocations.";
    JobStop(job::stop::JobStop): "job stop" or "stop", "Stop jobs.";
    JobTagApply(job::tag::apply::JobTagApply): "job tag apply", "Name a version of a job, and so keep it.";
    JobTagUnset(job::tag::unset::JobTagUnset): "job tag unset", "Take a version's name away.";
    JobValidate(job::validate::JobValidate): "job validate" or "validate", "Check a job file without registering it.";
    Monitor(agent_monitor::Monitor): "monitor", "Follow an agent's log.";
    MonitorExport(agent_monitor::export::MonitorExport): "monitor export", "Print what an agent logged before.";
    OperatorRootKeyringList(operator::root_keyring::list::RootKeyringList): "operator root keyring list", "Show the keys that the cluster encrypts and signs with.";
    OperatorRootKeyringRemove(operator::root_keyring::remove::RootKeyringRemove): "operator root keyring remove", "Forget a key that is not active.";
    OperatorRootKeyringRotate(operator::root_keyring::rotate::RootKeyringRotate): "operator root keyring rotate", "Let another key take over.";
    OperatorSchedulerGetConfig(operator::scheduler::get_config::SchedulerGetConfig): "operator scheduler get-config", "Show how the cluster schedules.";
    OperatorSchedulerSetConfig(operator::scheduler::set_config::SchedulerSetConfig): "operator scheduler set-config", "Change how the cluster schedules.";
    NamespaceApply(namespace::apply::NamespaceApply): "namespace apply", "Make or change a namespace.";
    NamespaceCreate(namespace::apply::NamespaceApply): "namespace create", "Make or change a namespace: another name of `namespace apply`.";
    NamespaceDelete(namespace::delete::NamespaceDelete): "namespace delete", "Forget a namespace in which nothing runs.";
    NamespaceInspect(namespace::inspect::NamespaceInspect): "namespace inspect", "Print a namespace as the servers hold it.";
    NamespaceList(namespace::list::NamespaceList): "namespace list", "List namespaces.";
    NamespaceStatus(namespace::status::NamespaceStatus): "namespace status", "Show a namespace.";
    OperatorApi(operator::api::OperatorApi): "operator api", "Send any request to the API.";
    OperatorJoinTokenCreate(operator::join_token::create::JoinTokenCreate): "operator join-token create", "Make a token with which one machine joins.";
    OperatorJoinTokenDelete(operator::join_token::delete::JoinTokenDelete): "operator join-token delete", "Let nobody join with a token.";
    OperatorJoinTokenList(operator::join_token::list::JoinTokenList): "operator join-token list", "List join tokens and what became of them.";
    OperatorSetupClient(operator::setup::client::SetupClient): "operator setup client", "Let this machine join a cluster.";
    OperatorSetupServer(operator::setup::server::SetupServer): "operator setup server", "Make a secure cluster, beginning with its first server.";
    OperatorTenantCreate(operator::tenant::create::TenantCreate): "operator tenant create", "Make a tenant: a namespace, its node pool, its rights and a token.";
    SystemReconcile(system::reconcile::SystemReconcile): "system reconcile summaries", "Recompute the counts of all jobs.";
    NodeBan(node::ban::NodeBan): "node ban", "Shut a node out; its work goes elsewhere.";
    NodeUnban(node::unban::NodeUnban): "node unban", "Let a banned node come back.";
    OperatorCertificateList(operator::certificate::list::CertificateList): "operator certificate list", "List banned nodes and revoked certificates.";
    OperatorCertificateRestore(operator::certificate::restore::CertificateRestore): "operator certificate restore", "Let a revoked certificate count again.";
    OperatorCertificateRevoke(operator::certificate::revoke::CertificateRevoke): "operator certificate revoke", "Let nobody in with a certificate any more.";
    NodeConfig(node::config::NodeConfig): "node config" or "client-config", "List or replace the servers that a client knows.";
    NodeDrain(node::drain::NodeDrain): "node drain" or "node-drain", "Empty a node, or stop doing so.";
    NodeEligibility(node::eligibility::NodeEligibility): "node eligibility", "Allow or forbid new work on a node.";
    NodeMetaApply(node::meta::apply::NodeMetaApply): "node meta apply", "Set and unset a node's metadata while it runs.";
    NodeMetaRead(node::meta::read::NodeMetaRead): "node meta read", "Print a node's metadata.";
    NodePoolApply(node::pool::apply::NodePoolApply): "node pool apply", "Make or change a node pool.";
    NodePoolDelete(node::pool::delete::NodePoolDelete): "node pool delete", "Forget a node pool that nothing is in.";
    NodePoolInfo(node::pool::info::NodePoolInfo): "node pool info", "Show a node pool.";
    NodePoolInit(node::pool::init::NodePoolInit): "node pool init", "Write the file of an example node pool.";
    NodePoolJobs(node::pool::jobs::NodePoolJobs): "node pool jobs", "List the jobs of a node pool.";
    NodePoolList(node::pool::list::NodePoolList): "node pool list", "List node pools.";
    NodePoolNodes(node::pool::nodes::NodePoolNodes): "node pool nodes", "List the nodes of a node pool.";
    NodeStatus(node::status::NodeStatus): "node status" or "node-status", "List nodes, or show one.";
    ScalingPolicyInfo(scaling::policy::info::ScalingPolicyInfo): "scaling policy info", "Show a scaling policy.";
    ScalingPolicyList(scaling::policy::list::ScalingPolicyList): "scaling policy list", "List scaling policies.";
    ServerMembers(server::members::ServerMembers): "server members" or "server-members", "List the servers.";
    Status(status::Status): "status", "Show whatever has an id that begins with a text; or list jobs.";
    TlsCaCreate(tls::ca::create::TlsCaCreate): "tls ca create", "Make a certificate authority for a cluster.";
    TlsCaInfo(tls::ca::info::TlsCaInfo): "tls ca info", "Show the certificate of an authority.";
    TlsCertCreate(tls::cert::create::TlsCertCreate): "tls cert create", "Make a certificate for a server, a client or the command line.";
    TlsCertInfo(tls::cert::info::TlsCertInfo): "tls cert info", "Show a certificate.";
    SystemGc(system::gc::SystemGc): "system gc", "Forget everything that is over.";
    Version(version::Version): "version", "Print the version.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_consistent_model() {
        for row in ROWS {
            crate::parse::model(row).debug_assert();
        }
    }

    #[test]
    fn no_two_commands_share_their_words() {
        let mut names: Vec<&str> =
            ROWS.iter().map(|row| row.words).chain(ROWS.iter().filter_map(|r| r.alias)).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
