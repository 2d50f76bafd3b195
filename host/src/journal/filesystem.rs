//! Whether locks and syncs can be relied on where the journal is to live.
//!
//! Only Linux is asked (`statfs`); elsewhere every file system passes.

use std::path::Path;

/// File systems that a network serves, or a host system behind a protocol of its own, by the
/// magic number that `statfs` reports. From Linux's `include/uapi/linux/magic.h`, except where a
/// source is given.
#[cfg(target_os = "linux")]
const NETWORK: [(u32, &str); 15] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x0102_1997, "9p"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "kAFS"),
    (0x7375_7245, "Coda"),
    (0x00C3_6400, "Ceph"),
    (0x564C, "NCP"),
    (0x0BD0_0BD0, "Lustre"), // lustre: lustre_idl.h, LL_SUPER_MAGIC
    (0x786F_4256, "VirtualBox folder"), // fs/vboxsf/super.c, VBOXSF_SUPER_MAGIC
    (0xBACB_ACBC, "VMware folder"), // open-vm-tools: vmhgfs
    (0x7C7C_6673, "Parallels folder"), // prl_fs
    (0x5346_4846, "WSL drvfs"), // coreutils: src/stat.c, wslfs
];

#[cfg(target_os = "linux")]
const FUSE: u32 = 0x6573_5546;

/// FUSE file systems that a network serves, by their type in `/proc/self/mountinfo`. Other FUSE
/// file systems (NTFS, encrypted folders) are local.
#[cfg(target_os = "linux")]
const NETWORK_FUSE: [&str; 14] = [
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.gcsfuse",
    "fuse.goofys",
    "fuse.mount-s3",
    "fuse.blobfuse2",
    "fuse.glusterfs",
    "fuse.ceph-fuse",
    "fuse.juicefs",
    "fuse.curlftpfs",
    "fuse.davfs2",
    "fuse.vmhgfs-fuse",
    "fuse.google-drive-ocamlfuse",
];

/// The kind of network file system that `path` is on; `None` when it is local or cannot be told.
#[cfg(target_os = "linux")]
#[must_use]
pub fn network_kind(path: &Path) -> Option<String> {
    let magic = rustix::fs::statfs(path).ok()?.f_type;
    // The field's width and sign differ between architectures; the numbers have 32 bits.
    let magic = u32::try_from(i128::from(magic) & 0xFFFF_FFFF).ok()?;
    if magic == FUSE {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
        let kind = mount_type(&mounts, &path.canonicalize().ok()?)?;
        return NETWORK_FUSE.contains(&kind.as_str()).then_some(kind);
    }
    NETWORK
        .iter()
        .find(|(number, _)| *number == magic)
        .map(|(_, name)| (*name).to_owned())
}

/// No other system is asked.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn network_kind(_path: &Path) -> Option<String> {
    None
}

/// The type of the mount that holds `path`: the longest mount point that is a prefix of it, the
/// last one when several are mounted there. Format: proc_pid_mountinfo(5).
#[cfg(target_os = "linux")]
fn mount_type(mountinfo: &str, path: &Path) -> Option<String> {
    let mut best: Option<(usize, &str)> = None;
    for line in mountinfo.lines() {
        let (fields, rest) = line.split_once(" - ")?;
        let point = fields.split(' ').nth(4)?.replace("\\040", " ");
        let kind = rest.split(' ').next()?;
        if path.starts_with(&point) && best.is_none_or(|(length, _)| point.len() >= length) {
            best = Some((point.len(), kind));
        }
    }
    best.map(|(_, kind)| kind.to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_decides() {
        let mounts = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:31 / /home/a\\040b rw,nosuid - fuse.sshfs host:/ rw
41 22 0:32 / /home rw - fuseblk /dev/sdb1 rw
";
        let kind = |path: &str| mount_type(mounts, Path::new(path)).unwrap();
        assert_eq!(kind("/home/a b/project"), "fuse.sshfs");
        assert_eq!(kind("/home/c"), "fuseblk");
        assert_eq!(kind("/homes"), "ext4");
    }

    #[test]
    fn a_local_directory_passes() {
        assert_eq!(network_kind(Path::new("/proc")), None);
    }
}
