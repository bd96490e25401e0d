#!/usr/bin/env bash
# Takes one protection after the other out of a copy of the sources (the patches in Tests/Mutants), builds it, and simulates until the
# simulation has found what is wrong. Fails where a patch does not apply any more, does not build, or is not caught.
#
#   Scripts/mutants.sh [NAME ...]      NAME: some of the patches, without .patch; default all
#
# MUTANT_SECONDS: for how long each is simulated at most (default 180).
set -euo pipefail
cd "$(dirname "$0")/.."

project=$PWD
tree=$project/.build/mutants/tree
scratch=$project/.build/mutants/build
seconds=${MUTANT_SECONDS:-180}
names=("$@")
[ $# -gt 0 ] || for patch in Tests/Mutants/*.patch; do names+=("$(basename "$patch" .patch)"); done

# Files that did not change are left as they are, so that each mutant builds only what it changes.
copy() {
  mkdir -p "$tree"
  git ls-files -z --cached --others --exclude-standard Package.swift Sources Tests >"$tree/files"
  # By content: a run that was killed may have left a mutant behind.
  while IFS= read -r -d '' file; do
    cmp -s "$file" "$tree/$file" || cp --parents "$file" "$tree/"
  done <"$tree/files"
  (cd "$tree" && find Sources Tests -type f -print0 | sort -z | comm -z -23 - <(sort -z files) | xargs -0 -r rm -f)
}
# The copy is no part of this repository, for git.
apply() { (cd "$tree" && GIT_CEILING_DIRECTORIES=$project/.build/mutants git apply "$@" "$patch"); }
build() { swift build --package-path "$tree" --scratch-path "$scratch" --product simulate; }

copy
echo "Building the sources as they are ..."
build >"$project/.build/mutants/log" 2>&1 || { tail -n 20 "$project/.build/mutants/log" >&2; exit 1; }
simulate=$(swift build --package-path "$tree" --scratch-path "$scratch" --show-bin-path)/simulate

# What a mutant is caught by must not happen without it.
sound=$project/.build/mutants/simulate
cp "$simulate" "$sound"

missed=0
printf '%-34s %-8s %s\n' mutant seed violated
for name in "${names[@]}"; do
  patch=$project/Tests/Mutants/$name.patch
  # What the search is after, where seeds of everything would take too long to meet it: a focus of simulate's, or the small cases.
  focus=$(sed -n 's/^Focus: //p' "$patch")
  search=(--no-shrink ${focus:+--focus "$focus"})
  from=(--seed 1)
  [ "$focus" != small ] || { search=(--small) from=(); }
  seed=- verdict= log=$project/.build/mutants/$name.log
  if ! apply --check 2>"$log"; then
    verdict="DOES NOT APPLY: $(head -n 1 "$log")"
  else
    apply
    if ! build >"$log" 2>&1; then
      verdict="DOES NOT BUILD: $(grep -m 1 'error:' "$log" || true)"
    elif "$simulate" "${search[@]}" "${from[@]}" --seconds "$seconds" --failures 1 >"$log" 2>&1; then
      verdict="NOT CAUGHT in $seconds s: $(grep -m 1 campaigns "$log" || true)"
    else
      seed=$(sed -n 's/^seed \([0-9]*\):.*/\1/p' "$log" | head -n 1)
      violated=$(sed -n 's/^ *violated: //p' "$log" | head -n 1)
      if [ -z "$violated" ]; then
        verdict="CRASHED: $(tail -n 1 "$log")"
      elif [ "$focus" != small ] && ! "$sound" "${search[@]}" --seed "$seed" --count 1 >"$log.sound" 2>&1; then
        verdict="THE SAME WITHOUT IT: $violated"
      fi
    fi
    apply --reverse
  fi
  if [ -n "$verdict" ]; then
    missed=$((missed + 1))
    violated=$verdict
  fi
  printf '%-34s %-8s %s\n' "$name" "$seed" "${violated:0:160}"
done
[ "$missed" -eq 0 ] || { echo "$missed of ${#names[@]} mutants are not caught." >&2; exit 1; }
echo "All ${#names[@]} mutants are caught."
