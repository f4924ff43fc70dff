#!/bin/bash
# Installs what Relais needs to be built, run and tested on Debian 12, and the security repairs of the libraries that read
# strangers' bytes. Quick when all is there. Sourced or run; $SUDO is "" for root, else sudo.
#   tests/packages.sh run       to build and run       tests/packages.sh test      also what the tests use
set -euo pipefail
SUDO=""; [ "$(id -u)" = 0 ] || SUDO=sudo
run="gcc libc6-dev cmake ninja-build pkg-config git ca-certificates openssl libssl-dev libgmime-3.0-dev libxml2-dev libxslt1-dev libetpan-dev libcurl4 libcurl4-gnutls-dev libldap-dev libpq-dev
 libevent-dev libc-ares-dev libzip-dev libconfig-dev libjansson-dev libcairo2-dev libpango1.0-dev libqpdf-dev libpoppler-glib-dev libseccomp-dev uuid-dev libcmocka-dev
 postgresql-15 fonts-lato fonts-dejavu-core libengine-pkcs11-openssl python3 util-linux iproute2 procps"
test="tzdata softhsm2 opensc clang libclang-rt-14-dev curl swaks libnet-ssleay-perl sslscan libxml2-utils python3-lxml python3-cryptography file poppler-utils libzbar0 unzip qpdf binutils xxd man-db groff mutt chromium-headless-shell
 default-jre-headless libpdfbox2-java libsaxonhe-java libactivation-java libjaxb-api-java"
wanted=$run; [ "${1:-run}" = test ] && wanted="$run $test"
# Nodemailer runs on the Node that is there, whoever made its package; else on Debian's
if [ "${1:-run}" = test ] && ! { command -v node && command -v npm; } >/dev/null; then wanted="$wanted nodejs npm"; fi
# repaired versions (docs/security.md): older ones have known holes in what we use
minimum="libssl3=3.0.22-1~deb12u2 libevent-2.1-7=2.1.12-stable-8+deb12u1 libxml2=2.9.14+dfsg-1.3~deb12u6 libetpan20=1.9.4-3.1 libcurl4=7.88.1-10+deb12u15 libxslt1.1=1.1.35-1+deb12u4 libpoppler126=22.12.0-2+deb12u3"

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }
recent() { dpkg --compare-versions "$(dpkg-query -W -f '${Version}' "${1%%=*}" 2>/dev/null || echo 0)" ge "${1#*=}"; }
# PostgreSQL's package would make and start a cluster of the system's: ours are private
no_cluster() {
  $SUDO mkdir -p /etc/postgresql-common
  grep -qs '^create_main_cluster' /etc/postgresql-common/createcluster.conf ||
    echo 'create_main_cluster = false' | $SUDO tee -a /etc/postgresql-common/createcluster.conf >/dev/null
}
missing=""
for p in $wanted; do installed "$p" || missing="$missing $p"; done
for m in $minimum; do recent "$m" || missing="$missing ${m%%=*}"; done
if [ -n "$missing" ]; then
  echo "packages:$missing"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  $SUDO env DEBIAN_FRONTEND=noninteractive apt-get update -qq >"$log" 2>&1 || { cat "$log"; exit 1; }
  installed postgresql-15 || no_cluster
  # shellcheck disable=SC2086
  $SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >"$log" 2>&1 || { tail -n 40 "$log"; exit 1; }
  rm -f "$log"
fi
for m in $minimum; do recent "$m" || { echo "packages: ${m%%=*} is older than ${m#*=}, which repairs known holes" >&2; exit 1; }; done
