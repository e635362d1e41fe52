#!/bin/sh
# growthos @VERSION@ for Linux x86-64 with glibc 2.@FLOOR@ or later. What follows these lines is packed: it is unpacked
# once into a folder of its owner's alone (GROWTHOS_CACHE, else growthos in the cache folder), and run from there.
#
# All names begin with growthos_, so that none of the environment is changed by chance.

case $0 in
/*) growthos_file=$0 ;;
*/*) growthos_file=$PWD/$0 ;;
*) if [ -f "./$0" ]; then growthos_file=$PWD/$0; else growthos_file=$(command -v -- "$0"); fi ;;
esac

growthos_files='@FILES@'

# Why it does not run, and what to do about it.
growthos_refuse() {
    printf '%s\n  %s\n' "$2" "$3" >&2
    exit "$1"
}

# Whether this is a folder that nobody else owns or may write to.
growthos_is_ours() {
    set -f
    set -- "$1" $(ls -ldn -- "$1")
    case $2 in d????-??-*) [ -O "$1" ] ;; *) false ;; esac
}

# Whether all files are there, and none is empty: cleaners of caches take them one by one, a power cut empties them.
growthos_is_whole() {
    for growthos_one in $growthos_files; do
        [ -s "$1/$growthos_one" ] || return 1
    done
}

# Make the folder, unless it is there; false where that cannot be.
growthos_make() {
    { [ -d "$1" ] || mkdir -p -m 700 -- "$1"; } 2>/dev/null
}

# The folder for all builds: the one that was asked for, else a cache that can be written or has this build already,
# else one of our own among the temporary folders.
growthos_cache() {
    if [ -n "${GROWTHOS_CACHE-}" ]; then
        growthos_make "$GROWTHOS_CACHE" || growthos_refuse 73 "$GROWTHOS_CACHE cannot be made." \
            'Give GROWTHOS_CACHE a folder that you can write to.'
        printf %s "$GROWTHOS_CACHE"
        return
    fi
    growthos_home=${HOME:-$(getent passwd "$(id -u)" 2>/dev/null | cut -d : -f 6)}
    growthos_base=${XDG_CACHE_HOME:-${growthos_home:+$growthos_home/.cache}}
    if [ -n "$growthos_base" ] && growthos_make "$growthos_base/growthos" &&
        { [ -w "$growthos_base/growthos" ] || [ -d "$growthos_base/growthos/@KEY@" ]; }; then
        printf %s "$growthos_base/growthos"
        return
    fi
    growthos_base=${TMPDIR:-/tmp}/growthos-$(id -u)
    growthos_make "$growthos_base" || growthos_refuse 73 "$growthos_base cannot be made." \
        'Give GROWTHOS_CACHE a folder that you can write to.'
    printf %s "$growthos_base"
}

# What can be known before anything is unpacked.
growthos_can_run() {
    growthos_has=$(getconf GNU_LIBC_VERSION 2>/dev/null) || growthos_has=
    growthos_has=${growthos_has#glibc 2.}
    if [ "$(uname -sm)" != 'Linux x86_64' ]; then
        growthos_refuse 126 "This growthos is for Linux on x86-64, and this machine is $(uname -sm)." \
            'Install it with pip.'
    elif [ ! -e /lib64/ld-linux-x86-64.so.2 ]; then
        growthos_refuse 126 'This growthos needs glibc, and this system has another C library.' 'Install it with pip.'
    elif [ "${growthos_has%%.*}" -lt @FLOOR@ ] 2>/dev/null; then
        growthos_refuse 126 "This growthos needs glibc 2.@FLOOR@ or later, and this system has 2.$growthos_has." \
            'Install it with pip.'
    fi
    command -v tar >/dev/null && command -v gzip >/dev/null || growthos_refuse 126 \
        'This growthos is unpacked by `tar` and `gzip`, and they are not on this machine.' 'Install them.'
}

# Unpack beside the place, and move it there whole. Where it is already, what it lacks is filled in, file by file:
# nothing that another run may be reading goes away.
growthos_unpack() {
    growthos_can_run
    umask 077
    find "$1" -maxdepth 1 -name '.new-*' -mmin +60 -exec rm -rf {} + # of runs that were killed
    growthos_new=$(mktemp -d "$1/.new-XXXXXX" 2>/dev/null) || growthos_refuse 73 "$1 cannot be written to." \
        'Give GROWTHOS_CACHE a folder that you can write to.'
    trap 'rm -rf "$growthos_new"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    mkdir "$growthos_new/tree"
    growthos_said=$(tail -n +@LINE@ -- "$growthos_file" | tar -xzmof - -C "$growthos_new/tree" 2>&1) ||
        growthos_refuse 73 \
            "growthos could not be unpacked into $1: $(printf '%s\n' "$growthos_said" | grep -m 1 .)." \
            'It takes @MIB@ MiB there. Make room, give GROWTHOS_CACHE another folder, or get the file anew.'
    mv -T "$growthos_new/tree" "$1/@KEY@" 2>/dev/null && return
    for growthos_one in $growthos_files; do
        growthos_place=$1/@KEY@/$growthos_one
        [ -s "$growthos_place" ] && continue
        mkdir -p "${growthos_place%/*}"
        mv -fT "$growthos_new/tree/$growthos_one" "$growthos_place"
    done
}

growthos_tree=$(
    PATH=/usr/bin:/bin:$PATH LC_ALL=C
    unset TAR_OPTIONS GZIP
    growthos_into=$(growthos_cache) || exit
    case $growthos_into in /*) ;; *) growthos_into=$PWD/$growthos_into ;; esac
    growthos_is_ours "$growthos_into" || growthos_refuse 73 \
        "$growthos_into is not a folder of yours alone: who may write there could have growthos run what he likes." \
        "Take it away, close it with \`chmod 700\`, or give GROWTHOS_CACHE another folder."
    growthos_is_whole "$growthos_into/@KEY@" || (growthos_unpack "$growthos_into") || exit
    [ -x "$growthos_into/@KEY@/growthos" ] || growthos_refuse 73 "No program may be run from $growthos_into." \
        'Give GROWTHOS_CACHE a folder on a disk that is not mounted with noexec.'
    printf %s "$growthos_into/@KEY@"
) || exit

GROWTHOS_FILE=$growthos_file exec "$growthos_tree/growthos" "$@"
exit
