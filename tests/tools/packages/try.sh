#!/usr/bin/env bash
# Tries the packages where nothing else is: a clean Debian root in which the .deb is installed, a home
# is made and run as user metas by the timer's own command, mail goes through a local server, the
# package is upgraded, removed and purged; then the tarball and the image. Needs root, debootstrap,
# skopeo and systemd-analyze.
#
#     tests/tools/packages/try.sh FOLDER [PYTHON]
#
# FOLDER holds what packaging/build made. What is upgraded from is the same with a lower version.
set -euo pipefail
packages=$(cd "$1" && pwd)
python=${2:-python3}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
root=$work/root
sink=
clean() {
    mountpoint -q "$root/proc" && umount "$root/proc"
    [ -z "$sink" ] || kill "$sink" 2>/dev/null || true
    rm -rf "$work"
}
trap clean EXIT

fail() {
    echo "FAILED $*"
    exit 1
}
ok() { echo "ok $*"; }
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"; }
as_metas() { inside setpriv --reuid metas --regid metas --clear-groups "$@"; }

(cd "$packages" && sha256sum --quiet --check SHA256SUMS) && ok "the sums are right"

# The mirror is the one that this machine takes its own packages from.
mirror=$(apt-cache policy base-files | grep -oE 'https?://[^ ]+' | head -n 1)
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 20 "$work/debootstrap.log"; fail "no clean root"; }
mountpoint -q "$root/proc" || mount --bind /proc "$root/proc"
find "$root/etc" "$root/usr" "$root/var/lib" -xdev ! -path '*/dpkg/*' | sort >"$work/before"

cp "$packages"/metas_*.deb "$root/tmp/"
dpkg-deb --raw-extract "$packages"/metas_*.deb "$work/older"
sed -i 's/^Version: .*/Version: 0.0.1/' "$work/older/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$work/older" "$root/tmp/older.deb" >/dev/null
inside dpkg --install /tmp/older.deb >"$work/install.log" 2>&1 || { cat "$work/install.log"; fail "install"; }
[ "$(inside stat -c '%U:%G %a' /var/lib/metas)" = "metas:metas 750" ] || fail "the folder of the homes"
inside test -f /usr/share/man/man1/metas-run.1.gz || fail "man pages"
ok "installed: $(inside metas --version)"

as_metas metas init --example leon /var/lib/metas/leon >"$work/init.log" 2>&1 ||
    as_metas metas init /var/lib/metas/leon >"$work/init.log" 2>&1 || { cat "$work/init.log"; fail "init"; }
"$python" "$here/sink.py" "$work/port" "$work/accepted" &
sink=$!
for _ in $(seq 50); do [ -s "$work/port" ] || sleep 0.1; done
plan=$root/var/lib/metas/leon/pipelines/pamga-2025-2027.toml
printf '\n[delivery.smtp]\nhost = "127.0.0.1"\nport = %s\ntls = "none"\n[limits]\nquiet_seconds = 0\n' "$(cat "$work/port")" >>"$plan"

