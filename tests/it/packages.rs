//! What the packages carry: manual pages, and units that `metas schedule` prints for one home.

use std::fs;

use crate::home::TestHome;

#[test]
fn every_command_has_a_page_with_its_exit_status() {
    let home = TestHome::empty();
    let folder = home.file("man");
    home.metas(&["man", "--out", folder.to_str().unwrap()]).ok();
    let help = home.metas(&["--help"]).stdout;
    let commands = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help");
    let mut pages = 0;
    for name in commands {
        let page = home.read(&format!("man/metas-{name}.1"));
        assert!(page.contains(&format!("metas-{name}")), "{name}");
        for code in [0, 2, 3, 65, 70, 75, 78] {
            assert!(page.contains(&format!("\\fB{code}\\fR")), "{name} {code}");
        }
        pages += 1;
    }
    assert!(pages > 15, "{pages} pages");
    for name in ["metas.1", "metas-deliver-list.1"] {
        assert!(folder.join(name).is_file(), "no {name}");
    }
    let hidden = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
    let hidden = hidden.filter(|entry| entry.file_name().to_string_lossy().contains("__"));
    assert_eq!(hidden.count(), 0);
    let page = home.metas(&["man", "deliver", "list"]).ok().stdout;
    assert_eq!(page, home.read("man/metas-deliver-list.1"));
    home.metas(&["man", "nothing"])
        .code(2)
        .says(&["no command nothing", "deliver"]);
}

/// What the package's unit is hardened with holds also for who writes the unit by hand.
#[test]
fn the_printed_unit_is_that_of_the_package_for_this_home() {
    let home = TestHome::empty();
    fs::create_dir(home.file("pipelines")).unwrap();
    let printed = home.metas(&["schedule", "--systemd"]).ok().stdout;
    let own = [
        "Description",
        "Documentation",
        "OnFailure",
        "User",
        "ExecStart",
        "EnvironmentFile",
        "ReadWritePaths",
    ];
    let unit = include_str!("../../packaging/systemd/metas@.service");
    for line in unit.lines().skip(1).filter(|line| !line.starts_with('#')) {
        let key = line.split('=').next().unwrap();
        if own.contains(&key) {
            let same_key = printed.lines().any(|one| one.contains(&format!("{key}=")));
            assert!(same_key || key == "Documentation", "no {key}");
        } else {
            assert!(printed.lines().any(|one| one == line), "no {line}");
        }
    }
    let root = home.path().display().to_string();
    assert!(printed.contains(&format!("ReadWritePaths=\"{root}\"")));
    assert!(!printed.contains("%i"), "{printed}");
    assert!(!printed.contains("User=metas"), "{printed}");
}
