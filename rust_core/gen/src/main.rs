//! `gen DESCRIPTORS FOLDER`: writes what prost makes of a file of protobuf descriptors.

use std::error::Error;

use prost::Message;
use prost_types::FileDescriptorSet;

fn main() -> Result<(), Box<dyn Error>> {
    let [descriptors, folder] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "usage: gen DESCRIPTORS FOLDER")?;
    let mut set = FileDescriptorSet::decode(std::fs::read(descriptors)?.as_slice())?;
    // Rust reads and writes no messages of the services that only operators call.
    set.file.retain(|file| {
        file.package().starts_with("cift.") && !file.name().ends_with("admin_service.proto")
    });
    for file in set.file.iter_mut().filter(|file| file.name().ends_with("risk_service.proto")) {
        file.message_type.retain(|message| message.name().starts_with("CheckOrder"));
        file.service.clear();
    }
    prost_build::Config::new()
        .out_dir(folder)
        .include_file("mod.rs")
        .compile_fds(set)?;
    Ok(())
}
