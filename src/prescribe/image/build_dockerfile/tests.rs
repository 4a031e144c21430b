//! Tests images of bases with and without systemd, and words that are not unit names.

use super::*;

fn known(list: &[(&'static str, serde_json::Value)]) -> Facts {
    let mut facts = Facts::default();
    for (key, value) in list {
        facts.set_named(key, value.clone(), "test");
    }
    facts
}

fn wish(extent: Extent, enable: &[&str]) -> ImageWish {
    ImageWish {
        base: "base:1".to_owned(),
        extent,
        enable: enable.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn an_image_with_systemd_gets_nothing_installed() {
    let facts = known(&[("guest.systemd_installed", true.into()), ("guest.init_present", true.into())]);
    let plan = image(&facts, &wish(Extent::Services, &["nginx", "x.timer"])).unwrap();
    let dockerfile = &plan.files["Dockerfile"];
    assert!(!plan.installs && plan.units == ["nginx.service", "x.timer"]);
    assert!(
        dockerfile.starts_with("FROM base:1\n")
            && !dockerfile.contains("apt-get")
            && !dockerfile.contains("USER"),
        "{dockerfile}"
    );
    for line in [
        "ENV container=docker",
        "STOPSIGNAL SIGRTMIN+3",
        "ENTRYPOINT [\"/sbin/init\"]",
        "CMD [\"--log-level=info\"]",
        " && systemctl enable nginx.service x.timer \\",
        " && systemctl add-wants container.target nginx.service x.timer \\",
    ] {
        assert!(dockerfile.lines().any(|own| own == line), "{line}: {dockerfile}");
    }
    assert!(!dockerfile.contains("rm "), "units of packages are left alone: {dockerfile}");
}

#[test]
fn an_image_without_systemd_gets_it_from_its_distribution() {
    let list = [
        ("guest.systemd_installed", false.into()),
        ("guest.os_id", "fedora".into()),
        ("container.runs_as_root", false.into()),
        ("image.volume_cgroup", true.into()),
    ];
    let plan = image(&known(&list), &wish(Extent::Minimal, &[])).unwrap();
    let dockerfile = &plan.files["Dockerfile"];
    assert!(
        plan.installs && dockerfile.contains("install systemd dbus") && dockerfile.contains("\nUSER root\n"),
        "{dockerfile}"
    );
    assert!(
        dockerfile.contains("ENTRYPOINT [\"/usr/sbin/init\"]") && plan.remarks[0].contains("/sys/fs/cgroup")
    );
    let alpine = known(&[("guest.systemd_installed", false.into()), ("guest.os_id", "alpine".into())]);
    assert!(matches!(image(&alpine, &wish(Extent::Minimal, &[])), Err(ImageError::NoSystemd { .. })));
    assert!(matches!(image(&known(&[]), &wish(Extent::Minimal, &[])), Err(ImageError::Unseen { .. })));
}

#[test]
fn each_extent_has_its_target() {
    assert!(!target(Extent::Minimal).contains("Requires"));
    assert!(target(Extent::Services).contains("Requires=basic.target"));
    assert!(target(Extent::MultiUser).contains("Requires=multi-user.target"));
}

#[test]
fn a_unit_cannot_smuggle_commands_in() {
    for word in ["a;rm", "a b", "-f", "", "$(x)", "a\nb", "a/b"] {
        assert!(matches!(unit(word), Err(ImageError::Unit(_))), "{word}");
    }
    assert_eq!(unit("getty@tty1").unwrap(), "getty@tty1.service");
}
