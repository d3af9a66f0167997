//! `make install`, and programs that find the library as C programs do.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{has, succeeded};

fn output(command: &mut Command) -> String {
    String::from_utf8(succeeded(command).stdout).unwrap()
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
