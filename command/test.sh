# shellcheck shell=bash
# gymchat test: every kind of test, each also alone. Everything runs in temporary folders and on free ports.

# shellcheck source=command/packages.sh
. "$ROOT/command/packages.sh"
# shellcheck source=command/build.sh
. "$ROOT/command/build.sh"
# shellcheck source=command/cluster.sh
. "$ROOT/command/cluster.sh"

TEST_KINDS=(unit sql integration browser faults)
ARTEFACTS=$ROOT/tests/artefacts
# The integration tests that run once more against the build with AddressSanitizer and UBSan, plugin included.
TEST_SANITIZED=(scenario)

test_usage() {
	cat <<'TEXT'
usage: ./gymchat test [--no-install] [KIND [NAME…]]
Builds what changed, installs what the tests need, runs all kinds or one, and ends with "N passed, N failed".
  unit          C modules (cmocka, kept fuzz corpora), plain and with sanitizers; web modules
  sql           schema: keys, checks, rights, views, migrations (pgTAP)
  integration   real processes; NAME picks tests/integration/NAME.test.js
  browser       the pages in Chromium; NAME as above
  faults        seeded crashes against the archive; with --seed N --rounds N other or longer ones
Logs and screenshots stay in tests/artefacts; with GYMCHAT_UPDATE_IMAGES=1 the browser tests renew docs/images.
GYMCHAT_BUILD=… tests the programs of another build folder, building nothing.
TEXT
}

