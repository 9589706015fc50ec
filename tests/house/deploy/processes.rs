//! The functions' processes on this machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
};

use house::function::peak;

/// Kills the processes of a function, by its folder's name, that have a connection to this address. Tells how many they were.
pub(super) fn kill(folder: &str, address: SocketAddr) -> usize {
    let sockets = sockets_to(address);
    let mut killed = 0;
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let path = process.path();
        if function(&path).as_deref() == Some(folder) && holds_one(&path, &sockets) {
            let id = process.file_name();
            assert!(Command::new("kill").arg("-KILL").arg(id).status().unwrap().success());
            killed += 1;
        }
    }
    killed
}

/// The most memory that each function had, in KiB, of those that live.
pub(super) fn peaks() -> BTreeMap<String, u32> {
    let mut peaks = BTreeMap::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let Some(folder) = function(&process.path()) else { continue };
        let id = process.file_name().to_str().and_then(|id| id.parse().ok());
        let most: &mut u32 = peaks.entry(folder).or_default();
        *most = id.map_or(0, peak).max(*most);
    }
    peaks
}

/// The connections to that address, by the numbers that the kernel calls them.
fn sockets_to(address: SocketAddr) -> BTreeSet<String> {
    let SocketAddr::V4(address) = address else { panic!("{address}: the simulators listen on IPv4") };
    let remote = format!("{:08X}:{:04X}", u32::from_le_bytes(address.ip().octets()), address.port());
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row.get(2) == Some(&remote.as_str()))
        .map(|row| format!("socket:[{}]", row[9]))
        .collect()
}

/// The function that a process runs, if it is one's.
fn function(process: &Path) -> Option<String> {
    let environment = fs::read(process.join("environ")).ok()?;
    let name = environment.split(|byte| *byte == 0).find_map(|one| {
        std::str::from_utf8(one).ok()?.strip_prefix("AWS_LAMBDA_FUNCTION_NAME=").map(str::to_owned)
    })?;
    // The stack's name, the resource's and a tail.
    let resource = name.split('-').nth(1)?;
    let mut folder = String::new();
    for letter in resource.chars() {
        if letter.is_uppercase() && !folder.is_empty() {
            folder.push('-');
        }
        folder.extend(letter.to_lowercase());
    }
    Some(folder)
}

fn holds_one(process: &Path, sockets: &BTreeSet<String>) -> bool {
    let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let targets = open.filter_map(|one| fs::read_link(one.path()).ok());
    targets.into_iter().any(|target| target.to_str().is_some_and(|target| sockets.contains(target)))
}
