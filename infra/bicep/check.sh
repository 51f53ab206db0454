#!/usr/bin/env bash
# Compiles every .bicep and .bicepparam file here with the linter on; any warning fails. Needs the .NET SDK and no Azure account.
set -euo pipefail
cd "$(dirname "$0")"

# The compiler reads no text in any language's rules, and a bare machine has no ICU.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

dotnet restore bicep.proj --verbosity quiet
bicep=$(dotnet msbuild bicep.proj -getProperty:BicepFolder)bicep
chmod u+x "$bicep"

failed=0
check() {
  local kind=$1 file=$2 findings
  if ! findings=$("$bicep" "$kind" "$file" --stdout 2>&1 >/dev/null) || [[ -n $findings ]]; then
    printf '%s\n%s\n' "$file" "$findings"
    failed=1
  fi
}
for file in *.bicep; do check build "$file"; done
for file in *.bicepparam; do check build-params "$file"; done
[[ $failed -eq 0 ]] && echo "bicep: $(ls -- *.bicep *.bicepparam | wc -l) files, no warnings"
exit "$failed"
