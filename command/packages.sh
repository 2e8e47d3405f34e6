# shellcheck shell=bash
# What building, running and testing need, and getting it from Debian. Looked for by command, library or header, not by
# package: where they come from is nobody's business.
# shellcheck disable=SC2034

NEEDS_BUILD='
command cc gcc
header stdio.h libc6-dev
command cmake cmake
command ninja ninja-build
command pkg-config pkg-config
library cmocka libcmocka-dev
library libcjson libcjson-dev
library libcrypto libssl-dev
library libjwt libjwt-dev
library libmosquitto libmosquitto-dev
library libpq libpq-dev
library libuv libuv1-dev
library libwebsockets libwebsockets-dev
header mosquitto_plugin.h mosquitto-dev
node node nodejs
node npm npm'
NEEDS_RUN='
command mosquitto mosquitto
command psql postgresql-client
file /usr/lib/postgresql/*/bin/postgres postgresql
file /usr/lib/*/libwebsockets-evlib_uv.so libwebsockets-evlib-uv'
NEEDS_TEST='
command mosquitto_sub mosquitto-clients
command chromium chromium
file /usr/share/postgresql/*/extension/pgtap.control postgresql-pgtap
file /usr/lib/python3/dist-packages/django python3-django
file /usr/lib/python3/dist-packages/jwt python3-jwt
file /usr/lib/python3/dist-packages/psycopg2 python3-psycopg2'

# need_packages NEEDS INSTALL: installs what is missing of a list, or says what to install (INSTALL is not "yes").
need_packages() {
	local missing packages
	missing=$(missing_of "$1") || exit
	[ -n "$missing" ] || return 0
	packages=$(packages_of "$missing")
	if ! command -v apt-get >/dev/null; then
		die "missing here: $(names_of "$missing") (no apt-get on this system; Debian's packages are: $packages)"
	fi
	if [ "$2" != yes ]; then
		die "missing here: $(names_of "$missing"); install with: apt-get install $packages"
	fi
	node_from_debian "$missing"
	install_packages "$packages"
	missing=$(missing_of "$1")
	[ -z "$missing" ] || die "still missing after apt-get install $packages: $(names_of "$missing")"
}

# The lines of a list whose thing is not there.
missing_of() {
	local kind name package
	while read -r kind name package; do
		[ -z "$kind" ] || "has_$kind" "$name" || printf '%s %s %s\n' "$kind" "$name" "$package"
	done <<<"$1"
}
has_command() { command -v "$1" >/dev/null; }
has_library() { pkg-config --exists "$1" 2>/dev/null; }
has_header() { printf '#include <stddef.h>\n#include <%s>\n' "$1" | cc -E -x c - >/dev/null 2>&1; }
has_file() { compgen -G "$1" >/dev/null; }
has_node() {
	command -v "$1" >/dev/null || return 1
	[ "$1" != node ] || [ "$(node -p 'parseInt(process.versions.node)')" -ge 18 ] ||
		die "$(command -v node) is version $(node -v): 18 or newer is needed (or remove it: Debian's own will do)"
}

names_of() { cut -d ' ' -f 2 <<<"$1" | sed 's#.*/##' | paste -sd ' '; }
packages_of() {
	local version
	version=$(postgres_bin | cut -d / -f 5) || true
	cut -d ' ' -f 3 <<<"$1" | sort -u | sed "s/^postgresql-pgtap\$/postgresql-${version:-15}-pgtap/" | paste -sd ' '
}

# Debian's npm wants Debian's node and conflicts with any other.
node_from_debian() {
	[[ $1 == *'node npm'* && $1 != *'node node'* ]] || return 0
	[[ $(dpkg-query -W -f '${Version}' nodejs 2>/dev/null) == *dfsg* ]] && return
	die "npm is missing and $(command -v node) is not Debian's: install npm from where that node came from"
}

install_packages() {
	local words as_root=()
	read -ra words <<<"$1"
	if [ "$EUID" -ne 0 ]; then
		command -v sudo >/dev/null || die "missing packages, and no sudo here; as root: apt-get install $1"
		as_root=(sudo)
	fi
	say "installing with apt: $1"
	"${as_root[@]}" bash "$ROOT/command/apt-install" "${words[@]}" ||
		die "apt could not install: $1 (its words are above)"
}
