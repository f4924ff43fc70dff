#!/bin/bash
# make-test-pki.sh - a small authority for tests and demonstrations, shaped like the trust space's own. Never for production.
#
#   make-test-pki.sh DIR [dns=NAME[,NAME…]] [seal=ADDRESS] [o=ORGANISATION] [ou=STRUCTURE] [st=DEPARTMENT]
#       the authority and the gateway's own certificates; safe to run again: what is there stays, lists are renewed
#   make-test-pki.sh issue DIR NAME kind=KIND cn=TEXT [email=ADDRESS,…] [dns=NAME,…] [o=] [ou=] [st=] [key=p256|rsa]
#                    [start=YYYYMMDDHHMMSSZ] [end=YYYYMMDDHHMMSSZ] [staples=yes] [force=yes]
#       one more certificate. KIND: tls-server, tls-client, tls-both, seal, person, opening (to be encrypted to), ocsp (a responder of the organisations'
#       authority). staples=yes: it promises an OCSP staple. An existing NAME is kept, unless force=yes
#   make-test-pki.sh revoke DIR NAME       revoke it and renew the lists
#   make-test-pki.sh lists DIR             renew the revocation lists
#   make-test-pki.sh staple DIR NAME [days=N]   what the authority says of it now, as an OCSP answer for N days (1): DIR/NAME.ocsp
#   make-test-pki.sh foreign DIR           an authority that nobody trusts: DIR/foreign/, foreign-tls and foreign-seal
#
# Written to DIR:
#   anchors-tls.pem    "TEST AC RACINE", "TEST AC ORGANISATIONS"
#   anchors-smime.pem  the same and "TEST AC PERSONNES"
#   crls/*.pem         one list an authority
#   NAME.pem NAME.key  the certificate followed by its chain; its key (mode 0600)
#   ca/                the authorities themselves (mode 0700)
# Certificates of the first form: relais-server (tls-server), relais-client (tls-client), relais-seal (seal),
# relais-expired (a seal that ended in 2021). Needs bash and openssl. Exit status 0, or 1 with a line on standard error.
set -euo pipefail
umask 077

fail() {
	echo "make-test-pki.sh: $*" >&2
	exit 1
}

# Arguments KEY=VALUE into the associative array `arg`.
declare -A arg
read_arguments() {
	local word
	for word in "$@"; do
		case $word in
		kind=* | cn=* | email=* | dns=* | o=* | ou=* | st=* | key=* | start=* | end=* | force=* | seal=* | staples=* | days=*)
			arg[${word%%=*}]=${word#*=}
			;;
		*) fail "unknown argument: $word" ;;
		esac
	done
}

# One authority is a folder: key.pem, cert.pem, index.txt, serial, crlnumber, openssl.cnf.
authority_folder() {
	local folder=$1
	mkdir -p "$folder/new"
	: >"$folder/index.txt"
	echo "unique_subject = no" >"$folder/index.txt.attr"
	openssl rand -hex 8 | sed 's/^/4/' | cut -c1-16 >"$folder/serial"
	echo 01 >"$folder/crlnumber"
	cat >"$folder/openssl.cnf" <<-CONF
		[ca]
		default_ca = this
		[this]
		dir = $folder
		database = $folder/index.txt
		new_certs_dir = $folder/new
		serial = $folder/serial
		crlnumber = $folder/crlnumber
		certificate = $folder/cert.pem
		private_key = $folder/key.pem
		default_md = sha256
		default_days = 1825
		default_crl_days = 365
		crl_extensions = list
		policy = any
		preserve = yes
		email_in_dn = no
		unique_subject = no
		utf8 = yes
		string_mask = utf8only
		[any]
		countryName = optional
		stateOrProvinceName = optional
		organizationName = optional
		organizationalUnitName = optional
		commonName = optional
		[list]
		authorityKeyIdentifier = keyid
	CONF
}

new_key() {
	case $1 in
	p256) openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$2" 2>/dev/null ||
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$2" 2>/dev/null ;;
	rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$2" 2>/dev/null ;;
	*) fail "unknown key: $1" ;;
	esac
}

