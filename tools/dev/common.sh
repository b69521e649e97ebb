# What the scripts of this folder share. Source it: it enters the repository's root.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/usage.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '== %s\n' "$*"; }

fail() {
  printf '%s: error: %s\n' "$(basename "$script")" "$*" >&2
  exit 1
}

# The version that lib/AttnLLVM.cmake pins.
llvm_version() { sed -n 's/^set(ATTN_LLVM_VERSION \([0-9]*\))$/\1/p' lib/AttnLLVM.cmake; }

# Where lit, FileCheck, mlir-opt and ld.lld lie.
llvm_bin() { echo "/usr/lib/llvm-$(llvm_version)/bin"; }

# The package names in tools/dev/packages.
needed_packages() { sed -e 's/#.*//' -e "s/@LLVM@/$(llvm_version)/" tools/dev/packages | xargs -n1; }

missing_packages() {
  local package
  for package in $(needed_packages); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "expected to be root, or to have sudo, for: $*"
  fi
}

# Installs what is missing; asks for nothing, and touches nothing where all is there.
install_packages() {
  command -v dpkg-query >/dev/null || fail "expected Debian's package tools; elsewhere, install what tools/dev/packages lists"
  local missing
  missing=$(missing_packages | xargs)
  if [ -z "$missing" ]; then
    say "Packages: all of tools/dev/packages are installed"
    return
  fi
  say "Packages: installing $missing"
  as_root apt-get update -qq
  # shellcheck disable=SC2086  # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}

# Exports CUDA_HOME with a ptxas: the machine's, else NVIDIA's package of pip, in build/cuda. It needs no GPU.
install_ptxas() {
  local package=nvidia-cuda-nvcc==13.0.88 home=$PWD/build/cuda/nvidia/cu13 found
  if found=$(command -v "${CUDA_HOME:-/usr}/bin/ptxas" || command -v ptxas); then
    say "ptxas: $found"
    return
  fi
  export CUDA_HOME=$home
  if [ -x "$home/bin/ptxas" ]; then
    say "ptxas: $home/bin/ptxas"
    return
  fi
  say "ptxas: installing $package in build/cuda"
  python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --target build/cuda "$package"
}

# configure_and_build PRESET BUILD_DIR [TARGETS]: all and TARGETS; fast where nothing changed.
configure_and_build() {
  say "Configuring $2"
  mkdir -p "$2"
  cmake --preset "$1" >"$2/configure.log" 2>&1 || { cat "$2/configure.log" >&2; fail "configuring failed"; }
  say "Building $2 on $(nproc) cores"
  local start=$SECONDS
  cmake --build --preset "$1" --target all "${@:3}"
  say "Built in $((SECONDS - start)) s"
}

# Debian's own Python first: it is the one that has the packages.
python() {
  if [ -x /usr/bin/python3 ]; then /usr/bin/python3 "$@"; else python3 "$@"; fi
}
