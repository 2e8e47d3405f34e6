# shellcheck shell=bash
# Builds programs and web pages, quietly: the log is shown where something fails.

# The programs of an instance, by their names in CMake.
# shellcheck disable=SC2034
PROGRAMS=(gymchat-archiver gymchat-api gymchat-token gymchat-notify gymchat_auth)

# build_all PRESET [TARGET…]: targets (or all) into build/PRESET, pages into web/dist; only what changed. Two at once
# take turns.
build_all() {
	build_writable "$1"
	mkdir -p "$ROOT/build"
	exec {build_lock}>"$ROOT/build/lock"
	flock -n "$build_lock" || { say "waiting for another build of this checkout" && flock "$build_lock"; }
	build_programs "$@"
	build_web
	exec {build_lock}>&-
}

# A sentence for what an earlier build by another user (most often root) left behind.
build_writable() {
	local path
	for path in build "build/$1" "build/$1/build.ninja" build/lock build/web.stamp web/dist web/node_modules; do
		[ -e "$ROOT/$path" ] || continue
		[ -w "$ROOT/$path" ] ||
			die "$ROOT/$path belongs to user $(stat -c %U "$ROOT/$path"), so $(id -un) cannot build: build as that" \
				"user, or remove what was built (sudo rm -rf build web/dist web/node_modules tests/node_modules)"
	done
	[ -e "$ROOT/build" ] || [ -w "$ROOT" ] || die "$(id -un) may not write to $ROOT, so nothing can be built there"
}

# build_programs PRESET [TARGET…]
build_programs() {
	local preset=$1 folder=$ROOT/build/$1
	shift
	[ -e "$folder/build.ninja" ] || say "building: preset $preset, log $folder.log"
	logged "$folder.log" "the build" build_preset "$preset" "$@"
}

build_preset() (
	cd "$ROOT" || exit
	[ -e "build/$1/build.ninja" ] || cmake --preset "$1" || exit
	cmake --build "build/$1" ${2:+--target "${@:2}"}
)

build_web() {
	[ -e "$ROOT/web/package.json" ] || return 0
	local now
	now=$(web_fingerprint)
	if [ -d "$ROOT/web/dist" ] && [ "$(cat "$ROOT/build/web.stamp" 2>/dev/null)" = "$now" ]; then return; fi
	npm_packages web
	say "building: web pages, log $ROOT/build/web.log"
	rm -f "$ROOT/build/web.stamp"
	logged "$ROOT/build/web.log" "the web build" npm --prefix "$ROOT/web" run build
	printf '%s\n' "$now" >"$ROOT/build/web.stamp"
}

web_fingerprint() (
	cd "$ROOT/web" || exit
	find . \( -name node_modules -o -name .cache -o -path ./dist \) -prune -o -type f -print0 | sort -z | xargs -0 cksum | cksum
)

# npm_packages FOLDER: npm ci where the lock file changed since the last one.
npm_packages() {
	local folder=$1 now stamp=$ROOT/$1/node_modules/.gymchat-stamp
	now=$(cksum <"$ROOT/$folder/package-lock.json") || die "$folder/package-lock.json is missing: this checkout is not whole"
	if [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then return; fi
	mkdir -p "$ROOT/build"
	say "fetching: npm packages of $folder/, log $ROOT/build/$folder-npm.log"
	logged "$ROOT/build/$folder-npm.log" "npm ci in $folder/" npm --prefix "$ROOT/$folder" ci --no-audit --no-fund
	printf '%s\n' "$now" >"$stamp"
}

# logged LOG NAME COMMAND…: the command with its output in LOG; its end is shown, and this ends, when it fails.
logged() {
	local log=$1 name=$2
	shift 2
	if ! "$@" >"$log" 2>&1 </dev/null; then
		note "the end of $log:"
		tail -n 30 "$log" >&2
		if grep -q 'No space left on device' "$log"; then die "$name failed: the disk that holds $ROOT is full"; fi
		die "$name failed: the whole log is $log"
	fi
}
