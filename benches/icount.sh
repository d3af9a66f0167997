#!/bin/sh
# Prints instructions per decision, counted by valgrind's callgrind: exact, and the same on every
# run, so fit to compare two versions of the code. A world takes a minute or two.
#
# usage: benches/icount.sh [WORLD...]      (default: 10k 100k)
set -eu
cd "$(dirname "$0")/.."
decisions=262144

cargo build --quiet --profile bench -p netpol-benches --bin netpol-bench
program=${CARGO_TARGET_DIR:-target}/release/netpol-bench
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

printf '%-28s%10s%10s%11s%13s\n' world single batch attribute interpreter
for world in "${@:-10k 100k}"; do
    for world in $world; do
        # Nothing but the loops is counted.
        valgrind --quiet --tool=callgrind --callgrind-out-file="$scratch/$world" \
            --collect-atstart=no --toggle-collect='netpol_benches::decide::*' \
            "$program" "$world" --packets "$decisions" --count "$decisions"
        callgrind_annotate --inclusive=yes --auto=no --threshold=100 "$scratch/$world" |
            awk -v world="$world" -v decisions="$decisions" '
                match($0, /netpol_benches::decide::[a-z_]+/) {
                    loop = substr($0, RSTART, RLENGTH)
                    gsub(",", "", $1)
                    if ($1 + 0 > count[loop]) count[loop] = $1 + 0
                }
                function per_decision(loop) {
                    return count["netpol_benches::decide::" loop] / decisions
                }
                END {
                    printf "%-28s%10.1f%10.1f%11.1f%13.1f\n", world, per_decision("singly"),
                        per_decision("in_batches"), per_decision("attributed"),
                        per_decision("interpreted")
                }'
    done
done
