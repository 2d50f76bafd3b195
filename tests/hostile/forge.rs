//! Makes adapters out of WebAssembly text: a good one, with any part of it replaced.
//!
//! Owns the good guest and the encoding into a component. No WebAssembly toolchain is needed, and
//! nothing prebuilt can go stale.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::image::{self, Image, record};

/// The host package as it is.
pub const HOST_WIT: &str = include_str!("../../wit/host/host.wit");
/// The adapter package as it is.
pub const ADAPTER_WIT: &str = include_str!("../../wit/adapter/adapter.wit");

/// The program that every good plan asks for.
pub const PROGRAM: &str = "tool";

/// An adapter in the making.
pub struct Guest {
    image: Image,
    fragment: String,
    imports: String,
    version: &'static str,
    describe: u32,
    plan: u32,
    push: u32,
    finish: u32,
}

/// A guest that answers every call, with nothing.
pub fn good() -> Guest {
    let mut image = Image::at(1 << 10);
    let (id, version, summary) = (
        image.text(b"good"),
        image.text(b"1.0.0"),
        image.text(b"Good"),
    );
    let describe = image.put(&record(48, &[(0, &id), (8, &version), (16, &summary)]));
    let plan = image::plan(&mut image, PROGRAM, &[], &[]);
    let plan = image.put(&plan);
    let nothing = image.put(&[0; 24]);
    Guest {
        image,
        fragment: String::new(),
        imports: String::new(),
        version: "1.0.0",
        describe,
        plan,
        push: nothing,
        finish: nothing,
    }
}

/// A guest with parts replaced: `fragment` defines functions that stand in for the good ones of
/// the same name (`$describe`, `$plan`, `$push`, `$finish`), or a memory, or anything else.
pub fn with(fragment: &str) -> Guest {
    let mut guest = good();
    guest.fragment = fragment.to_owned();
    guest
}

impl Guest {
    /// Imports of the core module, besides the log.
    pub fn importing(mut self, imports: &str) -> Self {
        self.imports = imports.to_owned();
        self
    }

    /// The version in the names of the exports.
    pub fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// What `describe` returns.
    pub fn about(mut self, id: &str, version: &str) -> Self {
        let (id, version) = (
            self.image.text(id.as_bytes()),
            self.image.text(version.as_bytes()),
        );
        self.describe = self.image.put(&record(48, &[(0, &id), (8, &version)]));
        self
    }

    /// What `plan` returns.
    pub fn plan(mut self, plan: impl FnOnce(&mut Image) -> Vec<u8>) -> Self {
        let plan = plan(&mut self.image);
        self.plan = self.image.put(&plan);
        self
    }

    /// What `push` returns, every time.
    pub fn push(mut self, events: impl FnOnce(&mut Image) -> Vec<Vec<u8>>) -> Self {
        let events = events(&mut self.image);
        let step = image::step(&mut self.image, &events);
        self.push = self.image.put(&step);
        self
    }

    /// What `finish` returns.
    pub fn finish(mut self, events: impl FnOnce(&mut Image) -> Vec<Vec<u8>>) -> Self {
        let events = events(&mut self.image);
        let step = image::step(&mut self.image, &events);
        self.finish = self.image.put(&step);
        self
    }

    /// The component.
    pub fn build(self) -> Vec<u8> {
        self.build_for(&[HOST_WIT, ADAPTER_WIT])
    }

    /// The component, for other packages than the real ones; the last holds the world.
    pub fn build_for(self, packages: &[&str]) -> Vec<u8> {
        encode(&self.module(), packages)
    }

    fn module(&self) -> String {
        let mut module = format!(
            "(module\n(import \"tollgate:host/log@1.0.0\" \"emit\" \
             (func $log (param i32 i32 i32 i32)))\n{}\n{}\n",
            self.imports, self.fragment
        );
        if !self.fragment.contains("(memory ") {
            module.push_str("(memory (export \"memory\") 32)\n");
        }
        module.push_str(REALLOC);
        let zero = 0;
        for (name, params, answer) in [
            ("describe", "", self.describe),
            ("probe", "(param i32 i32)", zero),
            ("detect", "(param i32 i32)", zero),
            ("plan", "(param i32)", self.plan),
            ("push", "(param i32 i32)", self.push),
            ("finish", "(param i32 i32 i32 i32 i32 i32)", self.finish),
        ] {
            if !self.fragment.contains(&format!("(func ${name} ")) {
                module.push_str(&format!(
                    "(func ${name} {params} (result i32) (i32.const {answer}))\n"
                ));
            }
            let version = self.version;
            module.push_str(&format!(
                "(export \"tollgate:adapter/adapter@{version}#{name}\" (func ${name}))\n"
            ));
        }
        module + &self.image.segment() + ")"
    }
}

/// Takes memory from the end, growing it; never gives any back.
pub const REALLOC: &str = r#"
(global $heap (mut i32) (i32.const 1048576))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (global.set $heap (i32.add (local.get $at) (local.get 3)))
  (block $fits
    (loop $more
      (br_if $fits (i32.le_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
      (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))
      unreachable))
  (local.get $at))
"#;

/// Turn a core module in text into a component of the world in the last of `packages`.
pub fn encode(module: &str, packages: &[&str]) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let mut package = None;
    for (n, wit) in packages.iter().enumerate() {
        package = Some(
            resolve
                .push_str(format!("{n}.wit"), wit)
                .expect("valid WIT"),
        );
    }
    let package = package.expect("at least one package");
    let world = resolve.select_world(&[package], None).expect("one world");
    let mut bytes = wat::parse_str(module).unwrap_or_else(|error| panic!("{error}\n{module}"));
    embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8).expect("metadata");
    let encoder = ComponentEncoder::default().validate(true).module(&bytes);
    encoder
        .and_then(|mut encoder| encoder.encode())
        .unwrap_or_else(|error| panic!("{error:#}\n{module}"))
}

/// Add `count` instances of a further core module to a component, by appending sections.
pub fn crowd(mut component: Vec<u8>, module: &str, count: u32) -> Vec<u8> {
    let index = core_modules(&component);
    let module = wat::parse_str(module).expect("a valid module");
    section(&mut component, 1, &module);
    let mut instances = leb(count);
    for _ in 0..count {
        instances.push(0); // instantiate
        instances.extend(leb(index));
        instances.push(0); // without arguments
    }
    section(&mut component, 2, &instances);
    component
}

fn section(component: &mut Vec<u8>, id: u8, contents: &[u8]) {
    component.push(id);
    component.extend(leb(u32::try_from(contents.len()).unwrap()));
    component.extend_from_slice(contents);
}

fn core_modules(component: &[u8]) -> u32 {
    let (mut at, mut count) = (8, 0);
    while at < component.len() {
        count += u32::from(component[at] == 1);
        at += 1;
        let (mut size, mut shift) = (0_usize, 0);
        loop {
            let byte = component[at];
            at += 1;
            size |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        at += size;
    }
    count
}

fn leb(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        bytes.push(if number == 0 { byte } else { byte | 0x80 });
        if number == 0 {
            return bytes;
        }
    }
}
