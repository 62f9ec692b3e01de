#!/bin/sh
# build-chroot.sh DIR MIRROR: makes DIR a Debian sid with Asterisk and rtpengine. Run it under a lock and in a mount namespace of its own.
# It is made beside DIR and renamed when whole, so an interrupted build is never taken for one.
set -eu
dir=$1 mirror=$2 new=$1.building
[ ! -d "$dir" ] || exit 0
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
rm -rf --one-file-system "$new"

echo 'STAGE unpacking a minimal Debian'
debootstrap --variant=minbase sid "$new" "$mirror"

printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
chmod 755 "$new/usr/sbin/policy-rc.d"
cat >"$new/etc/dpkg/dpkg.cfg.d/lab" <<'EOF'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
EOF
cat >"$new/etc/apt/apt.conf.d/90lab" <<'EOF'
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
APT::Install-Recommends "false";
EOF
# A mirror behind https needs the certificates this host trusts; the minimal system has none.
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  mkdir -p "$new/etc/ssl/certs"
  cp /etc/ssl/certs/ca-certificates.crt "$new/etc/ssl/certs/"
fi

echo 'STAGE installing asterisk and rtpengine'
chroot "$new" apt-get -q update
chroot "$new" apt-get -q -y install asterisk rtpengine-daemon
chroot "$new" apt-get -q clean
rm -rf "$new"/var/lib/apt/lists/*
mkdir "$new/lab"
mv "$new" "$dir"
