//! `make install`, and programs that find the library as C programs do.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn succeeded(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let err = String::from_utf8_lossy(&output.stderr);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    out
}

fn has(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|o| o.status.success());
    if !found {
        eprintln!("SKIPPED: {tool} is not installed");
    }
    found
}

/// Every file below a folder, by its path in it.
fn files_below(folder: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_path_buf());
            }
        }
    }
    files
}

/// The file is as it stands in the tree, so that every way to install copies the same one.
#[test]
fn cmake_is_told_the_version_of_the_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = fs::read_to_string(root.join("packaging/netpol-config-version.cmake")).unwrap();
    let expected = format!("set(PACKAGE_VERSION \"{}\")", env!("CARGO_PKG_VERSION"));
    assert!(file.contains(&expected), "{file}");
}

#[test]
fn programs_outside_the_tree_find_the_installed_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("installed");
    let _ = fs::remove_dir_all(&place);
    let (stage, outside) = (place.join("stage"), place.join("outside"));
    fs::create_dir_all(&outside).unwrap();
    for file in ["CMakeLists.txt", "program.c"] {
        fs::copy(root.join("tests/outside").join(file), outside.join(file)).unwrap();
    }

    // As a distribution does: what is installed is at another place than it will be.
    let mut install = Command::new(root.join("packaging/install"));
    install.env("PREFIX", "/opt/netpol").env("DESTDIR", &stage).env("CARGO", env!("CARGO"));
    install.env("CARGO_TARGET_DIR", place.parent().unwrap().parent().unwrap());
    succeeded(&mut install);
    let lib = stage.join("opt/netpol/lib");
    let version = env!("CARGO_PKG_VERSION");
    for file in [
        "lib/libnetpol.a",
        "lib/libnetpol.so",
        &format!("lib/libnetpol.so.{version}"),
        "lib/pkgconfig/netpol.pc",
        "share/netpol/cmake/netpol-config.cmake",
        "share/netpol/cmake/netpol-config-version.cmake",
        "include/netpol.h",
    ] {
        assert!(stage.join("opt/netpol").join(file).exists(), "{file}");
    }
    if has("cargo-cinstall") {
        let packaged = place.join("packaged");
        let mut install = Command::new(env!("CARGO"));
        install.current_dir(root).args(["cinstall", "--prefix", "/opt/netpol", "--libdir", "lib"]);
        install.arg("--target-dir").arg(place.join("cargo-c")).arg("--destdir").arg(&packaged);
        succeeded(&mut install);
        assert_eq!(files_below(&packaged), files_below(&stage));
    }
    let expected = format!("{version} 1\n");

    if has("pkg-config") {
        let mut pkg_config = Command::new("pkg-config");
        pkg_config.env("PKG_CONFIG_PATH", lib.join("pkgconfig"));
        pkg_config.env("PKG_CONFIG_SYSROOT_DIR", &stage).args(["--cflags", "--libs", "netpol"]);
        let flags = succeeded(&mut pkg_config);
        let program = outside.join("by-pkg-config");
        let mut cc = Command::new("cc");
        cc.arg("-o").arg(&program).arg(outside.join("program.c")).args(flags.split_whitespace());
        succeeded(&mut cc);
        // The loader finds it by the full version alone.
        let said = succeeded(Command::new(&program).env("LD_LIBRARY_PATH", &lib));
        assert_eq!(said, expected);
    }

    if has("cmake") {
        let build = outside.join("build");
        let mut configure = Command::new("cmake");
        configure.arg("-S").arg(&outside).arg("-B").arg(&build);
        configure.arg(format!("-DCMAKE_PREFIX_PATH={}", stage.join("opt/netpol").display()));
        succeeded(&mut configure);
        succeeded(Command::new("cmake").arg("--build").arg(&build));
        for program in ["shared", "static"] {
            let said = succeeded(Command::new(build.join(program)).env("LD_LIBRARY_PATH", &lib));
            assert_eq!(said, expected, "{program}");
        }
    }
}
