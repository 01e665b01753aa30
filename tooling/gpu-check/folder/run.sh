#!/usr/bin/env bash
# Checks and times Gradkit on this machine's GPU. Nothing is installed, nothing outside of this folder is written but a temporary folder
# where this one is read-only. README.md says more; ./run.sh --help shows the options.
set -uo pipefail
export PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
own_library_path="${LD_LIBRARY_PATH:-}"

fail() {
  printf '%s\n' "$1" >&2
  exit "${2:-5}"
}

driver=''
out=''
seconds=330
pass=()
while [ $# -gt 0 ]; do
  case "$1" in
    --driver) driver="${2:-}"; [ -f "$driver" ] || fail "--driver $driver: there is no such file."; shift 2 ;;
    --out) out="${2:-}"; [ -n "$out" ] || fail '--out needs a folder.'; shift 2 ;;
    --seconds) seconds="${2:-}"; shift 2 ;;
    *) pass+=("$1"); shift ;;
  esac
done
[[ "$seconds" =~ ^[1-9][0-9]*$ ]] || fail "--seconds is $seconds, but must be a whole number above 0."

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || fail "This folder is for Linux on x86-64; this machine is $(uname -s) on $(uname -m)."

# Where things are unpacked: beside this script, or in a temporary folder that is removed again.
unpacked="$here/unpacked"
temporary="$(mktemp -d "${TMPDIR:-/tmp}/gradkit-gpu.XXXXXX")" || fail 'There is no place for temporary files. Set TMPDIR.'
trap 'rm -rf "$temporary"' EXIT
if ! mkdir -p "$unpacked" 2>/dev/null || ! [ -w "$unpacked" ]; then unpacked="$temporary"; fi
if [ -z "$out" ]; then
  out="$here/results"
  if ! mkdir -p "$out" 2>/dev/null || ! [ -w "$out" ]; then
    out="$PWD/gradkit-gpu-results"
    echo "The folder is read-only: the report goes to $out."
  fi
fi
mkdir -p "$out" || fail "--out $out cannot be written."
out="$(cd "$out" && pwd)"
rm -f "$out/report.json" "$out/report.md" "$out/log.txt"

unpack() { # FROM TO
  [ -s "$2" ] && return
  if command -v xz >/dev/null; then xz -dc "$1" >"$2.new"
  elif command -v unxz >/dev/null; then unxz -c <"$1" >"$2.new"
  elif command -v busybox >/dev/null && busybox xz --help >/dev/null 2>&1; then busybox xz -dc "$1" >"$2.new"
  elif python3 -c 'import lzma' 2>/dev/null; then python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), open(sys.argv[2], "wb"))' "$1" "$2.new"
  else fail "Nothing here can unpack $1: there is no xz, busybox or python3 with lzma. Unpack $here/packed/*.xz elsewhere, into $here/unpacked."
  fi || fail "$1 could not be unpacked: is the disk full?"
  chmod +x "$2.new" && mv "$2.new" "$2"
}
for file in node dawn.node libvulkan.so.1; do unpack "$here/packed/$file.xz" "$unpacked/$file"; done
node="$unpacked/node"
"$node" --version >/dev/null 2>"$temporary/node.txt" ||
  fail "This machine cannot run the folder's Node: $(head -n 1 "$temporary/node.txt"). It needs glibc 2.34 or later, as Ubuntu 22.04, Debian 12 and RHEL 9 have it."

# The folder's Vulkan loader, before the machine's, if it has one; NVIDIA's libraries where containers have them.
libraries="$temporary/lib"
mkdir -p "$libraries"
cp "$unpacked/libvulkan.so.1" "$libraries/"
for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib; do [ -d "$folder" ] && own_library_path="${own_library_path:+$own_library_path:}$folder"; done
loads() { # whether Dawn can be loaded; says why not
  LD_LIBRARY_PATH="$libraries${own_library_path:+:$own_library_path}" "$node" -e 'require(process.argv[1])' "$unpacked/dawn.node" 2>"$temporary/dawn.txt"
}
if ! loads; then
  # A C++ library older than Dawn's compiler: the folder has one.
  for file in libstdc++.so.6 libgcc_s.so.1; do unpack "$here/packed/$file.xz" "$unpacked/$file" && cp "$unpacked/$file" "$libraries/"; done
  loads || fail "This machine cannot load Dawn: $(grep -m 1 -i 'error' "$temporary/dawn.txt"). It needs glibc 2.34 or later, as Ubuntu 22.04, Debian 12 and RHEL 9 have it."
