#!/bin/sh
# Measures everything that benches/results shows and that benches/README.md quotes: all worlds, the
# charts, the tables and the instruction counts. Takes half an hour or more and ten gigabytes;
# let nothing else run meanwhile.
#
# usage: benches/measure.sh [OPTION...]      (options of netpol-bench, such as --repeat 5)
set -eu
cd "$(dirname "$0")/.."
results=benches/results

cargo build --quiet --profile bench -p netpol-benches --bin netpol-bench
program=${CARGO_TARGET_DIR:-target}/release/netpol-bench
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$program" --suite --output json "$@" >"$scratch/results.json"
benches/icount.sh 10k 100k 10k-20-cluster-policies 100k-20-cluster-policies \
    10k-1000-cluster-policies 100k-1000-cluster-policies 100k-dual-stack >"$scratch/instructions"

# Only when all of it is there, so that numbers of two versions never stand beside each other.
mkdir -p "$results"
mv "$scratch/results.json" "$results/results.json"
"$program" --chart "$results/results.json" "$results"
{
    printf '# Results\n\n'
    printf 'Written by `benches/measure.sh`; what is measured and how to read it is in '
    printf '[the README beside](../README.md).\n\n'
    "$program" --summary "$results/results.json"
    printf '## Instructions per decision\n\n'
    printf 'Counted by `benches/icount.sh`, over 262,144 packets.\n\n```text\n'
    cat "$scratch/instructions"
    printf '```\n'
} >"$results/README.md"
