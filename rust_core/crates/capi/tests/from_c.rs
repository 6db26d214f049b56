//! The interface as C sees it: programs compiled with `cc` against the header and the static
//! library, and the header against what is exported.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use capi_header::{constants, functions};
use cift_book::{Level, Options, Report};
use engine::pod::{ExecType, Liquidity, SelfTrade, Side, MAX_EVENTS};
use engine::reject::Reject;

/// The header, read as far as this needs.
mod capi_header {
    use super::{BTreeMap, BTreeSet};

    pub const TEXT: &str = include_str!("../include/cift_book.h");

    /// Numbers by name, as `#define` gives them.
    pub fn constants() -> BTreeMap<&'static str, i64> {
        let defines = TEXT.lines().filter_map(|line| line.strip_prefix("#define "));
        let numbers = defines.filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            let value = value.split("/*").next()?.trim().trim_matches(['(', ')', 'u']);
            Some((name, value.parse().ok()?))
        });
        numbers.collect()
    }

    /// Names of the functions declared.
    pub fn functions() -> BTreeSet<&'static str> {
        let declared = TEXT.lines().filter(|line| !line.starts_with([' ', '/', '#']));
        declared
            .filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next())
            .filter(|name| name.starts_with("cift_book_"))
            .collect()
    }
}

/// Compiles a C program of this crate against the static library that cargo has just built.
fn compiled(source: &str, folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let test = std::env::current_exe().expect("a test is a program");
    let library = test.parent().expect("it is in a folder").join("libcift_book.a");
    assert!(library.exists(), "{} was not built", library.display());
    std::fs::create_dir_all(folder).expect("a folder for the program");
    let program = folder.join(Path::new(source).file_stem().expect("a file"));
    let done = Command::new("cc")
        .args(["-std=c11", "-O2", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"])
        .args([root.join("include"), root.join(source), library])
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program)
        .output()
        .expect("a C compiler is what Rust links with");
    assert!(done.status.success(), "{}", said(&done));
    program
}

fn said(done: &Output) -> String {
    String::from_utf8_lossy(&[&done.stdout[..], &done.stderr[..]].concat()).into_owned()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn a_c_program_drives_a_book() {
    let program = compiled("tests/c/check.c", &folder("check"));
    let done = Command::new(&program).output().expect("it runs");
    assert!(done.status.success(), "{}", said(&done));
    let printed = String::from_utf8(done.stdout).expect("text");
    let in_c: BTreeMap<&str, usize> = printed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, place)| (name, place.parse().expect("a number")))
        .collect();
    let mut in_rust = BTreeMap::from([
        ("cift_book_options", size_of::<Options>()),
        ("cift_level", size_of::<Level>()),
        ("cift_report", size_of::<Report>()),
    ]);
    macro_rules! offsets {
        ($($c:literal $rust:ident: $($field:ident)+;)+) => {$($(
            in_rust.insert(concat!($c, ".", stringify!($field)), offset_of!($rust, $field));
        )+)+};
    }
    offsets! {
        "cift_book_options" Options: self_trade;
        "cift_level" Level: quantity orders;
        "cift_report" Report: number order_id match_id price quantity last_price last_quantity
            cum_quantity leaves_quantity owner kind reason side liquidity rests reserved;
    }
    assert_eq!(in_c, in_rust);
}

#[test]
fn the_measuring_program_measures() {
    let program = compiled("examples/speed.c", &folder("speed"));
    let done = Command::new(program).arg("20000").output().expect("it runs");
    assert!(done.status.success(), "{}", said(&done));
    let printed = said(&done);
    assert!(printed.contains("\"commands\": 20000,"), "{printed}");
}

#[test]
fn the_header_declares_what_is_exported() {
    let source = include_str!("../src/lib.rs");
    let named = source.lines().filter_map(|line| {
        let line = line.trim();
        let function = line.split("extern \"C\" fn ").nth(1);
        let of_macro = line.strip_suffix(',').filter(|line| line.starts_with("cift_book_"));
        function.map(|rest| rest.split('(').next()).or(of_macro.map(|line| line.split(':').next()))
    });
    let exported: BTreeSet<&str> =
        named.flatten().filter(|name| name.starts_with("cift_book_")).collect();
    assert_eq!(exported.len(), 16);
    assert_eq!(functions(), exported);
}

#[test]
fn the_header_has_the_engines_numbers() {
    let constants = constants();
    let is = |name: &str, number: i64| {
        assert_eq!(constants.get(name), Some(&number), "{name}");
    };
    is("CIFT_BOOK_ABI", cift_book::ABI.into());
    is("CIFT_OK", cift_book::OK.into());
    is("CIFT_ERROR_NULL", cift_book::ERROR_NULL.into());
    is("CIFT_ERROR_ARGUMENT", cift_book::ERROR_ARGUMENT.into());
    is("CIFT_ERROR_BUSY", cift_book::ERROR_BUSY.into());
    is("CIFT_ERROR_STOPPED", cift_book::ERROR_STOPPED.into());
    is("CIFT_REPORTS_MAX", MAX_EVENTS as i64);
    is("CIFT_TRADES_MAX", MAX_EVENTS as i64 / 2 - 1);
    is("CIFT_BUY", Side::Buy.number().into());
    is("CIFT_SELL", Side::Sell.number().into());
    for (name, kind) in [
        ("CIFT_NEW", ExecType::New),
        ("CIFT_TRADE", ExecType::Trade),
        ("CIFT_REPLACED", ExecType::Replaced),
        ("CIFT_CANCELED", ExecType::Canceled),
        ("CIFT_REJECTED", ExecType::Rejected),
        ("CIFT_CANCEL_REJECTED", ExecType::CancelRejected),
        ("CIFT_RESTATED", ExecType::Restated),
    ] {
        is(name, kind.number().into());
    }
    is("CIFT_MAKER", Liquidity::Maker.number().into());
    is("CIFT_TAKER", Liquidity::Taker.number().into());
    for (name, reason) in [
        ("CIFT_REASON_UNKNOWN_ORDER", Reject::UnknownOrder),
        ("CIFT_REASON_DUPLICATE", Reject::DuplicateClOrdId),
        ("CIFT_REASON_UNSUPPORTED", Reject::UnsupportedCharacteristic),
        ("CIFT_REASON_QUANTITY", Reject::IncorrectQuantity),
        ("CIFT_REASON_PRICE", Reject::TickSize),
        ("CIFT_REASON_OTHER", Reject::Other),
        ("CIFT_REASON_FOK", Reject::FokUnfillable),
        ("CIFT_REASON_UNAVAILABLE", Reject::SystemUnavailable),
    ] {
        is(name, reason.number().into());
    }
    for (name, mode) in [
        ("CIFT_SELF_ALLOW", SelfTrade::Allow),
        ("CIFT_SELF_CANCEL_RESTING", SelfTrade::CancelResting),
        ("CIFT_SELF_CANCEL_AGGRESSING", SelfTrade::CancelAggressing),
        ("CIFT_SELF_CANCEL_BOTH", SelfTrade::CancelBoth),
        ("CIFT_SELF_DECREMENT_BOTH", SelfTrade::DecrementBoth),
    ] {
        is(name, mode.number().into());
    }
}