fi

# Which Vulkan drivers there are. The loader looks in its usual places; what is said in VK_DRIVER_FILES or VK_ICD_FILENAMES holds.
usual_drivers() {
  local folder
  for folder in "${XDG_CONFIG_HOME:-${HOME:-/nonexistent}/.config}" /etc/xdg /usr/local/etc /etc "${XDG_DATA_HOME:-${HOME:-/nonexistent}/.local/share}" /usr/local/share /usr/share; do
    ls "$folder"/vulkan/icd.d/*.json 2>/dev/null
  done
}
where_is() { # a library's file, where ldconfig or the usual folders have it
  { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | awk -v name="$1" '$1 == name { print $NF; exit }'
  local folder
  for folder in ${own_library_path//:/ } /usr/lib/x86_64-linux-gnu /usr/lib64 /usr/lib; do [ -e "$folder/$1" ] && echo "$folder/$1"; done
}
if [ -n "$driver" ]; then
  export VK_DRIVER_FILES="$driver" VK_ICD_FILENAMES="$driver"
elif [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ]; then
  found="$(usual_drivers)"
  more=()
  for file in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json /usr/local/nvidia/vulkan/icd.d/nvidia_icd.json; do [ -f "$file" ] && more+=("$file"); done
  # A container with NVIDIA's libraries and without the manifest that names them: one is written. libEGL_nvidia needs no X libraries.
  if [ ${#more[@]} -eq 0 ] && ! grep -qi nvidia <<<"$found"; then
    for name in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
      library="$(where_is "$name" | head -n 1)"
      [ -n "$library" ] || continue
      printf '{"file_format_version": "1.0.1", "ICD": {"library_path": "%s", "api_version": "1.3.194"}}\n' "$library" >"$temporary/$name.json"
      more+=("$temporary/$name.json")
    done
  fi
  if [ ${#more[@]} -gt 0 ]; then
    export VK_ADD_DRIVER_FILES="$(IFS=:; echo "${more[*]}")${VK_ADD_DRIVER_FILES:+:$VK_ADD_DRIVER_FILES}"
  fi
  if [ -z "$found" ] && [ ${#more[@]} -eq 0 ] && [ -z "${VK_ADD_DRIVER_FILES:-}" ]; then
    say='This machine has no Vulkan driver: no manifest in /usr/share/vulkan/icd.d, /etc/vulkan/icd.d or /usr/local/nvidia, and no libGLX_nvidia.so.0. Nothing was measured. A container needs NVIDIA_DRIVER_CAPABILITIES=all (or compute,graphics,utility).'
    printf '%s\n' "$say" >"$out/log.txt"
    fail "$say" 2
  fi
fi

# The check ends itself in time; this ends it if it hangs where nothing of it runs any more.
limit=()
command -v timeout >/dev/null && limit=(timeout -k 5 $((seconds + 20)))
commit="$(cat "$here/commit.txt" 2>/dev/null || echo unknown)"
GRADKIT_OWN_LIBRARY_PATH="$own_library_path" LD_LIBRARY_PATH="$libraries${own_library_path:+:$own_library_path}" \
  ${limit[@]+"${limit[@]}"} "$node" --expose-gc --disable-warning=ExperimentalWarning "$here/check.mjs" \
  --folder "$here" --dawn "$unpacked/dawn.node" --out "$out" --seconds "$seconds" --commit "$commit" ${pass[@]+"${pass[@]}"} 2>"$temporary/errors.txt" |
  tee "$out/log.txt"
status=${PIPESTATUS[0]}
head -c 1000000 "$temporary/errors.txt" >>"$out/log.txt"
if [ "$status" -ge 124 ]; then
  case "$status" in 124 | 137) why="it took longer than $((seconds + 20)) s" ;; *) why="it was ended by signal $((status - 128))" ;; esac
  line="The check broke off: $why. What was measured until then is in $out/report.md, with what it did last."
  printf '%s\n' "$line" | tee -a "$out/log.txt" >&2
elif [ "$status" -ne 0 ] && [ -s "$temporary/errors.txt" ] && ! [ -f "$out/report.json" ]; then
  cat "$temporary/errors.txt" >&2
fi
[ -f "$out/report.json" ] && echo "The report: $out/report.md and $out/report.json."
exit "$status"
