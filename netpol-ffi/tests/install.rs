//! `make install`, and programs that find the library as C programs do.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{compilers, has, missing, succeeded};

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
        "lib/cmake/netpol/netpol-config.cmake",
        "lib/cmake/netpol/netpol-config-version.cmake",
        "include/netpol.h",
    ] {
        assert!(stage.join("opt/netpol").join(file).exists(), "{file}");
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