subject_part() {
	local value=${2//\\/\\\\}
	value=${value//\//\\/}
	value=${value//+/\\+}
	[ -z "$2" ] || printf '/%s=%s' "$1" "$value"
}

# new_authority FOLDER NAME KEYTYPE [PARENT]
new_authority() {
	local folder=$1 name=$2 type=$3 parent=${4:-}
	local subject="/C=FR/O=TEST RELAIS$(subject_part CN "$name")"
	local path="" temp="$folder.new"

	[ ! -e "$folder/cert.pem" ] || return 0
	rm -rf "$temp" "$folder"
	authority_folder "$temp"
	sed -i "s|$temp|$folder|g" "$temp/openssl.cnf"
	new_key "$type" "$temp/key.pem"
	[ -z "$parent" ] || path=",pathlen:0"
	cat >"$temp/ext.cnf" <<-CONF
		[x]
		basicConstraints = critical,CA:TRUE$path
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid
	CONF
	openssl req -new -utf8 -sha256 -key "$temp/key.pem" -subj "$subject" -out "$temp/csr.pem"
	if [ -z "$parent" ]; then
		openssl x509 -req -in "$temp/csr.pem" -signkey "$temp/key.pem" -sha256 -days 7300 \
			-extfile "$temp/ext.cnf" -extensions x -out "$temp/cert.pem" 2>/dev/null
	else
		openssl ca -batch -notext -config "$parent/openssl.cnf" -in "$temp/csr.pem" -days 3650 \
			-extfile "$temp/ext.cnf" -extensions x -out "$temp/cert.pem" 2>/dev/null ||
			fail "cannot issue $name"
	fi
	rm -f "$temp/csr.pem"
	mv "$temp" "$folder"
}

# Lists are replaced whole, so that a reader never meets half of one.
write_list() {
	local authority=$1 to=$2
	openssl ca -config "$authority/openssl.cnf" -gencrl -out "$to.new" 2>/dev/null || fail "cannot write $to"
	chmod 644 "$to.new"
	mv "$to.new" "$to"
}

write_lists() {
	local dir=$1 name
	mkdir -p "$dir/crls"
	chmod 755 "$dir/crls"
	for name in racine organisations personnes; do
		write_list "$dir/ca/$name" "$dir/crls/$name.pem"
	done
}

alternative_names() {
	local list="" one
	for one in ${arg[dns]//,/ }; do
		if [[ $one =~ ^[0-9.]+$ ]]; then list+=",IP:$one"; else list+=",DNS:$one"; fi   # an address is a name too
	done
	for one in ${arg[email]//,/ }; do list+=",email:$one"; done
	echo "${list#,}"
}

# issue_from AUTHORITY CHAIN TO: with what is in arg.
issue_from() {
	local authority=$1 chain=$2 to=$3 usage extended names subject
	local days=()

	case ${arg[kind]} in
	tls-server) usage=digitalSignature extended=serverAuth ;;
	tls-client) usage=digitalSignature extended=clientAuth ;;
	tls-both) usage=digitalSignature extended=serverAuth,clientAuth ;;
	seal) usage=digitalSignature,nonRepudiation extended=emailProtection ;;
	opening) extended=emailProtection usage=keyAgreement; [ "${arg[key]}" != rsa ] || usage=keyEncipherment ;;
	person) usage=digitalSignature,nonRepudiation extended=emailProtection ;;
	ocsp) usage=digitalSignature extended=OCSPSigning ;;
	*) fail "unknown kind: ${arg[kind]}" ;;
	esac
	names=$(alternative_names)
	{
		echo "[x]"
		echo "basicConstraints = critical,CA:FALSE"
		echo "keyUsage = critical,$usage"
		echo "extendedKeyUsage = $extended"
		echo "subjectKeyIdentifier = hash"
		echo "authorityKeyIdentifier = keyid"
		[ -z "$names" ] || echo "subjectAltName = $names"
		[ "${arg[staples]}" != yes ] || echo "tlsfeature = status_request"
		[ "${arg[kind]}" != ocsp ] || echo "noCheck = ignored"
	} >"$to.cnf"
	subject="/C=FR$(subject_part ST "${arg[st]}")$(subject_part O "${arg[o]}")$(subject_part OU "${arg[ou]}")$(subject_part CN "${arg[cn]}")"
	[ -z "${arg[start]}" ] || days+=(-startdate "${arg[start]}")
	[ -z "${arg[end]}" ] || days+=(-enddate "${arg[end]}")
	new_key "${arg[key]}" "$to.key.new"
	openssl req -new -utf8 -sha256 -key "$to.key.new" -subj "$subject" -out "$to.csr" || fail "cannot ask for ${arg[cn]}"
	openssl ca -batch -notext -config "$authority/openssl.cnf" -in "$to.csr" "${days[@]}" \
		-extfile "$to.cnf" -extensions x -out "$to.leaf" 2>"$to.log" || { cat "$to.log" >&2; fail "cannot issue ${arg[cn]}"; }
	cat "$to.leaf" $chain >"$to.pem.new"
	chmod 644 "$to.pem.new"
	chmod 600 "$to.key.new"
	mv "$to.key.new" "$to.key"
	mv "$to.pem.new" "$to.pem"
	rm -f "$to.csr" "$to.cnf" "$to.leaf" "$to.log"
}

