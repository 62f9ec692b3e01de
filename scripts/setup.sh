# Shared by scripts/start and scripts/test: what a bare machine needs. Sourced, not run.

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*" >&2; }

fail() {
  printf '\n%s\n' "$*" >&2
  exit 2
}

need_node() {
  command -v node >/dev/null || fail "Node.js is missing: install Node 20.19 or newer, then run this again."
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    fail "Node $(node --version) is too old: Portico needs 20.19 or newer."
}

# need_packages COMMAND=PACKAGE...: installs the Debian packages whose command is missing.
need_packages() {
  local missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    fail "Missing: ${missing[*]}. Install them, or run this as root on Debian."
  say "installing ${missing[*]} with apt-get"
  apt-get update -qq >&2 || say "apt-get update failed; going on with the package lists at hand"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
    fail "apt-get could not install ${missing[*]}; see its message above."
}

# Installs exactly what package-lock.json says, unless that is what is there.
need_modules() {
  local stamp=node_modules/.portico-lock
  if ! cmp -s package-lock.json "$stamp"; then
    say "installing the packages of package-lock.json"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || fail "npm ci failed; see its message above."
    cp package-lock.json "$stamp"
  fi
}
