//! What one engine or service manager has and another lacks.

use super::*;

#[test]
fn a_cgroup_parent_becomes_the_slice_of_the_unit() {
    for (parent, slice) in [("web.slice", true), ("/a.slice/a-b.slice", true), ("/web", false)] {
        let mut recipe = Recipe { name: "web".to_owned(), image: "img".to_owned(), ..Recipe::default() };
        recipe.push("--cgroup-parent", Some(parent.to_owned()));
        let page = document(&recipe, EngineKind::Podman, CureFormat::Quadlet).unwrap().page();
        let name = parent.rsplit('/').next().unwrap();
        assert_eq!(page.contains(&format!("[Service]\nSlice={name}\n")), slice, "{page}");
        assert_eq!(page.contains(&format!("# left out: --cgroup-parent {parent}: ")), !slice, "{page}");
        assert!(!page.contains("PodmanArgs"), "{page}");
    }
}

#[test]
fn mount_options_that_the_other_engine_lacks_are_named() {
    let mut recipe =
        Recipe { name: "web".to_owned(), image: "localhost/img".to_owned(), ..Recipe::default() };
    recipe.tmpfs.insert("/s".to_owned(), "size=1m,uid=1,notmpcopyup".to_owned());
    let options = "ro,U,cached".to_owned();
    recipe.volumes.push(Volume { source: "/v".to_owned(), destination: "/v".to_owned(), options });
    let page = |kind, format| document(&recipe, kind, format).unwrap().page();
    let unit = page(EngineKind::Docker, CureFormat::Quadlet);
    assert!(
        unit.contains("Tmpfs=/s:size=1m,notmpcopyup\n") && unit.contains("Volume=/v:/v:ro,U\n"),
        "{unit}"
    );
    for lost in ["uid=1 of the tmpfs on /s: Podman has", "cached of the volume at /v: Podman has"] {
        assert!(unit.contains(&format!("# left out: {lost} no such option")), "{unit}");
    }
    let file = page(EngineKind::Podman, CureFormat::Compose);
    assert!(file.contains("- /s:size=1m,uid=1\n") && file.contains("/v:/v:ro,cached"), "{file}");
    for told in ["notmpcopyup of the tmpfs on /s: Docker has no", "podman save localhost/img | docker load"] {
        assert!(file.contains(told), "{file}");
    }
    let own = page(EngineKind::Podman, CureFormat::Quadlet);
    assert!(own.contains("uid=1") && !own.contains("left out"), "{own}");
}

#[test]
fn the_old_container_must_give_its_name_up_first() {
    let mut prescription = crate::render::sample::prescription();
    let (name, image) = ("web".to_owned(), "img".to_owned());
    let recipe = Recipe { source: name.clone(), name, image, ..Recipe::default() };
    prescription.launch =
        Some(crate::prescribe::recipe::Launch { recipe, kind: EngineKind::Docker, remarks: Vec::new() });
    for format in CureFormat::VARIANTS.iter().copied().filter(|format| *format != CureFormat::Sh) {
        let told = emit(&prescription, format).unwrap().unwrap().page().contains("rename web web-before");
        let starts_beside = matches!(format, CureFormat::Kubernetes | CureFormat::Dockerfile);
        assert_eq!(told, !starts_beside, "{format:?}");
    }
}

#[test]
fn only_labels_with_a_secret_are_left_out_and_named() {
    let mut recipe = Recipe { name: "web".to_owned(), image: "i".to_owned(), ..Recipe::default() };
    recipe.labels = Some(3);
    recipe.open_labels = vec!["org.opencontainers.image.title=Web".to_owned(), "tier=front".to_owned()];
    recipe.hidden_labels = vec!["deploy.secret".to_owned()];
    for format in [CureFormat::Compose, CureFormat::Quadlet, CureFormat::Molecule] {
        let page = document(&recipe, EngineKind::Docker, format).unwrap().page();
        let (head, rest): (Vec<&str>, Vec<&str>) = page.lines().partition(|line| line.starts_with('#'));
        let (head, rest) = (head.join("\n"), rest.join("\n"));
        assert!(head.contains("left out: label deploy.secret") && !rest.contains("deploy.secret"), "{page}");
        assert!(rest.contains("image.title") && rest.contains("front") && !head.contains("tier"), "{page}");
    }
}
