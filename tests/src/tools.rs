//! The tools in Python (`requirements.txt`, `requirements-scan.txt`), each list in a virtual environment under `target/tools`,
//! made once.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

/// What stands in an environment, and the environment's folder.
struct Tools {
    folder: &'static str,
    requirements: &'static str,
}

const TOOLS: Tools = Tools { folder: "python", requirements: include_str!("../requirements.txt") };
const SCAN: Tools = Tools { folder: "scan", requirements: include_str!("../requirements-scan.txt") };

/// Prints a template's JSON: `sam`'s own reader knows the tags (`!Ref`).
const READ: &str = "import json, sys; from samcli.yamlhelper import yaml_parse; \
                    print(json.dumps(yaml_parse(open(sys.argv[1]).read())))";

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

/// The path of a tool, `python` among them. The first call makes the environment, which takes a minute or two.
///
/// # Panics
/// When Python or the network to install from is missing; the message says what to do.
pub fn tool(name: &str) -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| TOOLS.made(&workspace().join("target/tools"))).join(name)
}

/// The path of the security scan, as [`tool`].
///
/// # Panics
/// As [`tool`].
pub fn scan() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| SCAN.made(&workspace().join("target/tools"))).join("checkov")
}

/// `template.yaml` as JSON, with CloudFormation's tags spelled out (`{"Ref": …}`).
///
/// # Panics
/// When it can't be read.
pub fn template() -> &'static Value {
    static TEMPLATE: OnceLock<Value> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let path = workspace().join("template.yaml");
        let printed =
            run(Command::new(tool("python")).args(["-c", READ]).arg(path), "template.yaml can't be read");
        serde_json::from_str(&printed).expect("Python prints JSON")
    })
}

/// Runs a command to its end and gives what it printed.
///
/// # Panics
/// With `trouble` and all that it printed, when it can't be started or fails.
pub fn run(command: &mut Command, trouble: &str) -> String {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => panic!("{trouble}: {:?}: {error}", command.get_program()),
    };
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{trouble}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

impl Tools {
    /// The environment's folder of programs. Other processes wait meanwhile; a stamp tells whether it is the wanted one.
    fn made(&self, folder: &Path) -> PathBuf {
        fs::create_dir_all(folder).expect("target/tools can be made");
        let lock = File::create(folder.join("lock")).expect("target/tools can be written");
        lock.lock().expect("target/tools can be locked");
        let environment = folder.join(self.folder);
        let stamp = environment.join("requirements.txt");
        if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == self.requirements) {
            return environment.join("bin");
        }
        match fs::remove_dir_all(&environment) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                panic!("{} can't be removed: {error}", environment.display())
            }
            _ => {}
        }
        let missing = "the tests of the AWS side need python3 with its modules venv and ensurepip \
                       (Debian: apt install python3-venv)";
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment), missing);
        let list = folder.join("requirements.txt");
        fs::write(&list, self.requirements).expect("target/tools can be written");
        let mut install = Command::new(environment.join("bin/pip"));
        install.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(list);
        run(&mut install, "the tools can't be installed");
        fs::write(&stamp, self.requirements).expect("target/tools can be written");
        environment.join("bin")
    }
}
