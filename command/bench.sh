# shellcheck shell=bash
# gymchat bench

# shellcheck source=command/packages.sh
. "$ROOT/command/packages.sh"
# shellcheck source=command/build.sh
. "$ROOT/command/build.sh"

bench_usage() {
	cat <<TEXT
usage: ./gymchat bench NAME [ARGUMENT…]
Builds what changed, then measures one thing beside what one would use instead, on this machine (docs/benchmarks.md).
NAME is one of: $(bench_names). Each runs in temporary folders and on free ports; GYMCHAT_BUILD=DIR measures the programs
of another build folder, building nothing.
TEXT
}

bench_names() { (cd "$ROOT/bench" && printf '%s\n' *.js | sed 's/\.js$//' | paste -sd ' '); }

verb_bench() {
	local folder
	case ${1:---help} in -h | --help) bench_usage && return ;; esac
	[ -f "$ROOT/bench/$1.js" ] || die "there is no bench '$1': $(bench_names)"
	need_packages "$NEEDS_BUILD$NEEDS_RUN" yes
	[ -n "$GIVEN_BUILD" ] || build_all release
	for folder in tests bench; do npm_packages "$folder"; done
	unset "${!GYMCHAT_@}" "${!PG@}" # settings of a running instance are none of the bench's
	GYMCHAT_BUILD=${GIVEN_BUILD:-$ROOT/build/release} exec node "$ROOT/bench/$1.js" "${@:2}"
}