unit=$root/usr/lib/systemd/system/metas@.service
exposure=$(systemd-analyze security --offline=yes "$unit" | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
awk "BEGIN { exit !($exposure < 3) }" || fail "systemd-analyze security gives $exposure"
ok "the unit's exposure is $exposure, below 3"
command=$(sed -n 's/^ExecStart=//p' "$unit" | sed 's/%i/leon/g')
run() { # shellcheck disable=SC2086 # the unit's words
    as_metas $command --as-of "$1" >"$work/run.log" 2>&1; }
run 2026-04-06T09:00 || { code=$?; tail -n 20 "$work/run.log"; fail "the timer's command gave $code"; }
# The server writes its list a moment after it has accepted.
sent() { sleep 1 && wc -l <"$work/accepted"; }
sent=$(sent)
[ "$sent" -ge 1 ] || fail "nothing was sent"
ok "the timer's command issued the report and sent $sent messages"
before=$(cd "$root/var/lib/metas" && find . -type f -path '*/reports/*' -print0 | sort -z | xargs -0 sha256sum)

newer=$(basename "$(find "$packages" -name 'metas_*.deb')")
inside dpkg --install "/tmp/$newer" >"$work/upgrade.log" 2>&1 || { cat "$work/upgrade.log"; fail "upgrade"; }
run 2026-04-06T10:00 || { code=$?; tail -n 20 "$work/run.log"; fail "the command gave $code after the upgrade"; }
[ "$sent" = "$(sent)" ] || fail "something was sent again after the upgrade"
after=$(cd "$root/var/lib/metas" && find . -type f -path '*/reports/*' -print0 | sort -z | xargs -0 sha256sum)
[ "$before" = "$after" ] || fail "the upgrade changed what is published"
as_metas metas verify --home /var/lib/metas/leon /var/lib/metas/leon/reports/pamga-2025-2027/2026-T1/v1 >"$work/verify.log" 2>&1 ||
    { cat "$work/verify.log"; fail "verify"; }
ok "upgraded: nothing sent again, the edition is the same to every byte"

# As packaging/OPERATIONS.md tells it. What the old host has sent, the new one does not send again.
moved=/var/lib/metas/otra
as_metas metas backup /var/lib/metas/moving.zip --home /var/lib/metas/leon >"$work/move.log" 2>&1 ||
    { cat "$work/move.log"; fail "backup"; }
as_metas mkdir "$moved"
for part in pipelines report-templates inputs; do
    if [ -e "$root/var/lib/metas/leon/$part" ]; then as_metas cp -a "/var/lib/metas/leon/$part" "$moved/"; fi
done
as_metas metas restore /var/lib/metas/moving.zip --home "$moved" >"$work/move.log" 2>&1 ||
    { cat "$work/move.log"; fail "restore on another host"; }
as_metas metas doctor --home "$moved" >"$work/move.log" 2>&1 || { cat "$work/move.log"; fail "doctor on another host"; }
as_metas ${command//\/leon/\/otra} --as-of 2026-04-06T11:00 >"$work/move.log" 2>&1 ||
    { code=$?; cat "$work/move.log"; fail "the command gave $code on another host"; }
[ "$sent" = "$(sent)" ] || fail "something was sent again from the other host"
there=$(cd "$root$moved" && find . -type f -path '*/v1/*' -path '*/reports/*' -print0 | sort -z | xargs -0 sha256sum)
diff <(echo "${before//.\/leon\//./}" | grep /v1/) <(echo "$there") || fail "the move changed what is published"
as_metas metas verify --home "$moved" "$moved/reports/pamga-2025-2027/2026-T1/v1" >"$work/verify.log" 2>&1 ||
    { cat "$work/verify.log"; fail "verify on another host"; }
rm -rf "${root:?}$moved" "$root/var/lib/metas/moving.zip"
ok "moved to another host: nothing sent again, the edition is the same to every byte"

inside dpkg --purge metas >"$work/purge.log" 2>&1 || { cat "$work/purge.log"; fail "purge"; }
[ -f "$root/var/lib/metas/leon/reports/pamga-2025-2027/2026-T1/v1/report.pdf" ] || fail "purge took the reports"
ok "purged: the homes are still there"
inside dpkg --install "/tmp/$newer" >/dev/null 2>&1
rm -rf "$root/var/lib/metas/leon"
inside dpkg --purge metas >"$work/purge.log" 2>&1 || { cat "$work/purge.log"; fail "purge"; }
find "$root/etc" "$root/usr" "$root/var/lib" -xdev ! -path '*/dpkg/*' | sort >"$work/after"
left=$(comm -13 "$work/before" "$work/after" | grep -vE '^'"$root"'/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$' || true)
[ -z "$left" ] || fail "left behind: $left"
! inside getent passwd metas >/dev/null || fail "the user stayed"
ok "purged without a home: nothing is left"

mkdir "$work/tarball"
tar -C "$work/tarball" --strip-components=1 -xzf "$packages"/metas-*-x86_64-linux.tar.gz
"$work/tarball/usr/bin/metas" init "$work/home" --quiet >/dev/null
"$work/tarball/usr/bin/metas" doctor --home "$work/home" >"$work/doctor.log" 2>&1 || true
grep -q "ok  *home" "$work/doctor.log" || { cat "$work/doctor.log"; fail "the tarball's binary"; }
ok "the tarball's binary works where it was unpacked"

skopeo copy --quiet "oci-archive:$(find "$packages" -name '*.oci.tar')" "dir:$work/image" >"$work/skopeo.log" 2>&1 ||
    { cat "$work/skopeo.log"; fail "skopeo cannot read the image"; }
mkdir -p "$work/layer"
for blob in "$work/image"/*; do
    if gzip -t "$blob" 2>/dev/null; then tar -C "$work/layer" -xzf "$blob"; fi
done
if ldd "$work/layer/usr/bin/metas" 2>&1 | grep -qE "statically linked|not a dynamic"; then
    chroot --userspec=65532:65532 "$work/layer" /usr/bin/metas --version >/dev/null || fail "the image's binary"
    ok "the image is read, and its binary runs with nothing beside it"
else
    ok "the image is read (its binary is not a static one here)"
fi
