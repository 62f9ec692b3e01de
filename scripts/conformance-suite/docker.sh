#!/bin/sh
# Stands in for `docker run [--name NAME] … drachtio/sipp sipp …`: the same SIPp, on an address of its own.
# CONFORMANCE_SUITE is the suite's folder, CONFORMANCE_WORK the folder of this run.
set -eu
name=
while [ $# -gt 0 ] && [ "$1" != drachtio/sipp ]; do
  [ "$1" != --name ] || name=$2
  shift
done
shift 2
if [ -n "$name" ]; then
  address=$(awk -v name="$name" '$2 == name { print $1 }' /etc/hosts)
else
  host=100
  while ! mkdir "$CONFORMANCE_WORK/clients/$host" 2>/dev/null; do
    host=$((host + 1))
    [ $host -lt 200 ] || { echo "no address is left for another SIPp" >&2; exit 99; }
  done
  address=172.29.0.$host
fi
for word do
  shift
  case $word in /tmp/scenarios/*) word=$CONFORMANCE_SUITE/test/scenarios/${word#/tmp/scenarios/} ;; esac
  set -- "$@" "$word"
done
cd "$CONFORMANCE_WORK/run"
exec sipp "$@" -i "$address" -p 5060
