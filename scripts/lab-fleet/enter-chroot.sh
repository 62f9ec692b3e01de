#!/bin/sh
# enter-chroot.sh ROOT DIR COMMAND...: runs COMMAND in ROOT, where all is read-only but /lab (which is DIR), /tmp and /run.
# Run it under `unshare --mount`: the mounts are seen by this process only and end with it.
set -eu
root=$1 dir=$2
shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o size=64m lab "$root/tmp"
mount -t tmpfs -o size=16m lab "$root/run"
mount --bind "$dir" "$root/lab"
# All that a lab asks for is an address: it does not wait for a name server that nobody in its network can reach.
if [ -e "$root/etc/resolv.conf" ]; then mount --bind /dev/null "$root/etc/resolv.conf"; fi
exec chroot "$root" "$@"
