//! `make install`, and programs that find the library as C programs do.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{compilers, has, has_built, missing, succeeded};

fn output(command: &mut Command) -> String {
    String::from_utf8(succeeded(command).stdout).unwrap()
}

/// Whether the libraries are there that the example dataplane stands on; says so when they are not.
fn libraries_are_there() -> bool {
    let libraries = ["libnetfilter_queue", "libnetfilter_conntrack", "libmnl"];
    let found =
        Command::new("pkg-config").arg("--exists").args(libraries).status().unwrap().success();
    if !found {
        missing("building netpol-nfqueue", &format!("{libraries:?} are not all installed"));
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
    if has_built("cargo-cinstall") {
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
        let flags = output(&mut pkg_config);
        let program = outside.join("by-pkg-config");
        let mut cc = Command::new("cc");
        cc.arg("-o").arg(&program).arg(outside.join("program.c")).args(flags.split_whitespace());
        succeeded(&mut cc);
        // The loader finds it by the full version alone.
        let said = output(Command::new(&program).env("LD_LIBRARY_PATH", &lib));
        assert_eq!(said, expected);
    }

    // The example dataplane is such a program too, with a Makefile.
    if has("pkg-config") && has("make") && libraries_are_there() {
        let dataplane = outside.join("nfqueue");
        fs::create_dir_all(&dataplane).unwrap();
        for file in fs::read_dir(root.join("examples/nfqueue")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), dataplane.join(file.file_name())).unwrap();
        }
        for compiler in compilers() {
            let mut make = Command::new("make");
            make.arg("-C").arg(&dataplane).args(["--always-make", "CFLAGS=-O2 -Werror"]);
            make.arg(format!("CC={compiler}")).env("PKG_CONFIG_SYSROOT_DIR", &stage);
            succeeded(make.env("PKG_CONFIG_PATH", lib.join("pkgconfig")));
            let program = dataplane.join("netpol-nfqueue");
            let said = output(Command::new(program).arg("--version").env("LD_LIBRARY_PATH", &lib));
            assert_eq!(said, format!("netpol-nfqueue {version}\n"));
        }
        let mut install = Command::new("make");
        install.arg("-C").arg(&dataplane).args(["install", "PREFIX=/opt/netpol"]);
        succeeded(
            install
                .arg(format!("DESTDIR={}", stage.display()))
                .env("PKG_CONFIG_PATH", lib.join("pkgconfig")),
        );
        for program in ["netpol-nfqueue", "netpol-nfqueue-rules"] {
            assert!(stage.join("opt/netpol/sbin").join(program).exists(), "{program}");
        }
    }

    if has("cmake") {
        let build = outside.join("build");
        let mut configure = Command::new("cmake");
        configure.arg("-S").arg(&outside).arg("-B").arg(&build);
        configure.arg(format!("-DCMAKE_PREFIX_PATH={}", stage.join("opt/netpol").display()));
        succeeded(&mut configure);
        succeeded(Command::new("cmake").arg("--build").arg(&build));
        for program in ["shared", "static"] {
            let said = output(Command::new(build.join(program)).env("LD_LIBRARY_PATH", &lib));
            assert_eq!(said, expected, "{program}");
        }
    }
}