defaults() {
	arg=([kind]="" [cn]="" [email]="" [dns]="" [key]=p256 [start]="" [end]="" [force]=no [seal]="" [staples]=no [days]=1
		[o]="TEST ORGANISATION" [ou]=312345678900017 [st]="Paris (75)")
}

issue() {
	local dir=$1 name=$2 authority=organisations
	[ -n "${arg[kind]}" ] && [ -n "${arg[cn]}" ] || fail "issue needs kind= and cn="
	[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || fail "not a name for a file: $name"
	[ -e "$dir/ca/racine/cert.pem" ] || fail "no authority in $dir"
	if [ -e "$dir/$name.pem" ] && [ "${arg[force]}" != yes ]; then
		return 0
	fi
	[ "${arg[kind]}" != person ] || authority=personnes
	issue_from "$dir/ca/$authority" "$dir/ca/$authority/cert.pem" "$dir/$name"
}

# The folder of the authority that issued NAME.
issuer_of() {
	case $(openssl x509 -in "$1/$2.pem" -noout -issuer) in
	*"TEST AC PERSONNES"*) echo "$1/ca/personnes" ;;
	*"TEST AC ORGANISATIONS"*) echo "$1/ca/organisations" ;;
	*) fail "$2 was not issued here" ;;
	esac
}

revoke() {
	local dir=$1 name=$2 folder
	[ -e "$dir/$name.pem" ] || fail "no certificate $dir/$name.pem"
	folder=$(issuer_of "$dir" "$name")
	openssl ca -config "$folder/openssl.cnf" -revoke "$dir/$name.pem" 2>"$dir/ca/log" ||
		grep -q "Already revoked" "$dir/ca/log" || fail "cannot revoke $name"
	rm -f "$dir/ca/log"
	write_lists "$dir"
}

staple() {
	local dir=$1 name=$2 folder
	[ -e "$dir/$name.pem" ] || fail "no certificate $dir/$name.pem"
	folder=$(issuer_of "$dir" "$name")
	openssl ocsp -index "$folder/index.txt" -CA "$folder/cert.pem" -rsigner "$folder/cert.pem" -rkey "$folder/key.pem" -rmd sha256 \
		-issuer "$folder/cert.pem" -cert "$dir/$name.pem" -no_nonce -ndays "${arg[days]}" -noverify -respout "$dir/$name.ocsp.new" \
		>"$dir/ca/log" 2>&1 || { cat "$dir/ca/log" >&2; fail "cannot answer for $name"; }
	chmod 644 "$dir/$name.ocsp.new"
	mv "$dir/$name.ocsp.new" "$dir/$name.ocsp"
	rm -f "$dir/ca/log"
}