verb_test() {
	local kind kinds install=yes images=${GYMCHAT_UPDATE_IMAGES:-}
	common_options test_usage "$@"
	set -- "${ARGS[@]}"
	if [ "${1:-}" = --no-install ]; then install=no && shift; fi
	kinds=("${TEST_KINDS[@]}")
	if [ $# -gt 0 ]; then
		[[ " ${TEST_KINDS[*]} " == *" $1 "* ]] || die "there are no '$1' tests: ${TEST_KINDS[*]}"
		kinds=("$1") && shift
	fi
	unset "${!GYMCHAT_@}" "${!PG@}" # settings of a running instance are none of the tests'
	[ -z "$images" ] || export GYMCHAT_UPDATE_IMAGES=$images
	cd "$ROOT" || exit
	PASSED=0 FAILED=0 SUMMARY=''
	test_prepare "${kinds[*]}" "$install"
	for kind in "${kinds[@]}"; do
		say "== $kind"
		"test_$kind" "$@"
	done
	printf '\n%s' "$SUMMARY"
	say "$PASSED passed, $FAILED failed"
	if [ "$FAILED" -gt 0 ] || [ "$PASSED" -eq 0 ]; then exit 1; fi
}

# test_prepare KINDS INSTALL
test_prepare() {
	need_packages "$NEEDS_BUILD$NEEDS_RUN$NEEDS_TEST" "$2"
	mkdir -p "$ARTEFACTS" || die "$ARTEFACTS cannot be made"
	[ -w "$ARTEFACTS" ] || die "$ARTEFACTS belongs to user $(stat -c %U "$ARTEFACTS"): test as that user, or remove it"
	# A compiler error is a failed test to whoever counts: the last line says so too.
	trap '[ $? -eq 0 ] || [ $((PASSED + FAILED)) -gt 0 ] || printf "0 passed, 1 failed\n"' EXIT
	if [ -z "$GIVEN_BUILD" ]; then
		build_all release
		if [[ $1 == *unit* ]]; then build_also asan; fi
	fi
	export GYMCHAT_BUILD=${GIVEN_BUILD:-$ROOT/build/release}
	[ "$1" = sql ] || npm_packages tests
}

build_also() {
	exec {build_lock}>"$ROOT/build/lock"
	flock "$build_lock"
	build_programs "$1"
	exec {build_lock}>&-
}

# count NAME PASSED FAILED [WORDS]
count() {
	PASSED=$((PASSED + $2))
	FAILED=$((FAILED + $3))
	SUMMARY+=$(printf '%-22s %5d passed, %d failed%s' "$1" "$2" "$3" "${4:-}")$'\n'
}

# ---- unit ----

test_unit() {
	run_ctest "$GYMCHAT_BUILD"
	[ -n "$GIVEN_BUILD" ] || run_ctest "$ROOT/build/asan"
	[ -e web/package.json ] || return 0
	npm_packages web
	if npm --prefix web run check; then count unit-web-types 1 0; else count unit-web-types 0 1; fi
	npm --prefix web test >"$ARTEFACTS/unit-web.log" 2>&1 || cat "$ARTEFACTS/unit-web.log"
	count_node unit-web "$ARTEFACTS/unit-web.log"
}

run_ctest() {
	local name log result
	name=unit-$(basename "$1")
	log=$ARTEFACTS/$name.log
	ctest --test-dir "$1" -L unit --output-on-failure -j "$(nproc)" 2>&1 | tee "$log" || true
	result=$(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of \([0-9]*\).*/\1 \2/p' "$log")
	if [ -n "$result" ]; then
		count "$name" $((${result#* } - ${result% *})) "${result% *}"
	else
		count "$name" 0 1 " (no result: see $log)"
	fi
}

# ---- node ----

# run_node NAME FILE…: several files at once, as many as there are cores.
run_node() {
	local name=$1 tap=$ARTEFACTS/$1.tap
	shift
	timeout -k 20 2400 node --test --test-concurrency="${CONCURRENCY:-$(nproc)}" \
		--test-reporter=spec --test-reporter-destination=stdout \
		--test-reporter=tap --test-reporter-destination="$tap" "$@" || true
	count_node "$name" "$tap"
}

# count_node NAME OUTPUT: node's own totals, at the end of its TAP (# pass 3) or of its prose (ℹ pass 3).
count_node() {
	local passed failed skipped
	passed=$(node_total pass "$2")
	failed=$(($(node_total fail "$2") + $(node_total cancelled "$2")))
	skipped=$(node_total skipped "$2")
	if [ -n "$passed" ]; then
		count "$1" "$passed" "$failed" "$([ "$skipped" -eq 0 ] || printf ', %d skipped' "$skipped")"
	else
		count "$1" 0 1 " (no result: see $2)"
	fi
}
node_total() { sed -nE "s/^(# |ℹ )$1 ([0-9]+)\$/\2/p" "$2" | tail -n 1; }

# test_files FOLDER NAME…: all tests of a folder, or those named.
test_files() {
	local name files=()
	for name in "${@:2}"; do files+=("tests/$1/${name%.test.js}.test.js"); done
	[ ${#files[@]} -gt 0 ] || files=(tests/"$1"/*.test.js)
	[ -e "${files[0]}" ] || die "there is no test ${files[0]}"
	printf '%s\n' "${files[@]}"
}

test_integration() {
	local files name sanitized=()
	mapfile -t files < <(test_files integration "$@")
	# One file at a time: they start whole instances and measure times, and lost leases to each other on a busy machine.
	CONCURRENCY=1 run_node integration "${files[@]}"
	[ $# -eq 0 ] && [ -z "$GIVEN_BUILD" ] || return 0
	for name in "${TEST_SANITIZED[@]}"; do
		[ ! -e "tests/integration/$name.test.js" ] || sanitized+=("tests/integration/$name.test.js")
	done
	[ ${#sanitized[@]} -gt 0 ] || return 0
	build_also asan
	GYMCHAT_BUILD=$ROOT/build/asan run_node integration-asan "${sanitized[@]}"
}

test_browser() {
	local files
	mapfile -t files < <(test_files browser "$@")
	CONCURRENCY=1 run_node browser "${files[@]}"
}

test_faults() {
	local log=$ARTEFACTS/faults.log rounds bad
	if [ $# -eq 0 ]; then
		run_node faults-checker tests/faults/*.test.js
		set -- --seed 1 --rounds 5
	fi
	timeout -k 20 36000 node tests/faults/run.js "$@" 2>&1 | tee "$log" || true
	rounds=$(grep -c '^seed [0-9]*: ' "$log") || true
	bad=$(grep -c '^seed [0-9]*: .*FOUND' "$log") || true
	if grep -q '^lost [0-9]' "$log"; then
		count faults $((rounds - bad)) "$bad"
	else
		count faults $((rounds - bad)) $((bad + 1)) " (broke off: see $log)"
	fi
}

# ---- sql ----

test_sql() {
	local work as_user=() log=$ARTEFACTS/sql.log passed failed
	work=$(mktemp -d /tmp/gymchat-test-sql-XXXXXX)
	if [ "$EUID" -eq 0 ]; then
		chown nobody "$work"
		as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups --)
	fi
	chmod 755 "$work"
	# Ended with this process, however it ends.
	"${as_user[@]}" "$(postgres_bin)/initdb" -D "$work/pg" -U gymchat -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
	"${as_user[@]}" setpriv --pdeathsig QUIT "$(postgres_bin)/postgres" -D "$work/pg" -c fsync=off -c listen_addresses= \
		-c "unix_socket_directories=$work" >"$work.log" 2>&1 &
	until "$(postgres_bin)/pg_isready" -q -h "$work"; do
		kill -0 $! || die "PostgreSQL for the tests does not start: $work.log"
		sleep 0.1
	done
	sql_all "$work" >"$log" 2>&1 || true
	kill -QUIT $! && wait $! || true
	rm -rf "$work" "$work.log"
	grep -vE '^(ok|1\.\.)' "$log" || true
	passed=$(grep -c '^ok ' "$log") || true
	failed=$(grep -cE '^(not ok |FAILED )' "$log") || true
	count sql "$passed" "$failed"
}

# sql_all SOCKETS: each file in a database of its own; prints TAP, and FAILED where a file did not keep its plan.
sql_all() {
	local file name tap
	sql() { psql -XAtq -v ON_ERROR_STOP=1 -h "$sockets" -U gymchat -d "$@"; }
	local sockets=$1
	sql postgres -c 'CREATE DATABASE template_gymchat'
	schema/migrate up --database "postgresql://gymchat@/template_gymchat?host=$sockets"
	sql template_gymchat -c 'CREATE EXTENSION pgtap'
	for file in tests/sql/*.sql tests/sql/*.sh; do
		name=$(basename "$file")
		tap=$ARTEFACTS/$name.tap
		printf '# %s\n' "$file"
		if [[ $file == *.sh ]]; then
			sql postgres -c "CREATE DATABASE \"$name\""
			DATABASE_URL="postgresql://gymchat@/$name?host=$sockets" "$file" >"$tap" 2>&1
		else
			sql postgres -c "CREATE DATABASE \"$name\" TEMPLATE template_gymchat"
			sql "$name" -f "$file" >"$tap" 2>&1
		fi || printf 'FAILED %s: ended with an error\n' "$file"
		cat "$tap"
		awk -v file="$file" '/^(not )?ok / { seen++ } /^1\.\.[0-9]+$/ { planned = substr($0, 4) }
			END { if (seen != planned) printf "FAILED %s: %d of %d tests\n", file, seen, planned }' "$tap"
	done
}
