#!/bin/sh
# Runs tests on an emulated older processor: an instruction it does not have ends them by SIGILL.
# usage: run.sh CPU PROGRAM FILTER [PROGRAM FILTER …]; 77 means skipped.
set -eu
cpu=$1
shift
if ! command -v qemu-x86_64 >/dev/null 2>&1; then
  echo "skipped: qemu-x86_64 is not installed (package qemu-user)"
  exit 77
fi
if [ "$(uname -m)" != x86_64 ]; then
  echo "skipped: built for $(uname -m), the emulated processors are x86-64"
  exit 77
fi
while [ $# -gt 1 ]; do
  echo "== $cpu: $1 $2"
  qemu-x86_64 -cpu "$cpu" "$1" --gtest_brief=1 --gtest_filter="$2"
  shift 2
done