foreign() {
	local dir=$1
	mkdir -p "$dir/foreign/ca"
	chmod 755 "$dir/foreign"
	new_authority "$dir/foreign/ca/racine" "TEST AC ETRANGERE" p256
	cp "$dir/foreign/ca/racine/cert.pem" "$dir/foreign/anchors.pem"
	chmod 644 "$dir/foreign/anchors.pem"
	defaults
	arg[kind]=tls-both arg[cn]=etranger.exemple.test arg[dns]=etranger.exemple.test,localhost arg[o]="ORGANISATION ETRANGERE"
	[ -e "$dir/foreign-tls.pem" ] || issue_from "$dir/foreign/ca/racine" /dev/null "$dir/foreign-tls"
	defaults
	arg[kind]=seal arg[cn]="SCEAU ETRANGER" arg[email]=secretariat@etranger.exemple.test arg[o]="ORGANISATION ETRANGERE"
	[ -e "$dir/foreign-seal.pem" ] || issue_from "$dir/foreign/ca/racine" /dev/null "$dir/foreign-seal"
}

anchors() {
	local to=$1
	shift
	cat "$@" >"$to.new"
	chmod 644 "$to.new"
	mv "$to.new" "$to"
}

all() {
	local dir=$1 dns=${arg[dns]:-localhost} seal=${arg[seal]:-secretariat@avis.exemple.mssante.fr}
	local o=${arg[o]} ou=${arg[ou]} st=${arg[st]} host
	host=${dns%%,*}
	new_authority "$dir/ca/racine" "TEST AC RACINE" p256
	new_authority "$dir/ca/organisations" "TEST AC ORGANISATIONS" p256 "$dir/ca/racine"
	new_authority "$dir/ca/personnes" "TEST AC PERSONNES" rsa "$dir/ca/racine"
	anchors "$dir/anchors-tls.pem" "$dir"/ca/{racine,organisations}/cert.pem
	anchors "$dir/anchors-smime.pem" "$dir"/ca/{racine,organisations,personnes}/cert.pem
	gateway_certificate relais-server tls-server "$host" "$dns" ""
	gateway_certificate relais-client tls-client "$host" "$dns" ""
	gateway_certificate relais-seal seal "Sceau $o" "" "$seal"
	gateway_certificate relais-expired seal "Ancien sceau $o" "" "$seal" 20200101000000Z 20210101000000Z
	write_lists "$dir"
}

# gateway_certificate NAME KIND CN DNS EMAIL [START END]; dir, o, ou, st are the caller's.
gateway_certificate() {
	defaults
	arg[kind]=$2 arg[cn]=$3 arg[dns]=$4 arg[email]=$5 arg[start]=${6:-} arg[end]=${7:-}
	arg[o]=$o arg[ou]=$ou arg[st]=$st
	issue "$dir" "$1"
}

usage() {
	sed -n '2,/^set /p' "$0" | sed '/^set /d; s/^# \{0,1\}//' >&2
	exit 1
}

# One at a time in a folder.
lock() {
	mkdir -p "$1"
	mkdir -p "$1/ca"
	chmod 755 "$1"
	chmod 700 "$1/ca"
	exec 9>"$1/ca/lock"
	flock 9
}

main() {
	local verb=${1:-} dir
	[ $# -gt 0 ] || usage
	case $verb in
	-h | --help) usage ;;
	issue)
		[ $# -ge 3 ] || usage
		dir=$(realpath -m "$2")
		defaults
		read_arguments "${@:4}"
		lock "$dir"
		issue "$dir" "$3"
		;;
	revoke)
		[ $# -eq 3 ] || usage
		dir=$(realpath -m "$2")
		lock "$dir"
		revoke "$dir" "$3"
		;;
	staple)
		[ $# -ge 3 ] || usage
		dir=$(realpath -m "$2")
		defaults
		read_arguments "${@:4}"
		lock "$dir"
		staple "$dir" "$3"
		;;
	lists)
		[ $# -eq 2 ] || usage
		dir=$(realpath -m "$2")
		lock "$dir"
		write_lists "$dir"
		;;
	foreign)
		[ $# -eq 2 ] || usage
		dir=$(realpath -m "$2")
		lock "$dir"
		foreign "$dir"
		;;
	*)
		dir=$(realpath -m "$verb")
		defaults
		read_arguments "${@:2}"
		lock "$dir"
		all "$dir"
		;;
	esac
}

main "$@"
