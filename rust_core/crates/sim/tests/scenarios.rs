//! Every scenario in `tests/scenarios`: what comes of its commands is what it says.
//!
//! With `CIFT_REWRITE=1` the files are written anew; read the difference before you keep it.

use std::fs;
use std::path::Path;

use sim::scenario;

#[test]
fn scenarios() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let rewrite = std::env::var_os("CIFT_REWRITE").is_some();
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 10, "scenarios are missing");
    let mut wrong = Vec::new();
    for path in paths {
        let expected = fs::read_to_string(&path).expect("a scenario is text");
        let written = match scenario::play(&expected) {
            Ok(written) => written,
            Err(error) => panic!("{}: {error}", path.display()),
        };
        if written == expected {
            continue;
        }
        if rewrite {
            fs::write(&path, written).expect("the folder is writable");
            continue;
        }
        let lines = expected.lines().zip(written.lines()).enumerate();
        let (number, first) = lines
            .filter(|(_, (expected, written))| expected != written)
            .map(|(number, (expected, written))| {
                (number + 1, format!("expected {expected}\n     got {written}"))
            })
            .next()
            .unwrap_or((0, "one is longer".to_owned()));
        wrong.push(format!("{}:{number}\n{first}", path.display()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
