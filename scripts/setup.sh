#!/usr/bin/env bash
# Installs what the build needs: Debian packages, and LibTorch from the PyPI wheel of PyTorch.
# Run again, it does nothing and needs no network.
#
#   scripts/setup.sh           LibTorch for the CPU (the parts of the wheel that a CPU needs)
#   scripts/setup.sh --cuda    LibTorch with its CUDA libraries as well (2.3 GB to download, 3.6 GB on disk)
#
# LibTorch goes to $ANGLE_CACHE_DIR (default ~/.cache/angle); cmake/LibTorch.cmake finds it there.
set -euo pipefail

torch_version=2.11.0
# name==version and sha256 of each wheel: the torch wheel, and the two small packages that its libtorch_cpu.so links.
cpu_wheels=(
  "torch==2.11.0 --hash=sha256:0f68f4ac6d95d12e896c3b7a912b5871619542ec54d3649cf48cc1edd4dd2756"
  "nvidia-cuda-cupti==13.0.85 --hash=sha256:4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"
  "nvidia-cuda-runtime==13.0.96 --hash=sha256:7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548"
)
# The other libraries that the torch wheel's METADATA asks for (the first nine through cuda-toolkit==13.0.2).
cuda_wheels=(
  "nvidia-cublas==13.1.0.3 --hash=sha256:ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171"
  "nvidia-cuda-nvrtc==13.0.88 --hash=sha256:ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575"
  "nvidia-cufft==12.0.0.61 --hash=sha256:6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3"
  "nvidia-cufile==1.15.1.6 --hash=sha256:08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44"
  "nvidia-curand==10.4.0.35 --hash=sha256:1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc"
  "nvidia-cusolver==12.0.4.66 --hash=sha256:0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112"
  "nvidia-cusparse==12.6.3.3 --hash=sha256:2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b"
  "nvidia-nvjitlink==13.0.88 --hash=sha256:13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b"
  "nvidia-nvtx==13.0.85 --hash=sha256:4936d1d6780fbe68db454f5e72a42ff64d1fd6397df9f363ae786930fd5c1cd4"
  "nvidia-cudnn-cu13==9.19.0.56 --hash=sha256:d20e1734305e9d68889a96e3f35094d733ff1f83932ebe462753973e53a572bf"
  "nvidia-cusparselt-cu13==0.8.0 --hash=sha256:25e30a8a7323935d4ad0340b95a0b69926eee755767e8e0b1cf8dd85b197d3fd"
  "nvidia-nccl-cu13==2.28.9 --hash=sha256:e4553a30f34195f3fa1da02a6da3d6337d28f2003943aa0a3d247bbc25fefc42"
  # Headers alone, which those of CUDA include.
  "nvidia-cuda-cccl==13.0.85 --hash=sha256:e0da7ad981f3a8aff08241b5bfc1af868742a63e2762f53a5171c492ef242649"
  "nvidia-cuda-crt==13.0.88 --hash=sha256:2c8043c7c9e02492716426e9919fc78d2c5b3b2a7a768a88e952676b08aa55a4"
  "nvidia-nvshmem-cu13==3.4.5 --hash=sha256:290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80"
)
debian_packages=(
  build-essential cmake ninja-build ccache mold pkg-config clang-format-14 shellcheck python3 python3-pip python3-venv
  ca-certificates curl unzip gzip nlohmann-json3-dev libcli11-dev libspdlog-dev libsentencepiece-dev libutf8proc-dev libxxhash-dev zlib1g-dev
  libgloo-dev libcpp-httplib-dev libssl-dev libgoogle-perftools-dev libgtest-dev libgmock-dev libbenchmark-dev
)

say() { printf 'setup: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

install_debian_packages() {
  local missing=() package
  for package in "${debian_packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  say "installing Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq || stop "apt-get update failed; is there a network?"
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    stop "apt-get could not install: ${missing[*]}"
}

# Downloads wheels for CPython 3.12 on x86-64 (the tag is fixed so that every machine gets the same bytes).
download_wheels() {
  local target=$1 glibc platforms=(--platform manylinux2014_x86_64 --platform manylinux1_x86_64)
  shift
  for glibc in {5..28}; do
    platforms+=(--platform "manylinux_2_${glibc}_x86_64")
  done
  printf '%s\n' "$@" > "$target/wheels.txt"
  /usr/bin/python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 \
    --implementation cp "${platforms[@]}" --dest "$target" --requirement "$target/wheels.txt" ||
    stop "the PyTorch wheels could not be downloaded from PyPI, or their sha256 differs from the one in scripts/setup.sh"
}

# Unpack `lib/` and `include/` of the wheels in $1 into $2.
unpack_cpu() {
  unzip -q "$1"/torch-*.whl 'torch/include/*' torch/lib/libtorch_cpu.so torch/lib/libc10.so torch/lib/libgomp.so.1 -d "$1"
  unzip -q -j "$1"/nvidia_cuda_cupti-*.whl nvidia/cu13/lib/libcupti.so.13 -d "$1/torch/lib"
  unzip -q -j "$1"/nvidia_cuda_runtime-*.whl nvidia/cu13/lib/libcudart.so.13 -d "$1/torch/lib"
  mkdir "$2"
  mv "$1/torch/lib" "$1/torch/include" "$2/"
}

# The libraries look for each other in ../../nvidia/*/lib, where pip puts them, and beside themselves: all go into one folder.
# Of CUDA's headers include/cuda gets those that LibTorch's own for NCCL include.
unpack_cuda() {
  local wheel name
  unzip -q "$1"/torch-*.whl 'torch/include/*' 'torch/lib/*.so*' -d "$1"
  for wheel in "$1"/nvidia_*.whl; do
    case "$wheel" in */nvidia_cuda_crt-* | */nvidia_cuda_cccl-*) continue ;; esac
    unzip -q -j "$wheel" 'nvidia/*/lib/*.so*' -d "$1/torch/lib"
  done
  for name in cuda_runtime cuda_crt cublas cusparse cusolver nccl_cu13; do
    unzip -q -n "$1/nvidia_$name"-*.whl 'nvidia/*/include/*' -d "$1"
  done
  unzip -q "$1"/nvidia_cuda_cccl-*.whl 'nvidia/cu13/include/nv/*' -d "$1"
  mkdir -p "$1/torch/include/cuda"
  cp -r "$1"/nvidia/*/include/. "$1/torch/include/cuda/"
  mkdir "$2"
  mv "$1/torch/lib" "$1/torch/include" "$2/"
}

install_libtorch() {
  local kind=$1 cache=${ANGLE_CACHE_DIR:-$HOME/.cache/angle}
  local destination=$cache/libtorch-$torch_version-$kind wheels=("${cpu_wheels[@]}")
  [ "$kind" = cpu ] || wheels+=("${cuda_wheels[@]}")
  [ ! -d "$destination" ] || return 0
  [ "$(uname -m)" = x86_64 ] || stop "PyTorch wheels are fetched for x86_64 only, this is $(uname -m); build with -DLIBTORCH_DIR=/path/to/libtorch"
  say "fetching LibTorch $torch_version ($kind) into $destination"
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/libtorch.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  download_wheels "$work" "${wheels[@]}"
  "unpack_$kind" "$work" "$work/libtorch"
  mv -T "$work/libtorch" "$destination" || [ -d "$destination" ]  # another run may have been faster
}

kind=cpu
case "${1:-}" in
  "") ;;
  --cuda) kind=cuda ;;
  *) stop "unknown option $1; usage: scripts/setup.sh [--cuda]" ;;
esac
install_debian_packages
install_libtorch "$kind"
