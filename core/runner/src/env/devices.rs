//! Which devices a task was given: `MUSTER_DEVICES_<TYPE>` and `MUSTER_DEVICES_<VENDOR>_<TYPE>_<MODEL>` hold their ids,
//! comma-separated.

use super::TaskEnvInput;
use super::meta::clean;

pub fn variables(input: &TaskEnvInput<'_>) -> Vec<(String, String)> {
    let allotted = input.alloc.allotted.as_deref();
    let own = allotted.and_then(|allotted| allotted.of_task(&input.task.name));
    let mut vars: Vec<(String, String)> = Vec::new();
    for device in own.iter().flat_map(|own| &own.devices) {
        let ids = device.instances.iter().map(|id| &**id).collect::<Vec<_>>().join(",");
        let names = [device.kind.to_string(), format!("{}_{}_{}", device.vendor, device.kind, device.name)];
        for name in names {
            add(&mut vars, format!("MUSTER_DEVICES_{}", clean(&name).to_uppercase().replace('.', "_")), &ids);
        }
        // What the tools of this vendor look at.
        if &*device.vendor == "nvidia" && &*device.kind == "gpu" {
            add(&mut vars, "NVIDIA_VISIBLE_DEVICES".to_owned(), &ids);
        }
    }
    vars
}

/// Two requests of a task may have been given devices of one type.
fn add(vars: &mut Vec<(String, String)>, name: String, ids: &str) {
    match vars.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = format!("{known},{ids}"),
        None => vars.push((name, ids.to_owned())),
    }
}
