//! One file per command. Each judges its preconditions against the tables as they are, then changes them, or refuses
//! and leaves them alone. None reads a clock or draws an id.

mod acl_bootstrap;
mod acl_policy_delete;
mod acl_policy_upsert;
mod acl_role_delete;
mod acl_role_upsert;
mod acl_token_create;
mod acl_token_delete;
mod acl_token_update;
mod alloc_client_update;
mod alloc_migrate;
mod alloc_stop;
mod child;
mod deployment;
mod eval_update;
mod feature_level_raise;
mod garbage_collect;
mod job_deregister;
pub(crate) mod job_dispatch;
mod job_evaluate;
mod job_register;
mod job_revert;
mod job_scale;
mod job_stability;
mod job_store;
mod job_tag_apply;
mod job_tag_remove;
mod join_token_create;
mod join_token_delete;
mod join_token_use;
mod namespace_delete;
mod namespace_upsert;
mod node_drain_finish;
mod node_drain_update;
mod node_eligibility_update;
mod node_evals;
mod node_give_up;
mod node_news;
mod node_plans_rejected;
mod node_pool_delete;
mod node_pool_upsert;
mod node_register;
mod node_status_update;
mod one_time_token_collect;
mod one_time_token_create;
mod one_time_token_exchange;
mod periodic_launch;
mod plan_apply;
mod revocation_create;
mod revocation_delete;
mod root_key_add;
mod root_key_delete;
mod root_key_state_update;
mod scheduler_config_update;
mod tracked_versions_set;

use crate::change::Change;
use crate::command::{Command, Refusal, Reply};
use crate::tables::Tables;

pub(crate) fn apply(tables: &mut Tables, cx: &mut Change, command: &Command) -> Result<Reply, Refusal> {
    match command {
        Command::JobRegister(command) => job_register::apply(tables, cx, command),
        Command::JobDeregister(command) => job_deregister::apply(tables, cx, command),
        Command::JobRevert(command) => job_revert::apply(tables, cx, command),
        Command::JobScale(command) => job_scale::apply(tables, cx, command),
        Command::JobEvaluate(command) => job_evaluate::apply(tables, cx, command),
        Command::JobStability(command) => job_stability::apply(tables, cx, command),
        Command::JobTagApply(command) => job_tag_apply::apply(tables, cx, command),
        Command::JobTagRemove(command) => job_tag_remove::apply(tables, cx, command),
        Command::TrackedVersionsSet(command) => tracked_versions_set::apply(tables, command),
        Command::EvalUpdate(command) => Ok(eval_update::apply(tables, cx, command)),
        Command::PlanApply(plan) => plan_apply::apply(tables, cx, plan),
        Command::NodeRegister(command) => node_register::apply(tables, cx, command),
        Command::NodeStatusUpdate(command) => node_status_update::apply(tables, cx, command),
        Command::NodeEligibilityUpdate(command) => node_eligibility_update::apply(tables, cx, command),
        Command::NodeDrainUpdate(command) => node_drain_update::apply(tables, cx, command),
        Command::NodeDrainFinish(command) => Ok(node_drain_finish::apply(tables, cx, command)),
        Command::NodeGiveUp(command) => node_give_up::apply(tables, cx, command),
        Command::AllocMigrate(command) => Ok(alloc_migrate::apply(tables, cx, command)),
        Command::AllocClientUpdate(command) => alloc_client_update::apply(tables, cx, command),
        Command::AllocStop(command) => alloc_stop::apply(tables, cx, command),
        Command::GarbageCollect(command) => Ok(garbage_collect::apply(tables, cx, command)),
        Command::FeatureLevelRaise(command) => feature_level_raise::apply(tables, command),
        Command::AclBootstrap(command) => acl_bootstrap::apply(tables, cx, command),
        Command::AclTokenCreate(command) => acl_token_create::apply(tables, cx, command),
        Command::AclTokenUpdate(command) => acl_token_update::apply(tables, cx, command),
        Command::AclTokenDelete(command) => acl_token_delete::apply(tables, cx, command),
        Command::AclPolicyUpsert(command) => Ok(acl_policy_upsert::apply(tables, cx, command)),
        Command::AclPolicyDelete(command) => Ok(acl_policy_delete::apply(tables, cx, command)),
        Command::AclRoleUpsert(command) => acl_role_upsert::apply(tables, cx, command),
        Command::AclRoleDelete(command) => acl_role_delete::apply(tables, cx, command),
        Command::OneTimeTokenCreate(command) => one_time_token_create::apply(tables, cx, command),
        Command::OneTimeTokenExchange(command) => one_time_token_exchange::apply(tables, cx, command),
        Command::OneTimeTokenCollect => Ok(one_time_token_collect::apply(tables, cx)),
        Command::DeploymentFail(command) => deployment::apply_fail(tables, cx, command),
        Command::DeploymentPromote(command) => deployment::apply_promote(tables, cx, command),
        Command::DeploymentPause(command) => deployment::apply_pause(tables, cx, command),
        Command::DeploymentAllocHealth(command) => deployment::apply_alloc_health(tables, cx, command),
        Command::SchedulerConfigUpdate(command) => Ok(scheduler_config_update::apply(tables, cx, command)),
        Command::NodePoolUpsert(command) => node_pool_upsert::apply(tables, cx, command),
        Command::NodePlansRejected(command) => node_plans_rejected::apply(tables, cx, command),
        Command::NodePoolDelete(command) => node_pool_delete::apply(tables, cx, command),
        Command::NamespaceUpsert(command) => Ok(namespace_upsert::apply(tables, cx, command)),
        Command::NamespaceDelete(command) => namespace_delete::apply(tables, cx, command),
        Command::JobDispatch(command) => job_dispatch::apply(tables, cx, command),
        Command::JoinTokenCreate(command) => join_token_create::apply(tables, cx, command),
        Command::JoinTokenUse(command) => join_token_use::apply(tables, cx, command),
        Command::JoinTokenDelete(command) => join_token_delete::apply(tables, command),
        Command::RevocationCreate(command) => revocation_create::apply(tables, cx, command),
        Command::RevocationDelete(command) => revocation_delete::apply(tables, command),
        Command::PeriodicLaunch(command) => periodic_launch::apply(tables, cx, command),
        Command::RootKeyAdd(command) => root_key_add::apply(tables, cx, command),
        Command::RootKeyStateUpdate(command) => root_key_state_update::apply(tables, cx, command),
        Command::RootKeyDelete(command) => root_key_delete::apply(tables, cx, command),
    }
}
