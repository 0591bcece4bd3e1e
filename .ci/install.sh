#!/usr/bin/env bash
# Installs the Debian packages that the tests need, if any is missing.
#
#   .ci/install.sh           what `make test` needs
#   .ci/install.sh --bench   and what `make bench` measures beside us
#
# It names the packages before it installs them, starts no service and enables
# none. Without root, or where there is no apt, it says what to type and ends
# well: the tests that need a missing program are skipped and counted. With
# CI=true a package that cannot be installed is an error.
set -euo pipefail

# Each line is a program and the package that has it.
programs='gcc gcc
sipp sip-tester
redis-server redis-server
baresip baresip-core
sox sox
espeak-ng espeak-ng
dnsmasq dnsmasq-base
kamailio kamailio
linphonec linphone-cli
fail2ban-regex fail2ban
ip iproute2
ethtool ethtool
clang-14 clang-14
llvm-strip-14 llvm-14'
if [[ ${1-} == --bench ]]; then
  programs+='
rtpengine rtpengine-daemon'
fi

export PATH=$PATH:/usr/sbin:/sbin
policy=/usr/sbin/policy-rc.d
mark='strowger: no service starts while packages are installed'

missing=()
while read -r program package; do
  command -v "$program" >/dev/null || missing+=("$package")
done <<<"$programs"
# The program of the kernel plane is compiled with these.
[[ -e /usr/include/bpf/bpf_helpers.h ]] || missing+=(libbpf-dev)
# The race detector links with the C library's development files.
[[ -e /usr/include/stdlib.h ]] || missing+=(libc6-dev)
((${#missing[@]})) || exit 0

give_up() {
  echo "$1" >&2
  echo "Tests that need them are skipped. To install them: $2" >&2
  [[ ${CI-} == true ]] && exit 1
  exit 0
}

echo "Missing packages: ${missing[*]}"
command -v apt-get >/dev/null ||
  give_up 'This machine has no apt-get.' "your system's packages of the same names"
((EUID == 0)) ||
  give_up 'Only root can install them.' "sudo $0 ${1-}"

# One installation at a time: the policy file is the whole machine's.
exec 9>/run/lock/strowger-install.lock
flock 9

# invoke-rc.d and deb-systemd-invoke ask this file whether a package may start
# its service, with systemd and without. One that was there is put back.
restore() {
  if [[ -e $policy ]] && ! grep -qF "$mark" "$policy"; then return; fi
  rm -f "$policy"
  if [[ -e $policy.strowger ]]; then mv "$policy.strowger" "$policy"; fi
}
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
restore # what a killed run left
if [[ -e $policy ]]; then mv "$policy" "$policy.strowger"; fi
printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
apt=(apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0)
echo "Installing: ${missing[*]}"
before=$(dpkg-query -W -f '${Package}\n' | sort)
"${apt[@]}" update </dev/null || echo 'apt-get update failed; going on with the lists at hand' >&2
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null ||
  give_up 'apt-get could not install them.' "apt-get install ${missing[*]}"

# Nor do the services of what came start with the machine from now on.
comm -13 <(printf '%s\n' "$before") <(dpkg-query -W -f '${Package}\n' | sort) |
  while read -r package; do
    dpkg -L "$package" | grep -oP '^/etc/init\.d/\K[^/]+$' || true
  done |
  while read -r service; do
    if command -v systemctl >/dev/null; then
      systemctl disable "$service" >/dev/null 2>&1 || true
    elif command -v update-rc.d >/dev/null; then
      update-rc.d "$service" disable >/dev/null 2>&1 || true
    fi
  done
echo 'Installed.'
