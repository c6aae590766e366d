# SPDX-License-Identifier: GPL-3.0-or-later
# What ./demo and ./check share: installing packages, building. Sourced, with $root set to the checkout.

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# without_services COMMAND...: runs it while no package may start a service. Debian's maintainer scripts ask this file; slapd,
# rsyslog, xrdp and xpra would listen on every address of a machine that only wanted to build.
without_services() {
  local gate=/usr/sbin/policy-rc.d status=0
  if [ -e "$gate" ]; then # somebody has decided already
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$gate" > /dev/null && as_root chmod 755 "$gate" || return 1
  "$@" || status=$?
  as_root rm -f "$gate"
  return "$status"
}

# install_packages GROUP...: what is missing of these groups of tests/support/packages.
install_packages() {
  local want="" have name group missing=""
  while read -r group name; do
    case " $* " in *" $group "*) want="$want $name";; esac
  done < "$root/tests/support/packages"
  have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^ii *//p')
  for name in $want; do
    grep -qx -- "$name" <<<"$have" || missing="$missing $name"
  done
  case " $* " in
    *" test "*) node -e 'process.exit(+process.versions.node.split(".")[0] >= 18 ? 0 : 1)' 2>/dev/null \
      && command -v npm >/dev/null || missing="$missing nodejs npm";;
  esac
  [ -z "$missing" ] && return 0
  say "installing:$missing"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >&2 \
    || die "apt-get update failed: is a Debian mirror reachable?"
  # shellcheck disable=SC2086
  without_services as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >&2 \
    || die "some packages could not be installed; see above"
}

# build PRESET [TARGET...]: configures (again: what is installed may have changed), then builds.
build() {
  local preset=$1 dir=$root/build/$1
  shift
  mkdir -p "$root/build"
  (cd "$root" && cmake --preset "$preset") > "$dir.configure.log" 2>&1 \
    || { cat "$dir.configure.log" >&2; die "configuring $preset failed"; }
  ninja -C "$dir" --quiet "$@" >&2 || die "building $preset failed"
}

# free_port ADDRESS FIRST: the first port from FIRST on that nobody listens on at ADDRESS.
free_port() {
  local p=$2
  while ss -ltnH "src $1:$p" 2>/dev/null | grep -q .; do p=$((p + 1)); done
  echo "$p"
}
